/** The text of a student: while it is written, when the assignment closes, and when the browser cannot store it. */
import { expect, test } from '@jest/globals';
import { givenAssignment, givenCourse } from '../support/given.js';
import { useNewStudents } from './new-students.js';
import { storedEntries } from './stored-entries.js';

const setting = useNewStudents();
const DAY_MS = 24 * 3_600_000;

test('an assignment that closes while somebody types keeps the text on the page', async () => {
  const course = await givenCourse();
  const tomorrow = new Date(Date.now() + DAY_MS);
  await givenAssignment(course, { title: 'Closes soon', dueDate: tomorrow, closesAt: tomorrow });
  await setting.student.client.mutate('joinCourse', { joinCode: course.joinCode });
  const device = await setting.openDevice();
  const { page, assignment } = device;
  await page.clock.install();
  await page.clock.resume();
  await device.openAs(setting.student.name);
  await device.open('Closes soon');
  await assignment.text.pressSequentially('Half a sen');
  // An answer of the server would set the clock of the page right.
  await page.route('**/graphql', (route) => route.abort());
  await page.clock.fastForward(2 * DAY_MS);
  await assignment.text.waitFor({ state: 'detached' });
  await assignment.notHandedIn.getByText('Half a sen', { exact: true }).waitFor();
  expect(await assignment.button.count()).toBe(0);
  await page.reload();
  await assignment.notHandedIn.getByText('Half a sen', { exact: true }).waitFor();
});

test('a text that was handed in can be emptied and written anew, also after a reload', async () => {
  const device = await setting.signedIn();
  const { page, assignment } = device;
  const [title] = setting.titles as [string];
  const empty = async () => {
    await assignment.text.press('Control+A');
    await assignment.text.press('Delete');
  };
  await device.handIn(title, 'Old');
  await assignment.handedIn.getByText('Old', { exact: true }).waitFor();

  await assignment.change();
  expect(await assignment.text.inputValue()).toBe('Old');
  await empty();
  await assignment.text.pressSequentially('Newer');
  expect(await assignment.text.inputValue()).toBe('Newer');
  await page.reload();
  await assignment.text.waitFor();
  await empty();
  await assignment.text.pressSequentially('New');
  expect(await assignment.text.inputValue()).toBe('New');
  await assignment.saveChange();
  await assignment.handedIn.getByText('New', { exact: true }).waitFor();
  await assignment.text.waitFor({ state: 'detached' });
});

test('a text that is changed can be kept as it was, and the next change begins with it', async () => {
  const device = await setting.signedIn();
  const { page, assignment } = device;
  await device.handIn(setting.titles[0]!, 'Old');
  await assignment.handedIn.getByText('Old', { exact: true }).waitFor();
  await assignment.change();
  await assignment.text.pressSequentially(' and more');
  await page.getByRole('button', { name: 'Keep the old text' }).click();
  await assignment.text.waitFor({ state: 'detached' });
  await assignment.change();
  expect(await assignment.text.inputValue()).toBe('Old');
});

test('a text that is too long says so before it is sent, with its length from near the limit on', async () => {
  const device = await setting.signedIn();
  const { page, assignment } = device;
  await device.open(setting.titles[0]!);
  await assignment.write('x'.repeat(17_999));
  expect(await page.getByText('of 20,000 characters').count()).toBe(0);
  await assignment.write('x'.repeat(18_000));
  await page.getByText('18,000 of 20,000 characters').waitFor();
  await assignment.write('x'.repeat(20_001));
  await assignment.handIn();
  await assignment.form.problems.waitFor();
  expect(await assignment.form.problemAt('Text')).toBe('Shorten the text: it has 20,001 characters, of 20,000 at most');
  expect(await storedEntries(page)).toEqual([]);
  // The server counts characters, of which an emoji is one.
  const longest = '😀'.repeat(20_000);
  await assignment.write(longest);
  await assignment.handIn();
  await assignment.handedIn.getByText(longest).waitFor();
});

test('a full storage is said where the text is handed in, and where it is changed', async () => {
  const device = await setting.signedIn();
  const { page, assignment } = device;
  const [first, second] = setting.titles as [string, string];
  await device.handIn(first, 'Old');
  await assignment.handedIn.getByText('Old', { exact: true }).waitFor();
  await page.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('The storage is full.', 'QuotaExceededError');
    };
  });
  await assignment.changeText('New');
  await assignment.notStored.waitFor();
  expect(await assignment.text.inputValue()).toBe('New');
  await device.handIn(second, 'My essay');
  await assignment.notStored.waitFor();
  expect(await assignment.text.inputValue()).toBe('My essay');
});

test('a storage that cannot be read holds no button: the click says that it was not stored', async () => {
  const device = await setting.openDevice();
  await device.page.addInitScript(() => {
    IDBObjectStore.prototype.getAll = () => {
      throw new DOMException('The storage is broken.', 'UnknownError');
    };
  });
  await device.openAs(setting.student.name);
  await device.handIn(setting.titles[0]!, 'My essay');
  await device.assignment.notStored.waitFor();
});

test('on a phone, the due date and what handing in pays stand before the button, and a loss only where there is one', async () => {
  const device = await setting.signedIn();
  const { page, assignment } = device;
  await page.setViewportSize({ width: 390, height: 844 });
  // It pays as much as a new student needs for the next level.
  await device.open('Read a proof');
  await page.getByText('It raises you to level 1.').waitFor();
  expect(await page.getByText('xp above that are discarded').count()).toBe(0);
  const places = [page.getByText(/^Due /), assignment.payNow, assignment.button];
  const tops = await Promise.all(places.map(async (place) => (await place.boundingBox())!.y));
  expect(tops).toEqual([...tops].sort((one, other) => one - other));
});

test('who changes a text reads what the teacher sees of it', async () => {
  const device = await setting.signedIn();
  await device.handIn(setting.titles[0]!, 'Old');
  await device.assignment.change();
  await device.page.getByText('Your teacher reads the new text, and when you changed it.').waitFor();
});
