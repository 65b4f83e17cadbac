import type { Locator, Page } from 'playwright-core';

/** Any form of the web client. */
export class FormOnPage {
  constructor(private readonly page: Page) {}

  async send(button: string): Promise<void> {
    await this.page.getByRole('button', { name: button, exact: true }).click();
  }

  /** The list of problems on top of the form. */
  get problems(): Locator {
    return this.page.getByRole('alert');
  }

  /** What is said at the field itself: its description as a screen reader reads it. */
  async problemAt(label: string): Promise<string> {
    const field = this.page.getByLabel(label, { exact: true });
    const ids = ((await field.getAttribute('aria-describedby')) ?? '').split(' ').filter((id) => id.endsWith('-error'));
    const texts = await Promise.all(ids.map((id) => this.page.locator(`[id="${id}"]`).textContent()));
    return (await field.getAttribute('aria-invalid')) === 'true' ? texts.join(' ') : '';
  }
}
