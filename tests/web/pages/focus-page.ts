import type { Locator, Page } from 'playwright-core';

/** The Pomodoro timer. */
export class FocusPage {
  constructor(private readonly page: Page) {}

  async open(): Promise<void> {
    await this.page.goto('/focus');
    await this.page.getByRole('heading', { level: 1, name: 'Focus' }).waitFor();
  }

  startButton(minutes = 25): Locator {
    return this.page.getByRole('button', { name: `Start ${minutes} minutes` });
  }

  get endButton(): Locator {
    return this.page.getByRole('button', { name: 'End session' });
  }

  async chooseMinutes(minutes: number): Promise<void> {
    await this.minutes.fill(String(minutes));
  }

  get minutes(): Locator {
    return this.page.getByLabel('Minutes', { exact: true });
  }

  /** What is wrong with the minutes. */
  get minutesWrong(): Locator {
    return this.page.getByText('Enter a number from 1 to 120');
  }

  async chooseSubject(assignment: string): Promise<void> {
    await this.page.getByLabel('What for').selectOption(assignment);
  }

  /** What the timer shows, for instance "24:59". */
  async shownTime(): Promise<string> {
    return (await this.page.getByRole('timer').textContent()) ?? '';
  }

  async hideSeconds(): Promise<void> {
    await this.page.getByLabel('Hide the seconds').check();
  }

  /** How this device came to the session. */
  get startedHere(): Locator {
    return this.page.getByText('Started here at');
  }

  get joined(): Locator {
    return this.page.getByText('This device joined.');
  }

  get ended(): Locator {
    return this.page.getByRole('region', { name: 'The session has ended' });
  }

  get endedElsewhere(): Locator {
    return this.page.getByRole('region', { name: 'The session was ended on another device' });
  }

  get needsServer(): Locator {
    return this.page.getByText('It is needed to start a session');
  }
}
