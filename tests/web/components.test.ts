import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { webClient } from '../../src/http/web-client.js';
import { launchBrowser, openWatchedPage } from '../support/browser.js';
import { FormOnPage } from './pages/form-on-page.js';
import { accessibilityProblems } from './web-client.js';

/** The gallery under the content security policy of the product. */
const project = fileURLToPath(new URL('../..', import.meta.url));
let root: string;
let app: FastifyInstance;
let browser: Browser;
let page: Page;
let complaints: string[];
let baseURL: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'auraledger-gallery-'));
  const vite = join(project, 'node_modules/vite/bin/vite.js');
  const args = ['build', join(project, 'tests/web/gallery'), '--outDir', root, '--emptyOutDir', '--logLevel', 'warn'];
  const env = { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' };
  await promisify(execFile)(process.execPath, [vite, ...args], { env });
  app = fastify();
  await app.register(webClient, { root });
  baseURL = await app.listen({ port: 0, host: '127.0.0.1' });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await app?.close();
  await rm(root, { recursive: true, force: true });
});

async function open(options: Parameters<typeof openWatchedPage>[1] = {}): Promise<void> {
  ({ page, complaints } = await openWatchedPage(browser, { baseURL, ...options }));
  await page.goto('/');
  await page.getByRole('heading', { level: 1 }).waitFor();
}

afterEach(() => page?.context().close());

const notice = (text: string) => page.getByRole('region', { name: 'Notices' }).getByText(text);

describe('a form', () => {
  beforeEach(() => open());

  test('keeps its input, moves the focus to its problems, and names them at the fields', async () => {
    const form = new FormOnPage(page);
    await page.getByLabel('Text').fill('Some text');
    await form.send('Send');
    await form.problems.getByText('There is a problem with 1 field').waitFor();
    await form.problems.getByText('Request c3d4').waitFor();
    expect(await form.problemAt('Title')).toBe('Enter a title');
    expect(await form.problemAt('Text')).toBe('');
    expect(await page.getByLabel('Text').inputValue()).toBe('Some text');
    await form.problems.getByRole('button', { name: 'Enter a title' }).click();
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe('title');
  });

  test('is sent once by a double click, and by Enter together with a click', async () => {
    const answersHeld = page.getByLabel('Hold the answers');
    const button = page.getByRole('button', { name: 'Send' });
    await page.getByLabel('Title').fill('A title');
    await answersHeld.check();
    await button.dblclick();
    await answersHeld.uncheck();
    await notice('Sent 1 times: A title, a, false').waitFor();
    await page.getByLabel('Agreed').check();
    await answersHeld.check();
    await page.getByLabel('Title').press('Enter');
    // By force: without it, the click waits until the button can be pressed again.
    await button.click({ force: true });
    await answersHeld.uncheck();
    await notice('Sent 2 times: A title, a, true').waitFor();
    expect(await notice('Sent').count()).toBe(2);
  });
});

describe('a dialog', () => {
  beforeEach(() => open());

  test('has a name, closes by Escape, and gives the focus back', async () => {
    const opener = page.getByRole('button', { name: 'Open' });
    await opener.click();
    await page.getByRole('dialog', { name: 'A dialog' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await opener.evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('closes by its button', async () => {
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });
});

describe('numbers', () => {
  beforeEach(() => open());

  test('a ring has its text as its name', async () => {
    await page.getByRole('img', { name: '120 of 400 xp' }).waitFor();
  });

  test('a chart has the same numbers as a table, by keyboard', async () => {
    const chart = page.getByRole('figure', { name: '870 minutes of focus in 30 days' });
    await chart.getByText('Show as a table').focus();
    await page.keyboard.press('Enter');
    expect(await chart.getByRole('row').count()).toBe(31);
    await chart.getByRole('row', { name: '2 Mar 2025 7 min', exact: true }).waitFor();
  });

  test('a calendar begins the first week on its day', async () => {
    // 1 March 2025 is a Saturday.
    const rowStart = await page
      .locator('.heat')
      .first()
      .evaluate((element) => getComputedStyle(element).gridRowStart);
    expect(rowStart).toBe('6');
  });

  test('arrow keys lead through the days of a calendar, and say the number of each', async () => {
    const calendar = page.getByRole('slider', { name: '30 days of focus' });
    const said = () => calendar.getAttribute('aria-valuetext');
    await calendar.focus();
    const last = await said();
    await page.keyboard.press('Home');
    expect(await said()).toMatch(/^1 Mar 2025: /);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    expect(await said()).toMatch(/^9 Mar 2025: /);
    await page.keyboard.press('End');
    expect(await said()).toBe(last);
    await page
      .getByText(last ?? '', { exact: true })
      .first()
      .waitFor();
  });

  test('a table says how it is sorted', async () => {
    const names = () => page.getByRole('table', { name: 'Roster' }).getByRole('rowheader').allTextContents();
    expect(await names()).toEqual(['Ada', 'Grace']);
    await page.getByRole('button', { name: 'Name' }).click();
    expect(await names()).toEqual(['Grace', 'Ada']);
    expect(await page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('descending');
  });
});

describe('states', () => {
  beforeEach(() => open());

  test('a failure says what happened, with its request id, and tries again', async () => {
    const failed = page.getByRole('alert').filter({ hasText: 'The database did not answer.' });
    await failed.getByText('Request a1b2').waitFor();
    await failed.getByRole('button', { name: 'Try again' }).click();
    await notice('Asked again').waitFor();
  });

  test('old data stays visible with its time, and with its date if that is not today', async () => {
    await page
      .getByRole('status')
      .getByText(/The server does not answer. As of \w+,\s\d\sJan\s1970, \d\d:\d\d/)
      .waitFor();
    expect(await page.getByText('Old data').isVisible()).toBe(true);
    await page
      .getByRole('status')
      .getByText(/The database did not answer. As of \d\d:\d\d\./)
      .waitFor();
  });

  test('a sign of loading comes late', async () => {
    await page.getByRole('status').getByText('Loading').waitFor();
  });

  test('a notice can be dismissed', async () => {
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await notice('Filter cleared').waitFor();
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await notice('Filter cleared').waitFor({ state: 'detached' });
  });

  test('a broken part says so, and the rest stays', async () => {
    await page.getByRole('button', { name: 'Break' }).click();
    await page.getByText('This page does not work at the moment').waitFor();
    expect(await page.getByRole('heading', { level: 1, name: 'Components' }).isVisible()).toBe(true);
  });

  test('a tab is a link that says where one is', async () => {
    await page.getByRole('link', { name: 'Second' }).click();
    expect(await page.getByRole('link', { name: 'Second' }).getAttribute('aria-current')).toBe('page');
    expect(await page.getByRole('link', { name: 'First' }).getAttribute('aria-current')).toBeNull();
  });
});

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  test('axe finds nothing, also with a dialog and with problems', async () => {
    await open({ colorScheme });
    await page.getByText('Loading').waitFor();
    await new FormOnPage(page).send('Send');
    await notice('Sent 1 times').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});

test.each([
  ['320 px', { viewport: { width: 320, height: 640 } }],
  ['320 px with forced colours', { viewport: { width: 320, height: 640 }, forcedColors: 'active' }],
] as const)('at %s nothing is wider than the screen', async (_, options) => {
  await open(options);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
});

test('at 200 % text nothing is wider than the screen', async () => {
  await open({ viewport: { width: 640, height: 800 } });
  await page.evaluate(() => {
    document.documentElement.style.fontSize = '200%';
  });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(640);
});
