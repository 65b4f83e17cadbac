/** The pages of a course say which course it is, where in it one is, and what is special about what they show. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { ClassFeedPage } from './pages/class-feed-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { SubmissionPage } from './pages/submission-page.js';
import { goWithin, useWebClient } from './web-client.js';

const web = useWebClient();

let course: string;
let assignment: string;
/** What Alan handed in late, in spite of an extension. */
let submission: { id: string; student: { id: string; displayName: string } };

beforeAll(async () => {
  const teacher = await web.apiAs('teacher@demo.example');
  const { courses } = await teacher.must(`{ courses(first: 1) { edges { node { id
    assignments(first: 10) { edges { node { id title submissions(first: 10) { edges { node { id student { id displayName } } } } } } }
  } } } }`);
  const { node } = courses.edges[0];
  course = `/courses/${node.id}`;
  const { node: trace } = node.assignments.edges.find(
    (edge: { node: { title: string } }) => edge.node.title === 'Trace a loop by hand',
  );
  assignment = `${course}/assignments/${trace.id}`;
  submission = trace.submissions.edges.find(
    (edge: { node: typeof submission }) => edge.node.student.displayName === 'Alan',
  ).node;
});

async function openAsTeacher(path: string): Promise<Page> {
  const { page } = await web.openDevice();
  await page.goto(path);
  await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
  return page;
}

test('every page of a course names it, and marks its section', async () => {
  const page = await openAsTeacher('/');
  await page.getByRole('link', { name: 'Demo course' }).waitFor();
  for (const [path, tab, current] of [
    [course, 'Roster', 'page'],
    [`${course}/students/${submission.student.id}`, 'Roster', 'true'],
    [`${course}/assignments`, 'Assignments', 'page'],
    [`${course}/assignments/new`, 'Assignments', 'true'],
    [assignment, 'Assignments', 'true'],
    [`${assignment}/change`, 'Assignments', 'true'],
    [`${assignment}/submissions/${submission.id}`, 'Assignments', 'true'],
    [`${course}/live`, 'Live', 'page'],
    [`${course}/charts`, 'Charts', 'page'],
  ] as const) {
    await goWithin(page, path);
    await page.locator('nav [aria-current]', { hasText: tab }).waitFor();
    await page.getByText('Course: Demo course', { exact: true }).waitFor();
    const marks = await page
      .locator('nav [aria-current]')
      .evaluateAll((links) => links.map((link) => `${link.textContent} ${link.getAttribute('aria-current')}`));
    expect([path, marks]).toEqual([path, ['Courses true', `${tab} ${current}`]]);
  }
  await page.context().close();
});

test('a submission says that its student has an extension, beside the date of everybody', async () => {
  const page = await openAsTeacher(`${assignment}/submissions/${submission.id}`);
  const { about } = new SubmissionPage(page);
  await about.getByText(/, extended\. For everybody else: /).waitFor();
  await page.context().close();
});

test('the feed tells what was handed in from what was graded and extended', async () => {
  const page = await openAsTeacher(`${course}/live`);
  const { rewards } = new ClassFeedPage(page);
  const about = (reason: string) =>
    rewards.filter({ hasText: `${reason}:` }).filter({ has: page.getByRole('link', { name: 'Trace a loop by hand' }) });
  await about('Deadline extended').first().waitFor();
  await about('Assignment handed in').first().waitFor();
  await page.context().close();
});
