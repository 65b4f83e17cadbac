import type { Locator, Page } from 'playwright-core';
import { CorrectionDialog } from './correction-dialog.js';

/** One student, as the teacher sees them. */
export class ClassStudentPage {
  constructor(private readonly page: Page) {}

  get ledger(): Locator {
    return this.page.getByRole('table', { name: /rewards? in all courses|reward, in all courses/ });
  }

  row(text: string | RegExp): Locator {
    return this.ledger.getByRole('row').filter({ hasText: text });
  }

  async giveBonus(): Promise<CorrectionDialog> {
    await this.page.getByRole('button', { name: 'Give a bonus' }).click();
    return new CorrectionDialog(this.page);
  }

  /** @param row a text in the row of the ledger */
  async takeBack(row: string, note: string): Promise<void> {
    await this.row(row).getByRole('button', { name: 'Take back' }).click();
    await new CorrectionDialog(this.page).note(note, 'Take back');
  }
}
