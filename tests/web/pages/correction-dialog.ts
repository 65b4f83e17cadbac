import type { Locator, Page } from 'playwright-core';
import { FormOnPage } from './form-on-page.js';

/** The dialogs in which a teacher puts something right. */
export class CorrectionDialog {
  readonly form: FormOnPage;

  constructor(private readonly page: Page) {
    this.form = new FormOnPage(page);
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  async bonus({ points, note }: { points: string; note: string }, press: 'once' | 'twice' = 'once'): Promise<void> {
    await this.dialog.getByLabel('Points').fill(points);
    await this.why(note);
    const button = this.dialog.getByRole('button', { name: 'Give the bonus' });
    await (press === 'twice' ? button.dblclick() : button.click());
    await this.closed();
  }

  async note(note: string, submit: 'Discard' | 'Take back' | 'Give back'): Promise<void> {
    await this.why(note);
    await this.dialog.getByRole('button', { name: submit, exact: true }).click();
    await this.closed();
  }

  /** @param due "2035-03-03T14:05", in the zone of the browser */
  async extend({ due, closes, note }: { due: string; closes?: string; note: string }): Promise<void> {
    await this.dialog.getByLabel('Due').fill(due);
    await this.dialog.getByLabel('Closes').fill(closes ?? '');
    await this.why(note);
    await this.dialog.getByRole('button', { name: 'Extend', exact: true }).click();
    await this.closed();
  }

  private async why(note: string): Promise<void> {
    await this.dialog.getByLabel('Why').fill(note);
  }

  private async closed(): Promise<void> {
    await this.dialog.waitFor({ state: 'detached' });
  }
}
