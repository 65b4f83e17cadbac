import type { Locator, Page } from 'playwright-core';

/** One submission to read. */
export class SubmissionPage {
  constructor(private readonly page: Page) {}

  heading(student: string, assignment: string): Locator {
    return this.page.getByRole('heading', { level: 1, name: `${student}: ${assignment}` });
  }

  get text(): Locator {
    return this.page.getByRole('region', { name: 'Text' }).locator('p');
  }

  get about(): Locator {
    return this.page.getByRole('region', { name: 'About it' });
  }

  position(text: string): Locator {
    return this.page.getByRole('navigation', { name: 'Submissions of the assignment' }).getByText(text);
  }

  async next(): Promise<void> {
    await this.page.getByRole('button', { name: 'Next submission' }).click();
  }
}
