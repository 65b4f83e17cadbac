import type { Locator, Page } from 'playwright-core';

/** The rewards of a class as they are paid. */
export class ClassFeedPage {
  constructor(private readonly page: Page) {}

  get isLive(): Locator {
    return this.page.getByText('New rewards appear by themselves.');
  }

  get isNotLive(): Locator {
    return this.page.getByText('Not live');
  }

  get rewards(): Locator {
    return this.page.getByRole('log').getByRole('listitem');
  }

  /** The newest reward of a student. */
  newestOf(student: string): Locator {
    return this.rewards.filter({ has: this.page.getByRole('link', { name: student, exact: true }) }).first();
  }
}
