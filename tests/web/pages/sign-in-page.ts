import type { Locator, Page } from 'playwright-core';
import { FormOnPage } from './form-on-page.js';

export class SignInPage {
  readonly form: FormOnPage;

  constructor(private readonly page: Page) {
    this.form = new FormOnPage(page);
  }

  async open(): Promise<void> {
    await this.page.goto('/sign-in');
    await this.heading.waitFor();
  }

  get heading(): Locator {
    return this.page.getByRole('heading', { level: 1, name: 'Sign in' });
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.page.getByLabel('E-mail address').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.form.send('Sign in');
  }
}
