/** Answers that come when the person or the class has gone on. */
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { holdAnswer } from './held-answers.js';
import { AssignmentsPage } from './pages/assignments-page.js';
import { CoursesPage } from './pages/courses-page.js';
import { Header } from './pages/header.js';
import { HomePage } from './pages/home-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { useWebClient } from './web-client.js';

const client = useWebClient();
const TEACHER = 'teacher@demo.example';

async function openAs(email: string, heading: string): Promise<{ page: Page; header: Header }> {
  const { page } = await client.openDevice();
  await page.goto('/');
  await new SignInPage(page).signIn(email, 'demo-password');
  await page.getByRole('heading', { level: 1, name: heading }).waitFor();
  return { page, header: new Header(page) };
}

const pathOf = (page: Page): string => new URL(page.url()).pathname;

test('a student who joins a course and goes to another page stays there, and sees the course', async () => {
  const teacher = await client.apiAs(TEACHER);
  const { course } = await teacher.mutate('createCourse', { name: 'Knots' }, 'course { id joinCode }');
  await teacher.mutate('createAssignment', { courseId: course.id, title: 'Tie one', dueDate: '2035-07-03T18:00:00Z' });
  const { page, header } = await openAs('ada@demo.example', 'Home');
  const { release } = await holdAnswer(page, 'mutation JoinCourse');
  await new HomePage(page).joinCourse(course.joinCode);
  await header.goTo('Assignments');
  release();
  await header.notice('You have joined Knots.').waitFor();
  expect(pathOf(page)).toBe('/assignments');
  await page.getByRole('link', { name: 'Tie one' }).waitFor();
  await page.context().close();
});

test.each([
  {
    does: 'creates',
    operation: 'mutation CreateAssignment',
    send: (page: AssignmentsPage) => page.createAssignment({ title: 'Weave', due: '2035-07-03T18:00' }),
    notice: 'Weave is created.',
  },
  {
    does: 'changes',
    operation: 'mutation UpdateAssignment',
    send: async (page: AssignmentsPage) => (await page.openAssignment('Find a bug')).change({ title: 'Find two bugs' }),
    notice: 'Find two bugs is changed.',
  },
])('a teacher who $does an assignment and goes to the roster keeps the note that is written there', async (act) => {
  const { page, header } = await openAs(TEACHER, 'Courses');
  const roster = await new CoursesPage(page).openCourse('Demo course');
  await roster.tabs.goTo('Assignments');
  const { release } = await holdAnswer(page, act.operation);
  await act.send(new AssignmentsPage(page));
  await roster.tabs.goTo('Roster');
  await roster.choose('Grace');
  const note = (await roster.giveBonus()).dialog.getByLabel('Why');
  await note.fill('She helped with the looms');
  release();
  await header.notice(act.notice).waitFor();
  expect(pathOf(page)).toMatch(/^\/courses\/\w+$/);
  expect(await note.inputValue()).toBe('She helped with the looms');
  await page.context().close();
});

test('a teacher who creates a course and goes back to the courses stays there, and sees it', async () => {
  const { page, header } = await openAs(TEACHER, 'Courses');
  const { release } = await holdAnswer(page, 'mutation CreateCourse');
  const courses = new CoursesPage(page);
  await courses.createCourse('Looms');
  await header.goTo('Courses');
  await page.getByRole('link', { name: 'Demo course' }).waitFor();
  release();
  await header.notice('Looms is created.').waitFor();
  expect(pathOf(page)).toBe('/');
  await courses.course('Looms').waitFor();
  await page.context().close();
});

test('a page that is told of a reward while it loads does not show the points of before', async () => {
  const ada = await client.apiAs('ada@demo.example');
  const { courses } = await ada.must('{ courses { edges { node { assignments { edges { node { id title } } } } } } }');
  const assignments: { node: { id: string; title: string } }[] = courses.edges.flatMap(
    ({ node }: { node: { assignments: { edges: [] } } }) => node.assignments.edges,
  );
  const { page, header } = await openAs('ada@demo.example', 'Home');
  await header.goTo('Settings');
  await page.getByText('Your rewards and timer arrive by themselves.').waitFor();
  const { isThere, release } = await holdAnswer(page, 'query Home');
  await header.goTo('Home');
  await isThere;
  const asksAgain = page.waitForRequest((request) => request.postData()?.includes('query Home(') === true);
  const { id } = assignments.find(({ node }) => node.title === 'Read a proof')!.node;
  await ada.mutate('submitAssignment', { assignmentId: id, content: 'The third step.', idempotencyKey: 'late' });
  await asksAgain;
  release();
  await page.getByText('100 aura', { exact: true }).waitFor();
  await page.context().close();
});
