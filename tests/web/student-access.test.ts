/** Every page of the student: accessible in both themes, and usable on a small screen. */
import { describe, expect, test } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { MyAssignmentsPage } from './pages/my-assignments-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { accessibilityProblems, runningAnimations, useWebClient } from './web-client.js';

const client = useWebClient();

/** Each page by its address, and what is there when it has loaded. */
const PAGES: readonly (readonly [string, (page: Page) => Promise<unknown>])[] = [
  ['/', (page) => page.getByRole('region', { name: 'Due next' }).waitFor()],
  ['/focus', (page) => page.getByRole('timer').waitFor()],
  ['/assignments', (page) => page.getByRole('table').waitFor()],
  ['/ledger', (page) => page.getByRole('table').waitFor()],
  ['/badges', (page) => page.getByRole('heading', { level: 2, name: 'Not yet' }).waitFor()],
  ['/progress/7', (page) => page.getByRole('img').first().waitFor()],
  ['/progress/30', (page) => page.getByRole('img').first().waitFor()],
  ['/progress/90', (page) => page.getByRole('img').first().waitFor()],
  ['/progress/calendar', (page) => page.getByRole('slider').waitFor()],
  ['/leaderboard/week', (page) => page.getByRole('table').waitFor()],
  ['/leaderboard/month', (page) => page.getByRole('table').waitFor()],
  ['/leaderboard/all-time', (page) => page.getByRole('table').waitFor()],
  ['/settings', (page) => page.getByLabel('Time zone').waitFor()],
  ['/not-sent', (page) => page.getByRole('heading', { level: 1, name: 'Not sent yet' }).waitFor()],
];

async function grace(options: BrowserContextOptions): Promise<Page> {
  const { page } = await client.openDevice(options);
  await page.goto('/');
  await new SignInPage(page).signIn('grace@demo.example', 'demo-password');
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  return page;
}

async function openHandedIn(page: Page): Promise<void> {
  await page.goto('/assignments');
  await new MyAssignmentsPage(page).openAssignment('Sort ten cards');
  await page.getByRole('region', { name: 'Handed in' }).waitFor();
}

async function openEditor(page: Page): Promise<void> {
  await page.goto('/assignments');
  await new MyAssignmentsPage(page).openAssignment('Find a bug');
  await page.getByRole('textbox', { name: 'Text' }).waitFor();
}

const ALL = [
  ...PAGES.map(([address, loaded]) => ({
    name: address,
    open: async (page: Page) => {
      await page.goto(address);
      await loaded(page);
    },
  })),
  { name: 'an assignment that is handed in', open: openHandedIn },
  { name: 'an assignment with its editor', open: openEditor },
];

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  test('axe finds nothing on any page', async () => {
    const page = await grace({ colorScheme });
    for (const { name, open } of ALL) {
      await open(page);
      expect({ name, problems: await accessibilityProblems(page) }).toEqual({ name, problems: [] });
    }
    await page.context().close();
  });
});

test.each([
  ['at 320, 360, 768 and 1,440 px', [320, 360, 768, 1_440], ''],
  ['at 360 px, with text of 200 %', [360], '200%'],
])('%s no page scrolls sideways', async (_, widths, fontSize) => {
  const page = await grace({});
  for (const { name, open } of ALL) {
    await open(page);
    await page.evaluate((size) => {
      document.documentElement.style.fontSize = size;
    }, fontSize);
    for (const width of widths) {
      await page.setViewportSize({ width, height: 740 });
      // Less than 0: the room that is kept for a scrollbar.
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect({ name, width, scrollsSideways: overflow > 0 }).toEqual({ name, width, scrollsSideways: false });
    }
  }
  await page.context().close();
});

test('in forced colours and with reduced motion, axe finds nothing on any page, and nothing moves', async () => {
  const page = await grace({ forcedColors: 'active', reducedMotion: 'reduce' });
  for (const { name, open } of ALL) {
    await open(page);
    expect({ name, problems: await accessibilityProblems(page) }).toEqual({ name, problems: [] });
    expect({ name, animations: await runningAnimations(page) }).toEqual({ name, animations: 0 });
  }
  await page.goto('/');
  await page.getByRole('img', { name: /xp/ }).waitFor();
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
