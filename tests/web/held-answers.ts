import type { Page } from 'playwright-core';

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
