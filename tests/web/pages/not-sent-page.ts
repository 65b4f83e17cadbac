import type { Locator, Page } from 'playwright-core';
import { pressIfThere } from './press-if-there.js';

/** The page of what the server has not accepted. */
export class NotSentPage {
  constructor(private readonly page: Page) {}

  async open(): Promise<void> {
    await this.page
      .getByRole('banner')
      .getByRole('link', { name: /wait|refused/ })
      .click();
    await this.page.getByRole('heading', { level: 1, name: 'Not sent yet' }).waitFor();
  }

  /** All requests of the list. */
  get requests(): Locator {
    return this.page.getByRole('main').getByRole('article');
  }

  /** Sends what waits at once, unless it is on its way by itself. */
  async tryNow(): Promise<void> {
    await pressIfThere(this.page, 'Try now');
  }

  request(label: string): Locator {
    return this.page.getByRole('article', { name: label });
  }
}
