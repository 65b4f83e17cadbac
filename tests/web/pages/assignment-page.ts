import type { Locator, Page } from 'playwright-core';
import type { AssignmentInput } from './assignments-page.js';
import { AssignmentsPage } from './assignments-page.js';
import { CorrectionDialog } from './correction-dialog.js';
import { downloadBy } from './downloads.js';
import { SubmissionPage } from './submission-page.js';

/** One assignment, with who has handed it in and who has not. */
export class AssignmentPage {
  constructor(private readonly page: Page) {}

  heading(title: string): Locator {
    return this.page.getByRole('heading', { level: 1, name: title });
  }

  get details(): Locator {
    return this.page.getByRole('region', { name: 'Details' });
  }

  get handIns(): Locator {
    return this.page.getByRole('region', { name: 'Submissions' });
  }

  student(name: string): Locator {
    return this.handIns.getByRole('row', { name });
  }

  /** The names in the table. */
  async names(): Promise<string[]> {
    await this.handIns.getByRole('table').waitFor();
    return this.handIns.getByRole('rowheader').allTextContents();
  }

  async show(group: 'All students' | 'On time' | 'Late' | 'Missing' | 'Not yet'): Promise<void> {
    const field = this.page.getByLabel('Show', { exact: true });
    const option = await field.locator('option', { hasText: group }).getAttribute('value');
    await field.selectOption(option);
  }

  async change(input: AssignmentInput): Promise<void> {
    await this.page.getByRole('link', { name: 'Change', exact: true }).click();
    const form = new AssignmentsPage(this.page);
    await this.page.getByLabel('Title').waitFor();
    await form.fill(input);
    await form.form.send('Save changes');
  }

  /** Opens the dialog. */
  async extend(student: string): Promise<CorrectionDialog> {
    await this.page.getByRole('button', { name: `Extend the deadline for ${student}` }).click();
    return new CorrectionDialog(this.page);
  }

  /** Opens the dialog. */
  async discard(student: string): Promise<CorrectionDialog> {
    await this.page.getByRole('button', { name: `Discard what ${student} handed in` }).click();
    return new CorrectionDialog(this.page);
  }

  async read(student: string): Promise<SubmissionPage> {
    await this.student(student).getByRole('link', { name: 'Read' }).click();
    return new SubmissionPage(this.page);
  }

  download(): ReturnType<typeof downloadBy> {
    return downloadBy(this.page, 'Download as CSV');
  }
}
