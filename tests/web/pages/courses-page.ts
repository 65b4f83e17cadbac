import type { Locator, Page } from 'playwright-core';
import { FormOnPage } from './form-on-page.js';
import { RosterPage } from './roster-page.js';

/** The home page of a teacher. */
export class CoursesPage {
  readonly form: FormOnPage;

  constructor(private readonly page: Page) {
    this.form = new FormOnPage(page);
  }

  course(name: string): Locator {
    return this.page.getByRole('row', { name });
  }

  async openCourse(name: string): Promise<RosterPage> {
    await this.page.getByRole('link', { name, exact: true }).click();
    return new RosterPage(this.page);
  }

  /** Sends the form. If the name is accepted, the roster of the new course opens. */
  async createCourse(name: string): Promise<RosterPage> {
    await this.page.getByRole('link', { name: 'Create a course' }).click();
    await this.page.getByLabel('Name of the course').fill(name);
    await this.form.send('Create course');
    return new RosterPage(this.page);
  }
}
