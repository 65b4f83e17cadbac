import type { Locator, Page } from 'playwright-core';
import { AssignmentPage } from './assignment-page.js';
import { FormOnPage } from './form-on-page.js';

export interface AssignmentInput {
  readonly title?: string;
  readonly instructions?: string;
  /** "2025-03-03T14:05", in the zone of the browser. */
  readonly due?: string;
  readonly closes?: string;
}

/** The assignments of a course, and the form that creates and changes one. */
export class AssignmentsPage {
  readonly form: FormOnPage;

  constructor(private readonly page: Page) {
    this.form = new FormOnPage(page);
  }

  assignment(title: string): Locator {
    return this.page.getByRole('row', { name: title });
  }

  async openAssignment(title: string): Promise<AssignmentPage> {
    await this.page.getByRole('link', { name: title, exact: true }).click();
    const opened = new AssignmentPage(this.page);
    await opened.heading(title).waitFor();
    return opened;
  }

  async createAssignment(input: AssignmentInput): Promise<AssignmentPage> {
    await this.page.getByRole('link', { name: 'Create an assignment' }).click();
    await this.fill(input);
    await this.form.send('Create assignment');
    return new AssignmentPage(this.page);
  }

  async fill({ title, instructions, due, closes }: AssignmentInput): Promise<void> {
    if (title !== undefined) await this.page.getByLabel('Title').fill(title);
    if (instructions !== undefined) await this.page.getByLabel('Instructions').fill(instructions);
    if (due !== undefined) await this.page.getByLabel('Due').fill(due);
    if (closes !== undefined) await this.page.getByLabel('Closes').fill(closes);
  }
}
