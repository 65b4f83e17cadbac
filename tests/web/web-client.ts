/** The built web client in a real browser, on the whole product with the demonstration class. */
import { afterAll, beforeAll } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser, openWatchedPage, type WatchedPage } from '../support/browser.js';
import { type Client, clientOf } from '../support/client.js';
import { type TestDatabase, useDatabase } from '../support/database.js';
import { type RunningServer, startServer } from '../support/server.js';

/** No test waits longer than this for one thing to appear. Milliseconds; a busy machine takes seconds. */
const APPEARS_WITHIN_MS = 60_000;

export interface WebClient {
  readonly url: string;
  readonly server: RunningServer;
  readonly browser: Browser;
  readonly database: TestDatabase;
  /** A device of its own, with nothing stored. */
  openDevice(options?: BrowserContextOptions): Promise<WatchedPage>;
  /** The API as somebody of the demonstration class, or who signed up with the same password. */
  apiAs(email: string): Promise<Client>;
}

export function useWebClient(): WebClient {
  let server: RunningServer | undefined;
  let browser: Browser | undefined;
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });
  const database = useDatabase();
  beforeAll(async () => {
    const problem = process.env.AURALEDGER_PAGES_PROBLEM;
    if (problem !== undefined) throw new Error(`The web client was not built: ${problem}`);
    server = await startServer();
    browser = await launchBrowser();
  });

  const started = <Part>(part: Part | undefined): Part => {
    if (!part) throw new Error('the web client runs in tests and hooks only');
    return part;
  };
  return {
    database,
    get url() {
      return started(server).url;
    },
    get server() {
      return started(server);
    },
    get browser() {
      return started(browser);
    },
    async openDevice(options = {}) {
      const device = await openWatchedPage(started(browser), { baseURL: started(server).url, ...options });
      device.page.setDefaultTimeout(APPEARS_WITHIN_MS);
      return device;
    },
    async apiAs(email) {
      const { url } = started(server);
      const { accessToken } = await clientOf(url).mutate('signIn', { email, password: 'demo-password' }, 'accessToken');
      return clientOf(url, accessToken);
    },
  };
}

/** What axe finds on the page as it is now: one line for each problem. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // A script tag would be refused by the content security policy.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  // Only the lines leave the page: all that axe answers takes longer to transfer than to find.
  return page.evaluate(async () => {
    const { violations } = await window.axe.run({ resultTypes: ['violations'] });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`),
    );
  });
}

/** A test that looks at all pages of a role takes 10 s alone, and much longer on a busy machine. Milliseconds. */
export const MANY_PAGES_WITHIN_MS = 180_000;

const LOOKS = [
  { colorScheme: 'light', forcedColors: 'none' },
  { colorScheme: 'dark', forcedColors: 'none' },
  { colorScheme: 'light', forcedColors: 'active' },
] as const;

/** Pixels. */
const WIDTHS = [320, 360, 768, 1_440];

/**
 * What is wrong with the page in any theme, with forced colours, with reduced motion, on any screen and with large text:
 * one line for each problem. Open the page with reduced motion.
 * @param widthOfLargeText the screen on which text of 200 % must fit, in pixels
 */
export async function problemsInEachLook(page: Page, widthOfLargeText: number): Promise<string[]> {
  const problems: string[] = [];
  const moving = await runningAnimations(page);
  if (moving > 0) problems.push(`${moving} animations run`);
  for (const look of LOOKS) {
    await page.emulateMedia(look);
    for (const problem of await accessibilityProblems(page)) problems.push(`${JSON.stringify(look)} ${problem}`);
  }
  await page.emulateMedia(LOOKS[0]);
  for (const width of WIDTHS) if (await isTooWide(page, width)) problems.push(`too wide for ${width} px`);
  await setTextSize(page, '200%');
  if (await isTooWide(page, widthOfLargeText)) problems.push(`too wide for ${widthOfLargeText} px at 200 %`);
  await setTextSize(page, '');
  await page.setViewportSize({ width: 1_280, height: 740 });
  return problems;
}

export async function isTooWide(page: Page, width: number): Promise<boolean> {
  await page.setViewportSize({ width, height: 740 });
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}

const setTextSize = (page: Page, size: string) =>
  page.evaluate((to) => {
    document.documentElement.style.fontSize = to;
  }, size);

/** Animations and transitions that take time, however short. */
const runningAnimations = (page: Page): Promise<number> =>
  page.evaluate(
    () => document.getAnimations().filter(({ effect }) => Number(effect?.getComputedTiming().duration) > 1).length,
  );

/** Goes to a page of the client without loading everything anew. */
export const goWithin = (page: Page, path: string): Promise<void> =>
  page.evaluate((to) => {
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}
