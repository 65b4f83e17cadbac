import type { Locator, Page } from 'playwright-core';

/** What is above every page. */
export class Header {
  constructor(private readonly page: Page) {}

  signedInAs(name: string): Locator {
    return this.page.getByRole('banner').getByText(`Signed in as ${name}`, { exact: true });
  }

  async goTo(name: string): Promise<void> {
    await this.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
    await this.page.getByRole('heading', { level: 1, name }).waitFor();
  }

  async signOut(): Promise<void> {
    await this.page.getByRole('button', { name: 'Sign out' }).click();
  }

  notice(text: string): Locator {
    return this.page.getByRole('region', { name: 'Notices' }).getByText(text);
  }

  async dismiss(notice: string): Promise<void> {
    const region = this.page.getByRole('region', { name: 'Notices' });
    await region.locator('.notice', { hasText: notice }).getByRole('button', { name: 'Dismiss' }).click();
    await this.notice(notice).waitFor({ state: 'detached' });
  }
}
