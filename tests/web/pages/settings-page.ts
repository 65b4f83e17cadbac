import type { Locator, Page } from 'playwright-core';
import { FormOnPage } from './form-on-page.js';

export class SettingsPage {
  readonly form: FormOnPage;

  constructor(private readonly page: Page) {
    this.form = new FormOnPage(page);
  }

  async rename(name: string): Promise<void> {
    await this.page.getByLabel('Name', { exact: true }).fill(name);
  }

  async changeProfile({ name, timeZone, onLeaderboard }: { name: string; timeZone: string; onLeaderboard: boolean }) {
    await this.rename(name);
    await this.page.getByLabel('Time zone').selectOption(timeZone);
    await this.page.getByLabel('Show my name on the leaderboard').setChecked(onLeaderboard);
    await this.form.send('Save');
  }

  get keys(): Locator {
    return this.page.getByLabel('Single keys act');
  }

  get sound(): Locator {
    return this.page.getByLabel('Play a sound');
  }
}
