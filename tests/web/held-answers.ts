import type { Page } from 'playwright-core';

export interface HeldRequests {
  /** Resolves when the page has asked. */
  readonly asked: Promise<void>;
  /** Lets the requests go on, those that come later as well. */
  release(): void;
}

/** The page waits for its answers to the requests with this text, as on a slow line, until the test lets them go on. */
export async function holdRequests(page: Page, text: string): Promise<HeldRequests> {
  const [asked, released] = [signal(), signal()];
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes(text)) return route.fallback();
    asked.send();
    await released.sent;
    return route.fallback();
  });
  return { asked: asked.sent, release: released.send };
}

export interface HeldAnswer {
  /** The server has executed the operation. */
  readonly isThere: Promise<void>;
  /** Hands the answer over to the page. */
  release(): void;
}

/** Holds the first answer of an operation, for instance of "query Home". */
export async function holdAnswer(page: Page, operation: string): Promise<HeldAnswer> {
  const [arrived, released] = [signal(), signal()];
  let isHeld = false;
  await page.route('**/graphql', async (route) => {
    if (isHeld || !route.request().postDataJSON().query.startsWith(`${operation}(`)) return route.fallback();
    isHeld = true;
    const response = await route.fetch();
    arrived.send();
    await released.sent;
    await route.fulfill({ response });
  });
  return { isThere: arrived.sent, release: released.send };
}

/** `sent` resolves at the first `send`. */
function signal() {
  let send = () => {};
  const sent = new Promise<void>((resolve) => {
    send = resolve;
  });
  return { sent, send };
}
