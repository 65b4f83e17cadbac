/** The text of a student: while it is written, when the assignment closes, and when the browser cannot store it. */
import { expect, test } from '@jest/globals';
import { givenAssignment, givenCourse } from '../support/given.js';
import { useNewStudents } from './new-students.js';

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
