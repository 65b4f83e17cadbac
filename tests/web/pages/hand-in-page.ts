import type { Locator, Page } from 'playwright-core';
import { FormOnPage } from './form-on-page.js';

/** One assignment as its student sees it. */
export class HandInPage {
  readonly form: FormOnPage;

  constructor(private readonly page: Page) {
    this.form = new FormOnPage(page);
  }

  get text(): Locator {
    return this.page.getByRole('textbox', { name: 'Text' });
  }

  async write(text: string): Promise<void> {
    await this.text.fill(text);
  }

  get button(): Locator {
    return this.page.getByRole('button', { name: 'Hand in', exact: true });
  }

  async handIn(): Promise<void> {
    await this.form.send('Hand in');
  }

  /** What became of the request that hands it in, until the server accepts it. */
  get request(): Locator {
    return this.page.getByRole('main').getByRole('article', { name: /^Hand in / });
  }

  /** The points, whichever they are. */
  get anyPaid(): Locator {
    return this.page.getByText(/^\+\d+ aura, \+\d+ xp$/);
  }

  /** That the server had paid it before this answer. */
  get replayed(): Locator {
    return this.page.getByText('It was paid once, and this is that reward.');
  }

  /** What handing in pays at this moment. */
  get payNow(): Locator {
    return this.page.getByText('Handing in now pays');
  }

  get handedIn(): Locator {
    return this.page.getByRole('region', { name: 'Handed in' });
  }

  /** A text that the assignment was closed for. */
  get notHandedIn(): Locator {
    return this.page.getByRole('region', { name: 'Your text' }).filter({ hasText: 'This was not handed in.' });
  }

  /** That a teacher discarded what was handed in. */
  get again(): Locator {
    return this.page.getByRole('region', { name: 'Hand in again' });
  }

  get grade(): Locator {
    return this.page.getByRole('region', { name: 'Grade' });
  }

  /** That the browser could not store the click. */
  get notStored(): Locator {
    return this.page.getByText('This browser could not store your request');
  }

  /** Shows the text that was handed in as one that can be changed. */
  async change(): Promise<void> {
    await this.page.getByRole('button', { name: 'Change the text' }).click();
    await this.text.waitFor();
  }

  async saveChange(): Promise<void> {
    await this.form.send('Save the new text');
  }

  async changeText(text: string): Promise<void> {
    await this.change();
    await this.write(text);
    await this.saveChange();
  }

  paid(points: string): Locator {
    return this.page.getByText(points, { exact: true });
  }

  line(text: string): Locator {
    return this.page.getByRole('listitem').filter({ hasText: text });
  }

  heading(text: string): Locator {
    return this.page.getByRole('heading', { level: 3, name: text });
  }
}
