import type { Locator, Page } from 'playwright-core';

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

  request(label: string): Locator {
    return this.page.getByRole('article', { name: label });
  }
}
