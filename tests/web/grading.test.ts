/** A teacher grades by keyboard on a slow line: no key is lost, and none goes to another grade. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { clientOf } from '../support/client.js';
import { until } from '../support/until.js';
import { holdRequests } from './held-answers.js';
import { LatestActs } from './pages/latest-acts.js';
import { SignInPage } from './pages/sign-in-page.js';
import { SubmissionPage } from './pages/submission-page.js';
import { useWebClient } from './web-client.js';

const web = useWebClient();
const NAMES = ['Mia', 'Noa', 'Ole'] as const;
let courseId: string;

beforeAll(async () => {
  const { course } = await (await teacher()).mutate('createCourse', { name: 'Maps' }, 'course { id joinCode }');
  courseId = course.id;
  for (const name of NAMES) {
    const email = `${name.toLowerCase()}@demo.example`;
    const input = { email, password: 'demo-password', displayName: name, timeZone: 'UTC' };
    await clientOf(web.url).mutate('signUp', input, 'accessToken');
    await (await web.apiAs(email)).mutate('joinCourse', { joinCode: course.joinCode });
  }
});

const teacher = () => web.apiAs('teacher@demo.example');

/** A new assignment that everybody has handed in, with what Ole handed in on the screen. Noa is next, then Mia. */
async function reading(title: string) {
  const due = { courseId, title, dueDate: '2035-07-03T18:00:00Z' };
  const { assignment } = await (await teacher()).mutate('createAssignment', due, 'assignment { id }');
  const ids: string[] = [];
  for (const name of NAMES) {
    const student = await web.apiAs(`${name.toLowerCase()}@demo.example`);
    const handIn = { assignmentId: assignment.id, content: `The text of ${name}.` };
    ids.push((await student.mutate('submitAssignment', handIn, 'submission { id }')).submission.id);
  }
  const { page } = await web.openDevice();
  await page.goto(`/courses/${courseId}/assignments/${assignment.id}/submissions/${ids[2]}`);
  await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
  const submission = new SubmissionPage(page);
  await submission.position('1 of 3').waitFor();
  return { page, submission, acts: new LatestActs(page), ids };
}

const focusedField = (page: Page) =>
  page.evaluate(() => (document.activeElement instanceof HTMLInputElement ? document.activeElement.value : null));

test('an answer that arrives while a grade is typed leaves what is typed', async () => {
  const { page, submission, acts } = await reading('Draw a map');
  await submission.typeGrade('85');
  await acts.said('Ole has 85 of 100.').waitFor();
  await submission.position('2 of 3').waitFor();
  const held = await holdRequests(page, 'query SubmissionToRead(');
  await page.keyboard.press('k');
  await submission.heading('Ole', 'Draw a map').waitFor();
  await held.asked;
  await page.keyboard.press('9');
  held.release();
  await submission.graded.waitFor();
  await page.keyboard.press('0');
  expect(await submission.gradeOf('Ole').inputValue()).toBe('90');
  expect(await focusedField(page)).toBe('90');
  await page.context().close();
});

test('the fields follow the server when what was typed is stored', async () => {
  const { page, submission, acts, ids } = await reading('Name the parts');
  const former = { submissionId: ids[0], grade: 60, feedback: 'Nearly.', idempotencyKey: 'former' };
  await (await teacher()).mutate('gradeSubmission', former);
  await submission.next();
  await submission.position('2 of 3').waitFor();
  await submission.next();
  await submission.position('3 of 3').waitFor();
  const fields = async () => [
    await submission.gradeOf('Mia').inputValue(),
    await page.getByLabel('Feedback').inputValue(),
  ];
  await until(async () => (await fields()).join() === '60,Nearly.');
  await page.getByLabel('Feedback').fill('Clear.');
  await submission.gradeOf('Mia').fill('70');
  const isRead = page.waitForResponse(
    async (response) =>
      response.url().endsWith('/graphql') && (await response.text()).includes('"grade":70,"feedback"'),
  );
  await page.keyboard.press('Enter');
  await isRead;
  await acts.undo('Mia has 70 of 100.');
  await until(async () => (await fields()).join() === '60,Nearly.');
  await page.context().close();
});

/** Goes from Ole to Noa by grading, while what Noa handed in does not come yet. Counts the grades that are sent from then on. */
async function waitingForNoa(title: string) {
  const { page, submission, acts } = await reading(title);
  const held = await holdRequests(page, 'query SubmissionToRead(');
  const path = new URL(page.url()).pathname;
  await submission.typeGrade('85');
  await page.waitForURL((url) => url.pathname !== path);
  await held.asked;
  await acts.said('Ole has 85 of 100.').waitFor();
  let sent = 0;
  page.on('request', (request) => {
    if (request.postData()?.includes('mutation GradeSubmission(')) sent += 1;
  });
  return { page, submission, acts, held, sent: () => sent };
}

test('a grade that is typed before the submission is there waits in its field', async () => {
  const { page, submission, acts, held, sent } = await waitingForNoa('Find north');
  await page.keyboard.type('90');
  held.release();
  await submission.heading('Noa', 'Find north').waitFor();
  await until(async () => (await focusedField(page)) !== null);
  expect(await submission.gradeOf('Noa').inputValue()).toBe('90');
  expect(sent()).toBe(0);
  await page.keyboard.press('Enter');
  await acts.said('Noa has 90 of 100.').waitFor();
  expect(sent()).toBe(1);
  await page.context().close();
});

test('two grades that are typed before the submission is there are not mixed, and not sent', async () => {
  const { page, submission, held, sent } = await waitingForNoa('Measure a way');
  await submission.typeGrade('90');
  await page.keyboard.type('7');
  held.release();
  await submission.heading('Noa', 'Measure a way').waitFor();
  await submission.position('2 of 3').waitFor();
  expect(await submission.gradeOf('Noa').inputValue()).toBe('');
  // From now on, a digit begins the grade of the submission that is read.
  await page.keyboard.type('80');
  expect(await focusedField(page)).toBe('80');
  expect(sent()).toBe(0);
  await page.context().close();
});
