import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

/** Presses the button and waits for the file. @returns its name and its bytes */
export async function downloadBy(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}
