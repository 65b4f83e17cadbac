import type { Locator, Page } from 'playwright-core';
import { HandInPage } from './hand-in-page.js';
import { Header } from './header.js';
import { MyAssignmentsPage } from './my-assignments-page.js';
import { NotSentPage } from './not-sent-page.js';
import { SignInPage } from './sign-in-page.js';

/** A student at a device, who goes from assignment to assignment. */
export class StudentDevice {
  readonly header: Header;
  readonly assignment: HandInPage;
  readonly notSent: NotSentPage;

  constructor(readonly page: Page) {
    this.header = new Header(page);
    this.assignment = new HandInPage(page);
    this.notSent = new NotSentPage(page);
  }

  async openAs(name: string, path = '/'): Promise<void> {
    await this.page.goto(path);
    await this.signIn(name);
  }

  async signIn(name: string): Promise<void> {
    await new SignInPage(this.page).signIn(`${name.toLowerCase()}@demo.example`, 'demo-password');
    await this.header.signedInAs(name).waitFor();
  }

  /** Opens an assignment by the links, as a person does. */
  async open(title: string): Promise<void> {
    await this.header.goTo('Assignments');
    await new MyAssignmentsPage(this.page).openAssignment(title);
  }

  async handIn(title: string, text: string): Promise<void> {
    await this.open(title);
    await this.assignment.write(text);
    await this.assignment.handIn();
  }

  /** What the header says of the requests that were not accepted. */
  get openRequests(): Locator {
    return this.page.getByRole('banner').getByRole('link', { name: /wait|refused/ });
  }

  /** Another tab of the same browser. */
  async openTab(path: string): Promise<StudentDevice> {
    const page = await this.page.context().newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(path);
    return new StudentDevice(page);
  }
}
