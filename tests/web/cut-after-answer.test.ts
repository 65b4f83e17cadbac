/** A line that is cut right after the answer to a hand-in: that answer is all that the page knows. */
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { useNewStudents } from './new-students.js';
import { pressIfThere } from './pages/press-if-there.js';

const setting = useNewStudents();

/** Nothing comes any more after the answer to this operation. */
async function cutAfter(page: Page, operation: string): Promise<void> {
  let isCut = false;
  await page.route('**/graphql', async (route) => {
    if (isCut) return route.abort();
    if (!route.request().postData()?.includes(operation)) return route.fallback();
    isCut = true;
    return route.fulfill({ response: await route.fetch() });
  });
}

test('what was handed in and paid stays on the page, also while a new text waits and after a reload', async () => {
  const device = await setting.signedIn();
  const { page, assignment } = device;
  await device.open(setting.titles[0]!);
  await assignment.write('My essay');
  await cutAfter(page, 'mutation SubmitAssignment');
  await assignment.handIn();
  await assignment.handedIn.getByText('My essay', { exact: true }).waitFor();
  await assignment.anyPaid.waitFor();
  expect([await assignment.text.count(), await assignment.button.count(), await assignment.payNow.count()]).toEqual([
    0, 0, 0,
  ]);

  await assignment.changeText('A better essay');
  const change = page.getByRole('main').getByRole('article', { name: /^Change the text of / });
  const expectPaid = async () => {
    await change.waitFor();
    await assignment.anyPaid.waitFor();
    await assignment.handedIn.getByText('My essay', { exact: true }).waitFor();
    expect(await assignment.payNow.count()).toBe(0);
  };
  await expectPaid();
  await page.reload();
  await expectPaid();
  await page.unroute('**/graphql');
  await pressIfThere(page, 'Try now');
  await assignment.handedIn.getByText('A better essay', { exact: true }).waitFor();
  await assignment.anyPaid.waitFor();
});

test('a new text that the server has accepted is shown before anything is asked', async () => {
  const device = await setting.signedIn();
  const { page, assignment } = device;
  await device.handIn(setting.titles[0]!, 'Old');
  await assignment.handedIn.getByText('Old', { exact: true }).waitFor();
  await cutAfter(page, 'mutation ReviseSubmission');
  await assignment.changeText('New');
  await assignment.handedIn.getByText('The new text is saved.').waitFor();
  await assignment.handedIn.getByText('New', { exact: true }).waitFor();
  expect(await assignment.text.count()).toBe(0);
});
