import type { Locator, Page } from 'playwright-core';

/** The ledger as its student sees it. */
export class MyLedgerPage {
  constructor(private readonly page: Page) {}

  row(text: string | RegExp): Locator {
    return this.page.getByRole('row').filter({ hasText: text });
  }
}
