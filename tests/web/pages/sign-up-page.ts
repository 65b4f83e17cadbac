import type { Locator, Page } from 'playwright-core';
import { FormOnPage } from './form-on-page.js';

export interface NewAccount {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

export class SignUpPage {
  readonly form: FormOnPage;

  constructor(private readonly page: Page) {
    this.form = new FormOnPage(page);
  }

  async open(): Promise<void> {
    await this.page.goto('/sign-up');
    await this.heading.waitFor();
  }

  get heading(): Locator {
    return this.page.getByRole('heading', { level: 1, name: 'Create an account' });
  }

  async signUp({ name, email, password }: NewAccount): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('E-mail address').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.form.send('Create account');
  }
}
