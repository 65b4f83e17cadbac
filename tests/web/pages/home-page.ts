import type { Locator, Page } from 'playwright-core';
import { FormOnPage } from './form-on-page.js';

/** The home page of a student. */
export class HomePage {
  readonly form: FormOnPage;

  constructor(private readonly page: Page) {
    this.form = new FormOnPage(page);
  }

  async joinCourse(code: string): Promise<void> {
    await this.page.getByLabel('Join code').fill(code);
    await this.form.send('Join course');
  }

  /** "Level 0", with the progress to the next one. */
  level(level: number): Locator {
    return this.page.getByRole('region', { name: `Level ${level}`, exact: true });
  }

  get streak(): Locator {
    return this.page.getByRole('region', { name: 'Streak' });
  }

  get focus(): Locator {
    return this.page.getByRole('region', { name: 'Focus' });
  }

  /** What is due next, and then what is overdue. */
  get dueNext(): Locator {
    return this.page.getByRole('region', { name: 'Due next' }).getByRole('listitem');
  }
}
