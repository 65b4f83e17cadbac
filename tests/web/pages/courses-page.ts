import type { Locator, Page } from 'playwright-core';
import { FormOnPage } from './form-on-page.js';

/** The home page of a teacher. */
export class CoursesPage {
  readonly form: FormOnPage;

  constructor(private readonly page: Page) {
    this.form = new FormOnPage(page);
  }

  course(name: string): Locator {
    return this.page.getByRole('row', { name });
  }

  async createCourse(name: string): Promise<void> {
    await this.page.getByLabel('Name of the course').fill(name);
    await this.form.send('Create course');
  }
}
