import type { Page } from 'playwright-core';

export interface HeldAnswers {
  /** Resolves when the page has asked. */
  readonly asked: Promise<void>;
  /** Lets the requests go on, those that come later as well. */
  release(): void;
}

/** The page waits for its answers to the requests with this text, as on a slow line, until the test lets them go on. */
export async function holdAnswers(page: Page, text: string): Promise<HeldAnswers> {
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
