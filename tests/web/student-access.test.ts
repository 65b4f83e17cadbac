/** Every page of the student: accessible in each look, and usable on each screen. */
import { expect, test } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { FocusPage } from './pages/focus-page.js';
import { Header } from './pages/header.js';
import { MyAssignmentsPage } from './pages/my-assignments-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { goWithin, MANY_PAGES_WITHIN_MS, problemsInEachLook, useWebClient } from './web-client.js';

const client = useWebClient();

const chartOf = (days: number) => (page: Page) =>
  page
    .getByRole('img', { name: new RegExp(` in ${days} days$`) })
    .first()
    .waitFor();

const leaderboardOf = (period: string) => async (page: Page) => {
  await page.locator('a[aria-current=page]').getByText(period, { exact: true }).waitFor();
  await page.getByRole('table', { name: 'Students by aura points' }).waitFor();
};

/** Each page by its address, and what is there when it has loaded. */
const PAGES: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
  ['/', (page) => page.getByRole('region', { name: 'Due next' }).waitFor()],
  ['/focus', (page) => new FocusPage(page).startButton().waitFor()],
  ['/assignments', (page) => page.getByRole('row', { name: 'Find a bug' }).waitFor()],
  ['/ledger', (page) => page.getByRole('row', { name: 'Handed in:' }).first().waitFor()],
  ['/badges', (page) => page.getByRole('heading', { level: 2, name: 'Not yet' }).waitFor()],
  ['/progress/7', chartOf(7)],
  ['/progress/30', chartOf(30)],
  ['/progress/90', chartOf(90)],
  ['/progress/calendar', (page) => page.getByRole('slider').waitFor()],
  ['/leaderboard/week', leaderboardOf('7 days')],
  ['/leaderboard/month', leaderboardOf('30 days')],
  ['/leaderboard/all-time', leaderboardOf('All time')],
  ['/settings', (page) => page.getByLabel('Time zone').waitFor()],
  ['/not-sent', (page) => page.getByRole('heading', { level: 1, name: 'Not sent yet' }).waitFor()],
  ['/no/such/page', (page) => page.getByText('The address may have a typing error').waitFor()],
];

async function openAssignment(page: Page, title: string): Promise<void> {
  await new Header(page).goTo('Assignments');
  await new MyAssignmentsPage(page).openAssignment(title);
}

/** What is reached by what one does on a page, in this order. */
const STEPS: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
  [
    'an assignment that is handed in',
    async (page) => {
      await openAssignment(page, 'Sort ten cards');
      await page.getByRole('region', { name: 'Handed in' }).waitFor();
    },
  ],
  [
    'an assignment with its editor',
    async (page) => {
      await openAssignment(page, 'Find a bug');
      await page.getByRole('textbox', { name: 'Text' }).waitFor();
    },
  ],
  [
    'the timer of a session that runs',
    async (page) => {
      await new Header(page).goTo('Focus');
      await new FocusPage(page).startButton().click();
      await new FocusPage(page).startedHere.waitFor();
    },
  ],
  [
    'the keys',
    async (page) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Keys' }).getByText('Start or end the session').waitFor();
    },
  ],
  [
    'a session that has ended',
    async (page) => {
      await page.keyboard.press('Escape');
      await new FocusPage(page).endButton.click();
      await new FocusPage(page).ended.waitFor();
    },
  ],
];

async function grace(options: BrowserContextOptions): Promise<Page> {
  const { page } = await client.openDevice(options);
  await page.goto('/');
  await new SignInPage(page).signIn('grace@demo.example', 'demo-password');
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  return page;
}

test(
  'every page of a student is accessible in each look, and fits each screen',
  async () => {
    const page = await grace({ reducedMotion: 'reduce' });
    for (const [address, loaded] of PAGES) {
      await goWithin(page, address);
      await loaded(page);
      expect([address, await problemsInEachLook(page, 360)]).toEqual([address, []]);
    }
    await page.context().close();
  },
  MANY_PAGES_WITHIN_MS,
);

test('on a phone, checkboxes beside long texts keep their size', async () => {
  const page = await grace({ viewport: { width: 320, height: 740 } });
  await goWithin(page, '/settings');
  const boxes = page.getByRole('checkbox');
  await boxes.nth(2).waitFor();
  const widths = await boxes.evaluateAll((all) => all.map((box) => box.getBoundingClientRect().width));
  expect(widths).toEqual([20, 20, 20]);
  await page.context().close();
});

test('so is what a student reaches from there', async () => {
  const page = await grace({ reducedMotion: 'reduce' });
  for (const [name, step] of STEPS) {
    await step(page);
    expect([name, await problemsInEachLook(page, 360)]).toEqual([name, []]);
  }
  await page.context().close();
});

test('nothing moves while the home page loads', async () => {
  const page = await grace({});
  await page.reload();
  await page.getByRole('region', { name: 'Due next' }).waitFor();
  const shift = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) sum += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => resolve(sum), 300);
      }),
  );
  // Google's bound for a good page is 0.1.
  expect(shift).toBeLessThan(0.1);
  await page.context().close();
});
