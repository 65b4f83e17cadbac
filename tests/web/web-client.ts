/** The built web client in a real browser, on the whole product with the demonstration class. */
import { afterAll, beforeAll } from '@jest/globals';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser, openWatchedPage, type WatchedPage } from '../support/browser.js';
import { type TestDatabase, useDatabase } from '../support/database.js';
import { type RunningServer, startServer } from '../support/server.js';

/** No test waits longer than this for one thing to appear. Milliseconds; a busy machine takes seconds. */
const APPEARS_WITHIN_MS = 15_000;

export interface WebClient {
  readonly url: string;
  readonly server: RunningServer;
  readonly browser: Browser;
  readonly database: TestDatabase;
  /** A device of its own, with nothing stored. */
  openDevice(options?: BrowserContextOptions): Promise<WatchedPage>;
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
  };
}

/** What axe finds on the page as it is now: one line for each problem. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  // A script tag would be refused by the content security policy.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help} (${target.join(' ')})`));
}

/** Animations and transitions that take time, however short. */
export function runningAnimations(page: Page): Promise<number> {
  return page.evaluate(
    () => document.getAnimations().filter(({ effect }) => Number(effect?.getComputedTiming().duration) > 1).length,
  );
}

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}
