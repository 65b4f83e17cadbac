import type { Page } from 'playwright-core';

export interface HeldRequests {
  /** Resolves when the page has asked. */
  readonly asked: Promise<void>;
  /** Lets the requests go on, those that come later as well. */
  release(): void;
}

/** The page waits for its answers to the requests with this text, as on a slow line, until the test lets them go on. */
export async function holdRequests(page: Page, text: string): Promise<HeldRequests> {
  let ask = () => {};
  let release = () => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes(text)) return route.fallback();
    ask();
    await released;
    return route.fallback();
  });
  return { asked, release };
}

export interface HeldAnswer {
  /** The server has executed the operation. */
  readonly isThere: Promise<void>;
  /** Hands the answer over to the page. */
  release(): void;
}

/** Holds the first answer of an operation, for instance of "query Home". */
export async function holdAnswer(page: Page, operation: string): Promise<HeldAnswer> {
  let [arrive, release] = [() => {}, () => {}];
  const isThere = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isHeld = false;
  await page.route('**/graphql', async (route) => {
    if (isHeld || !route.request().postDataJSON().query.startsWith(`${operation}(`)) return route.fallback();
    isHeld = true;
    const response = await route.fetch();
    arrive();
    await isReleased;
    await route.fulfill({ response });
  });
  return { isThere, release };
}
