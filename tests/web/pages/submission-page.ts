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

  /** Types the grade as a teacher does: the page takes the first digit wherever the focus is. */
  async typeGrade(grade: string): Promise<void> {
    await this.page.keyboard.type(grade);
    await this.page.keyboard.press('Enter');
  }

  gradeOf(student: string): Locator {
    return this.page.getByRole('textbox', { name: `Grade of ${student}` });
  }

  /** That the server has a grade. */
  get graded(): Locator {
    return this.page.getByText(/^Graded /);
  }

  async next(): Promise<void> {
    await this.page.getByRole('button', { name: 'Next submission' }).click();
  }
}
