import type { Locator, Page } from 'playwright-core';

/** The notices that say what was put right, and offer to undo it. */
export class LatestActs {
  constructor(private readonly page: Page) {}

  get all(): Locator {
    return this.page.getByRole('region', { name: 'Notices' });
  }

  said(text: string): Locator {
    return this.all.getByText(text);
  }

  /** @param text what was done, as the notice says it */
  async undo(text: string): Promise<void> {
    await this.all.locator('.notice', { hasText: text }).getByRole('button', { name: 'Undo' }).click();
  }

  progress(text: string): Locator {
    return this.all.getByRole('progressbar', { name: text });
  }
}
