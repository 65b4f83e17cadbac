/** Dates in forms: typed by half, which the browser hands over as an empty field, and not touched at all. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import type { Client } from '../support/client.js';
import { AssignmentPage } from './pages/assignment-page.js';
import { AssignmentsPage } from './pages/assignments-page.js';
import type { FormOnPage } from './pages/form-on-page.js';
import { LatestActs } from './pages/latest-acts.js';
import { SignInPage } from './pages/sign-in-page.js';
import { useWebClient } from './web-client.js';

const web = useWebClient();
const UNFINISHED = 'Enter the whole date with its time';
let teacher: Client;
let courseId: string;

beforeAll(async () => {
  teacher = await web.apiAs('teacher@demo.example');
  const { course } = await teacher.mutate('createCourse', { name: 'Calendars' }, 'course { id joinCode }');
  courseId = course.id;
  await (await web.apiAs('ada@demo.example')).mutate('joinCourse', { joinCode: course.joinCode });
});

async function given(title: string): Promise<string> {
  const dates = { dueDate: '2035-07-03T18:00:45Z', closesAt: '2035-07-10T18:00:45Z' };
  const { assignment } = await teacher.mutate('createAssignment', { courseId, title, ...dates }, 'assignment { id }');
  return assignment.id;
}

async function openAsTeacher(path: string): Promise<Page> {
  const { page } = await web.openDevice({ timezoneId: 'UTC', locale: 'en-US' });
  await page.goto(`/courses/${courseId}/assignments${path}`);
  await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
  return page;
}

/** Types a day and no time. */
async function typeDay(field: Locator): Promise<void> {
  await field.focus();
  await field.page().keyboard.type('12242035');
  expect(await isUnfinished(field)).toBe(true);
}

/** Takes the hour out of a whole date. */
async function takeHourOut(field: Locator): Promise<void> {
  await field.focus();
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'Backspace']) await field.page().keyboard.press(key);
  expect(await isUnfinished(field)).toBe(true);
}

const isUnfinished = (field: Locator) => field.evaluate((input: HTMLInputElement) => input.validity.badInput);

/** Begins an extension of a new assignment for Ada. */
async function extendForAda(title: string) {
  const id = await given(title);
  const page = await openAsTeacher(`/${id}`);
  const { dialog, form } = await new AssignmentPage(page).extend('Ada');
  await dialog.getByLabel('Why').fill('She was ill.');
  return { id, page, dialog, form };
}

async function isRefused(form: FormOnPage, button: string): Promise<void> {
  await form.send(button);
  await form.problems.getByText('There is a problem with 1 field').waitFor();
  expect(await form.problemAt('Closes')).toBe(UNFINISHED);
}

test('a date that is typed by half is refused where an assignment is created', async () => {
  const page = await openAsTeacher('/new');
  const assignments = new AssignmentsPage(page);
  await assignments.fill({ title: 'Count the days', due: '2035-07-03T18:00' });
  await typeDay(page.getByLabel('Closes'));
  await isRefused(assignments.form, 'Create assignment');
  const { course } = await teacher.must(
    'query ($id: ID!) { course(id: $id) { assignments(first: 50) { edges { node { title } } } } }',
    { id: courseId },
  );
  expect(JSON.stringify(course)).not.toContain('Count the days');
  await page.context().close();
});

test('a date that is typed by half is refused where an assignment is changed, and its close date stays', async () => {
  const id = await given('Name the months');
  const page = await openAsTeacher(`/${id}/change`);
  await takeHourOut(page.getByLabel('Closes'));
  await isRefused(new AssignmentsPage(page).form, 'Save changes');
  const { assignment } = await teacher.must('query ($id: ID!) { assignment(id: $id) { closesAt } }', { id });
  expect(assignment.closesAt).toBe('2035-07-10T18:00:45.000Z');
  await page.context().close();
});

test('a date that is typed by half is refused where a deadline is extended', async () => {
  const { id, page, dialog, form } = await extendForAda('Draw a sundial');
  await takeHourOut(dialog.getByLabel('Closes'));
  await isRefused(form, 'Extend');
  const { assignment } = await teacher.must(
    'query ($id: ID!) { assignment(id: $id) { extensions { edges { node { closesAt } } } } }',
    { id },
  );
  expect(assignment.extensions.edges).toEqual([]);
  await page.context().close();
});

test('an extension whose dates nobody touched has the dates of the assignment, with their seconds', async () => {
  const { id, page, form } = await extendForAda('Build a clock');
  await form.send('Extend');
  await new LatestActs(page).said('Ada has until').waitFor();
  const { assignment } = await teacher.must(
    'query ($id: ID!) { assignment(id: $id) { extensions { edges { node { dueDate closesAt } } } } }',
    { id },
  );
  const dates = { dueDate: '2035-07-03T18:00:45.000Z', closesAt: '2035-07-10T18:00:45.000Z' };
  expect(assignment.extensions.edges).toEqual([{ node: dates }]);
  await page.context().close();
});
