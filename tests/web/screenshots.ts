/**
 * npm run screenshots: pictures of every page of the web client on the demonstration class, in both themes and at two
 * widths, as small PNG files in docs/screenshots.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { waitForAddress } from '../../bench/product.js';
import { NODE_OPTIONS, ROOT, START_SCRIPT } from '../../bench/start-command.js';
import { launchBrowser } from '../support/browser.js';
import { SignInPage } from './pages/sign-in-page.js';

const FOLDER = join(ROOT, 'docs/screenshots');
const PASSWORD = 'demo-password';

interface Shown {
  readonly name: string;
  /** Opens the page, signed in. */
  readonly open: (page: Page) => Promise<unknown>;
}

const at =
  (path: string) =>
  (page: Page): Promise<unknown> =>
    page.goto(path);

/** Follows links by their text, from the home page. */
const by =
  (...links: (string | RegExp)[]) =>
  async (page: Page): Promise<void> => {
    await page.goto('/');
    for (const name of links) await page.getByRole('link', { name }).first().click();
  };

const pages: Readonly<Record<string, readonly Shown[]>> = {
  'ada@demo.example': [
    { name: 'student-home', open: at('/') },
    { name: 'student-focus', open: at('/focus') },
    { name: 'student-assignments', open: at('/assignments') },
    { name: 'student-editor', open: by('Assignments', 'Find a bug') },
    { name: 'student-not-sent', open: at('/not-sent') },
  ],
  'grace@demo.example': [
    { name: 'student-home-later', open: at('/') },
    { name: 'student-ledger', open: at('/ledger') },
    { name: 'student-badges', open: at('/badges') },
    { name: 'student-handed-in', open: by('Assignments', 'Sort ten cards') },
    { name: 'student-progress', open: at('/progress/30') },
    { name: 'student-calendar', open: at('/progress/calendar') },
    { name: 'student-leaderboard', open: at('/leaderboard/all-time') },
    { name: 'student-settings', open: at('/settings') },
  ],
  'teacher@demo.example': [
    { name: 'teacher-courses', open: at('/') },
    { name: 'teacher-new-course', open: at('/courses/new') },
    { name: 'teacher-roster', open: by('Demo course') },
    { name: 'teacher-student', open: by('Demo course', /Grace/) },
    { name: 'teacher-assignments', open: by('Demo course', 'Assignments') },
    { name: 'teacher-assignment', open: by('Demo course', 'Assignments', 'Trace a loop by hand') },
    { name: 'teacher-submission', open: by('Demo course', 'Assignments', 'Trace a loop by hand', 'Read') },
    { name: 'teacher-live', open: by('Demo course', /^Live/) },
    { name: 'teacher-charts', open: by('Demo course', 'Charts') },
  ],
};

const dataDir = await mkdtemp(join(tmpdir(), 'auraledger-screenshots-'));
const server = spawn(process.execPath, [...NODE_OPTIONS, ...START_SCRIPT], {
  cwd: ROOT,
  env: { ...process.env, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const url = await waitForAddress(server.stdout);
  await mkdir(FOLDER, { recursive: true });
  const browser = await launchBrowser();
  try {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1_200, 360]) await takeAll(browser, url, colorScheme, width);
    }
  } finally {
    await browser.close();
  }
} finally {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  await ended;
  await rm(dataDir, { recursive: true, force: true });
}

async function takeAll(browser: Browser, baseURL: string, colorScheme: 'light' | 'dark', width: number): Promise<void> {
  for (const [email, shown] of Object.entries(pages)) {
    const viewport = { width, height: width === 360 ? 740 : 800 };
    const context = await browser.newContext({ baseURL, colorScheme, viewport, reducedMotion: 'reduce' });
    const page = await context.newPage();
    const signIn = new SignInPage(page);
    await signIn.open();
    if (email.startsWith('ada')) await take(page, { name: 'sign-in', open: async () => {} }, colorScheme, width);
    await signIn.signIn(email, PASSWORD);
    await signIn.heading.waitFor({ state: 'detached' });
    for (const each of shown) await take(page, each, colorScheme, width);
    await context.close();
  }
}

async function take(page: Page, { name, open }: Shown, colorScheme: string, width: number): Promise<void> {
  await open(page);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page.waitForLoadState('networkidle');
  // A skeleton appears after 300 ms: by then the page has its answer or shows that it waits.
  await page.waitForTimeout(500);
  const file = `${name}-${colorScheme}${width === 360 ? '-360' : ''}.png`;
  await page.screenshot({ path: join(FOLDER, file), fullPage: width === 360 });
  process.stdout.write(`docs/screenshots/${file}\n`);
}
