/** Pages that stay open while time passes and others do something. */
import { afterEach, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { until } from '../support/until.js';
import { AssignmentPage } from './pages/assignment-page.js';
import { HandInPage } from './pages/hand-in-page.js';
import { Header } from './pages/header.js';
import { HomePage } from './pages/home-page.js';
import { MyAssignmentsPage } from './pages/my-assignments-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { SubmissionPage } from './pages/submission-page.js';
import { useWebClient } from './web-client.js';

const client = useWebClient();
const TEACHER = 'teacher@demo.example';
const HOUR_MS = 3_600_000;
/** Longer than a page with old answers waits before it looks again. Milliseconds. */
const LONG_ENOUGH_MS = 31_000;
/** Time for a page to load before the dates pass. Milliseconds. */
const LOADS_WITHIN_MS = 15_000;
const opened: Page[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((page) => page.context().close()));
});

async function openAs(email: string): Promise<Page> {
  const { page } = await client.openDevice();
  opened.push(page);
  await page.clock.install();
  await page.goto('/');
  await new SignInPage(page).signIn(email, 'demo-password');
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return page;
}

async function openTab(page: Page, path: string): Promise<Page> {
  const tab = await page.context().newPage();
  tab.setDefaultTimeout(60_000);
  await tab.clock.install();
  await tab.goto(path);
  return tab;
}

/** The person comes back to the tab after a while. */
async function lookAgain(page: Page): Promise<void> {
  await page.clock.fastForward(LONG_ENOUGH_MS);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
}

/** A course of its own, with a student of the demonstration class in it. */
async function givenCourse(name: string, student: string) {
  const [teacher, member] = await Promise.all([client.apiAs(TEACHER), client.apiAs(student)]);
  const { course } = await teacher.mutate('createCourse', { name }, 'course { id joinCode }');
  await member.mutate('joinCourse', { joinCode: course.joinCode });
  const { me } = await member.must('{ me { id } }');
  return {
    courseId: course.id as string,
    studentId: me.id as string,
    teacher,
    member,
    async create(title: string, dueIn: number, closesIn: number | null = null): Promise<string> {
      const at = (ms: number) => new Date(Date.now() + ms).toISOString();
      const dates = { dueDate: at(dueIn), closesAt: closesIn === null ? null : at(closesIn) };
      const input = { courseId: course.id, title, ...dates };
      return (await teacher.mutate('createAssignment', input, 'assignment { id }')).assignment.id;
    },
  };
}

test('what an assignment pays, and that it has closed, follow the time while a page is open', async () => {
  const { create } = await givenCourse('Clocks', 'grace@demo.example');
  const home = await openAs('grace@demo.example');
  const passesAt = Date.now() + LOADS_WITHIN_MS;
  const stepId = await create('Wind it', 24 * HOUR_MS + LOADS_WITHIN_MS);
  await create('Set it', LOADS_WITHIN_MS / 2, LOADS_WITHIN_MS);
  await home.reload();
  const [list, page] = await Promise.all([openTab(home, '/assignments'), openTab(home, `/assignments/${stepId}`)]);
  const due = (title: string) => new HomePage(home).dueNext.filter({ hasText: title });
  const row = (title: string) => new MyAssignmentsPage(list).assignment(title);
  await due('Set it').waitFor();
  await due('Wind it').getByText('+60 aura now').waitFor();
  await row('Set it').getByText('Open').waitFor();
  await row('Wind it').getByText('+60', { exact: true }).waitFor();
  await page.getByText('Handing in now pays +60').waitFor();

  await until(() => Date.now() > passesAt);
  for (const each of [home, list, page]) await each.clock.fastForward(LONG_ENOUGH_MS);
  await due('Wind it').getByText('+50 aura now').waitFor();
  await due('Set it').waitFor({ state: 'detached' });
  await row('Wind it').getByText('+50', { exact: true }).waitFor();
  await row('Set it').getByText('Closed', { exact: true }).waitFor();
  expect(await row('Set it').textContent()).not.toContain('+');
  await page.getByText('Handing in now pays +50').waitFor();
});

test('who looks at a page again sees what others have done, and what is typed stays', async () => {
  const { create, teacher, studentId } = await givenCourse('Kites', 'alan@demo.example');
  const assignmentId = await create('Fold a kite', 48 * HOUR_MS);
  const page = await openAs('alan@demo.example');
  await new Header(page).goTo('Assignments');
  const list = new MyAssignmentsPage(page);
  await list.assignment('Fold a kite').waitFor();
  await create('Fly a kite', 48 * HOUR_MS);
  await lookAgain(page);
  await list.assignment('Fly a kite').waitFor();

  await list.openAssignment('Fold a kite');
  const handIn = new HandInPage(page);
  await handIn.write('First I fold');
  const extension = { dueDate: '2035-07-03T18:00:00Z', closesAt: null, note: 'You were ill.' };
  await teacher.mutate('extendDeadline', { assignmentId, studentId, ...extension, idempotencyKey: 'kite' });
  await lookAgain(page);
  await page.getByText('your teacher extended the deadline').waitFor();
  expect(await handIn.text.inputValue()).toBe('First I fold');
  expect(await handIn.text.evaluate((field) => field === document.activeElement)).toBe(true);
});

test('a page that is looked at again and again asks once in a while only', async () => {
  const page = await openAs(TEACHER);
  await page.getByRole('link', { name: 'Demo course' }).waitFor();
  let asked = 0;
  page.on('request', (request) => {
    if (request.postData()?.includes('query TaughtCourses')) asked += 1;
  });
  await lookAgain(page);
  await until(() => asked > 0);
  for (let look = 0; look < 3; look += 1) {
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.clock.fastForward(1_000);
  }
  // Whatever these would ask would have been sent before this one.
  await new Header(page).goTo('Settings');
  expect(asked).toBe(1);
});

test('a teacher who comes back to a submission reads the text as it is now, and keeps the grade that was begun', async () => {
  const { create, member, courseId } = await givenCourse('Sails', 'ada@demo.example');
  const assignmentId = await create('Sew a sail', 48 * HOUR_MS);
  const first = { assignmentId, content: 'The old text.' };
  const { submission } = await member.mutate('submitAssignment', first, 'submission { id }');
  const page = await openAs(TEACHER);
  const reading = new SubmissionPage(page);
  await page.goto(`/courses/${courseId}/assignments/${assignmentId}/submissions/${submission.id}`);
  await reading.text.getByText('The old text.').waitFor();
  await reading.gradeOf('Ada').fill('7');
  await member.mutate('reviseSubmission', { submissionId: submission.id, content: 'The new text.' });
  await lookAgain(page);
  await reading.text.getByText('The new text.').waitFor();
  expect(await reading.gradeOf('Ada').inputValue()).toBe('7');
});

test("a teacher's pages say how long ago something was, also when nothing else happens", async () => {
  const { create, member, courseId } = await givenCourse('Masts', 'ada@demo.example');
  const assignmentId = await create('Raise a mast', 48 * HOUR_MS + HOUR_MS);
  const input = { assignmentId, content: 'Slowly.' };
  const { submission } = await member.mutate('submitAssignment', input, 'submission { id }');
  const page = await openAs(TEACHER);
  for (const [path, place] of [
    ['live', page.getByRole('log')],
    ['assignments', page.getByRole('row', { name: 'Raise a mast' })],
    [`assignments/${assignmentId}`, page.getByRole('region', { name: 'Details' })],
    [`assignments/${assignmentId}/submissions/${submission.id}`, page.getByRole('region', { name: 'About it' })],
  ] as const) {
    await page.goto(`/courses/${courseId}/${path}`);
    await place
      .getByText(/ago|in 2 days|this minute/)
      .first()
      .waitFor();
    await page.route('**/graphql', (route) => route.abort());
    await page.clock.fastForward(4 * HOUR_MS);
    await place
      .getByText(/[45] hours ago|in 1 day/)
      .first()
      .waitFor();
    await page.unroute('**/graphql');
  }
});

test('who goes back to a list finds its filter and its page again', async () => {
  const { create, member, courseId } = await givenCourse('Nets', 'grace@demo.example');
  const ids: string[] = [];
  for (let net = 10; net < 62; net += 1) ids.push(await create(`Net ${net}`, net * 48 * HOUR_MS));
  const page = await openAs('grace@demo.example');
  await new Header(page).goTo('Assignments');
  const list = new MyAssignmentsPage(page);
  await list.show('To do');
  await page.getByRole('button', { name: 'Next page' }).click();
  await list.openAssignment('Net 61');
  await page.goBack();
  await list.assignment('Net 61').waitFor();
  await page.getByText('Page 2', { exact: true }).waitFor();
  expect(await page.getByLabel('Show').inputValue()).toBe('to-do');

  await member.mutate('submitAssignment', { assignmentId: ids[0], content: 'Knots.' });
  const classroom = await openAs(TEACHER);
  await classroom.goto(`/courses/${courseId}/assignments/${ids[0]}`);
  const assignment = new AssignmentPage(classroom);
  await assignment.student('Grace').waitFor();
  await assignment.show('On time');
  await (await assignment.read('Grace')).heading('Grace', 'Net 10').waitFor();
  await classroom.goBack();
  await assignment.student('Grace').waitFor();
  expect(await classroom.getByLabel('Show', { exact: true }).inputValue()).toBe('onTime');
});
