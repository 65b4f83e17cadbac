/** A course and an assignment have no request key: when an answer is lost, the page sees to it that there is one only. */
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { AssignmentPage } from './pages/assignment-page.js';
import { AssignmentsPage } from './pages/assignments-page.js';
import { CoursesPage } from './pages/courses-page.js';
import { RosterPage } from './pages/roster-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { useWebClient } from './web-client.js';

const web = useWebClient();
const LOST = 'It may have been created: look at the list before you send again.';

async function openAsTeacher(path: string): Promise<Page> {
  const { page } = await web.openDevice({ timezoneId: 'UTC' });
  await page.goto(path);
  await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
  return page;
}

/** The first answer to this mutation is lost. @param isExecuted whether the server has done it */
async function loseFirst(page: Page, mutation: string, isExecuted: boolean): Promise<void> {
  let isLost = false;
  await page.route('**/graphql', async (route) => {
    if (isLost || !route.request().postData()?.includes(`mutation ${mutation}(`)) return route.fallback();
    isLost = true;
    if (isExecuted) await route.fetch();
    return route.abort();
  });
}

const coursesNamed = async (name: string): Promise<number> => {
  const teacher = await web.apiAs('teacher@demo.example');
  const { courses } = await teacher.must('{ courses(first: 100) { edges { node { name } } } }');
  return courses.edges.filter(({ node }: { node: { name: string } }) => node.name === name).length;
};

test.each([
  { name: 'Weather', isExecuted: true },
  { name: 'Climate', isExecuted: false },
])('a course whose answer was lost is there once after a second press (it was created: $isExecuted)', async (given) => {
  const { name, isExecuted } = given;
  // A course of the same name that was there before is not the one.
  const teacher = await web.apiAs('teacher@demo.example');
  await teacher.mutate('createCourse', { name });
  const page = await openAsTeacher('/');
  await loseFirst(page, 'CreateCourse', isExecuted);
  const courses = new CoursesPage(page);
  await courses.createCourse(name);
  await courses.form.problems.getByText(LOST).waitFor();
  expect(await courses.form.problems.getByRole('link', { name: 'All courses' }).getAttribute('href')).toBe('/');
  await courses.form.send('Create course');
  await new RosterPage(page).heading(name).waitFor();
  expect(await coursesNamed(name)).toBe(2);
  await page.context().close();
});

test('an assignment whose answer was lost is there once after a second press', async () => {
  const teacher = await web.apiAs('teacher@demo.example');
  const { course } = await teacher.mutate('createCourse', { name: 'Tides' }, 'course { id }');
  const page = await openAsTeacher(`/courses/${course.id}/assignments`);
  await loseFirst(page, 'CreateAssignment', true);
  await page.getByRole('heading', { level: 1, name: 'Assignments of Tides' }).waitFor();
  const assignments = new AssignmentsPage(page);
  await assignments.createAssignment({ title: 'Draw the moon', due: '2035-07-03T18:00' });
  await assignments.form.problems.getByText(LOST).waitFor();
  await assignments.form.problems.getByRole('link', { name: 'All assignments of the course' }).waitFor();
  await assignments.form.send('Create assignment');
  await new AssignmentPage(page).heading('Draw the moon').waitFor();
  const { course: after } = await teacher.must(
    'query ($id: ID!) { course(id: $id) { assignments { edges { node { title } } } } }',
    { id: course.id },
  );
  expect(after.assignments.edges).toEqual([{ node: { title: 'Draw the moon' } }]);
  await page.context().close();
});

test('where nothing was sent, the page does not say that it may have been created', async () => {
  const page = await openAsTeacher('/courses/new');
  await page.getByLabel('Name of the course').fill('Clouds');
  await page.route('**/graphql', (route) => route.abort());
  const { form } = new CoursesPage(page);
  await form.send('Create course');
  await form.problems.getByText('check your connection and send it again').waitFor();
  await page.context().close();
});
