import type { Page } from 'playwright-core';

/**
 * Presses a button if it is there. For a button that asks the page to do at once what the page soon does by itself: a click
 * would wait in vain for a button that is gone.
 */
export const pressIfThere = (page: Page, name: 'Try now' | 'Try again'): Promise<void> =>
  page.evaluate((text) => {
    const buttons = [...document.querySelectorAll('button')];
    buttons.find(({ textContent }) => textContent === text)?.click();
  }, name);
