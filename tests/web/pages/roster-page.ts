import type { Locator, Page } from 'playwright-core';
import { CorrectionDialog } from './correction-dialog.js';
import { CourseTabs } from './course-tabs.js';
import { downloadBy } from './downloads.js';

/** The students of a course. */
export class RosterPage {
  readonly tabs: CourseTabs;

  constructor(private readonly page: Page) {
    this.tabs = new CourseTabs(page);
  }

  heading(course: string): Locator {
    return this.page.getByRole('heading', { level: 1, name: `Roster of ${course}` });
  }

  get joinCode(): Locator {
    return this.page.getByRole('region', { name: 'Invite students' }).locator('strong');
  }

  async copyJoinCode(): Promise<void> {
    await this.page.getByRole('button', { name: 'Copy code' }).click();
  }

  async copyJoinLink(): Promise<void> {
    await this.page.getByRole('button', { name: 'Copy link' }).click();
  }

  /** @returns the dialog with the QR code */
  async showQrCode(): Promise<Locator> {
    await this.page.getByRole('button', { name: 'Show QR code' }).click();
    return this.page.getByRole('dialog');
  }

  get table(): Locator {
    return this.page.getByRole('table', { name: 'Students and their progress' });
  }

  student(name: string): Locator {
    return this.table.getByRole('row', { name });
  }

  /** The names in the order of the table. */
  async names(): Promise<string[]> {
    await this.table.waitFor();
    return this.table.getByRole('rowheader').allTextContents();
  }

  async search(text: string): Promise<void> {
    await this.page.getByLabel('Search by name').fill(text);
  }

  async sortBy(column: string): Promise<void> {
    await this.table.getByRole('button', { name: column, exact: true }).click();
  }

  async openStudent(name: string): Promise<void> {
    await this.table.getByRole('link', { name, exact: true }).click();
    await this.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  }

  async choose(...names: string[]): Promise<void> {
    for (const name of names) await this.page.getByRole('checkbox', { name: `Choose ${name}` }).check();
  }

  async chooseEverybody(): Promise<void> {
    await this.page.getByRole('button', { name: /^Choose all/ }).click();
  }

  async giveBonus(): Promise<CorrectionDialog> {
    await this.page.getByRole('button', { name: 'Give a bonus' }).click();
    return new CorrectionDialog(this.page);
  }

  download(): ReturnType<typeof downloadBy> {
    return downloadBy(this.page, 'Download as CSV');
  }
}
