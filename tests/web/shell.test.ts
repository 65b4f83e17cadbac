/** What is around every page. */
import { expect, test } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { useNewStudents } from './new-students.js';

const setting = useNewStudents();

const placeOf = async (element: Locator) => (await element.boundingBox())!;

test('that the server does not answer covers no heading, and moves nothing while somebody types', async () => {
  const device = await setting.signedIn();
  const { page, assignment } = device;
  await page.setViewportSize({ width: 320, height: 640 });
  await device.open(setting.titles[0]!);
  await assignment.write('First.');
  const handIn = page.getByRole('button', { name: 'Hand in', exact: true });
  await handIn.focus();
  const before = await placeOf(assignment.text);
  await page.route('**/graphql', (route) => route.abort());
  await handIn.press('Enter');
  const banner = page.getByText('You see what was kept');
  await banner.waitFor();
  expect((await placeOf(assignment.text)).y).toBe(before.y);

  await page.evaluate(() => scrollTo(0, 0));
  const [above, heading] = [await placeOf(banner), await placeOf(page.getByRole('heading', { level: 1 }))];
  expect(above.y).toBeGreaterThanOrEqual(heading.y + heading.height);
  // At the end of the page, it covers nothing.
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  const [below, main] = [await placeOf(banner), await placeOf(page.getByRole('main'))];
  expect(below.y).toBeGreaterThanOrEqual(Math.floor(main.y + main.height));
  expect(below.y + below.height).toBeLessThanOrEqual(640);
});

test('who is asked whether to sign out is signed out once nothing waits any more', async () => {
  const device = await setting.signedIn();
  const { page } = device;
  await device.open(setting.titles[0]!);
  await page.route('**/graphql', (route) => route.abort());
  await device.assignment.write('First.');
  await device.assignment.handIn();
  await device.openRequests.waitFor();
  await device.header.signOut();
  const dialog = page.getByRole('dialog', { name: 'Some requests have not been sent yet' });
  await dialog.waitFor();
  await page.unroute('**/graphql');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await device.header.notice('You are signed out.').waitFor();
  expect(await dialog.count()).toBe(0);
});
