import type { Locator, Page } from 'playwright-core';

/** The assignments of a student's courses. */
export class MyAssignmentsPage {
  constructor(private readonly page: Page) {}

  async open(): Promise<void> {
    await this.page.goto('/assignments');
    await this.page.getByRole('table').first().waitFor();
  }

  async show(kind: 'All' | 'To do' | 'Handed in'): Promise<void> {
    await this.page.getByLabel('Show').selectOption(kind);
  }

  assignment(title: string): Locator {
    return this.page.getByRole('row', { name: title });
  }

  async openAssignment(title: string): Promise<void> {
    await this.page.getByRole('link', { name: title }).click();
    await this.page.getByRole('heading', { level: 1, name: title }).waitFor();
  }

  get noneOfThisKind(): Locator {
    return this.page.getByText('No assignment of this kind');
  }
}
