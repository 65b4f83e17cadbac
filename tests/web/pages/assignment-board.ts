import type { Locator, Page } from 'playwright-core';
import { Header } from './header.js';
import { SignInPage } from './sign-in-page.js';

/** The page of tests/web/outbox/board: every assignment with its text and its button. */
export class AssignmentBoard {
  constructor(readonly page: Page) {}

  async openAs(name: string, path = '/'): Promise<void> {
    await this.page.goto(path);
    await this.signIn(name);
  }

  async signIn(name: string): Promise<void> {
    await new SignInPage(this.page).signIn(`${name.toLowerCase()}@demo.example`, 'demo-password');
    await new Header(this.page).signedInAs(name).waitFor();
  }

  /** Loads the page again, or in another tab. Signs in again where the sign-in did not survive it. */
  async comeBack(name: string, load: () => Promise<unknown> = () => this.page.reload()): Promise<void> {
    await load();
    await this.page.getByRole('heading', { level: 1, name: /Assignments|Sign in/ }).waitFor();
    const isOut = await new SignInPage(this.page).heading.waitFor({ timeout: 2_000 }).then(
      () => true,
      () => false,
    );
    if (isOut) await this.signIn(name);
  }

  /** What the live feed says: whether it is live, and the rewards that it has brought. */
  get live(): Locator {
    return this.page.getByRole('region', { name: 'Live' });
  }

  assignment(title: string): Locator {
    return this.page.getByRole('region', { name: title, exact: true });
  }

  text(title: string): Locator {
    return this.page.getByLabel(`Text of ${title}`);
  }

  button(title: string): Locator {
    return this.assignment(title).getByRole('button', { name: 'Hand in' });
  }

  async handIn(title: string, text: string): Promise<void> {
    await this.text(title).fill(text);
    await this.button(title).click();
  }

  paid(title: string): Locator {
    return this.assignment(title).getByText(/^Paid \d+ xp/);
  }

  /** What waits, was refused or given up, in the list on top. */
  get list(): Locator {
    return this.page.getByRole('main').locator('ul').first().getByRole('article');
  }
}
