import type { Page } from 'playwright-core';

/** The links to the pages of a course. */
export class CourseTabs {
  constructor(private readonly page: Page) {}

  async goTo(tab: 'Roster' | 'Assignments' | 'Live' | 'Charts'): Promise<void> {
    const tabs = this.page.getByRole('navigation', { name: 'Pages of the course' });
    await tabs.getByRole('link', { name: tab, exact: true }).click();
    await tabs.locator('[aria-current="page"]', { hasText: tab }).waitFor();
  }
}
