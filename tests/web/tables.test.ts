/** Tables show all their columns: on a desktop, on a phone, on paper, and whatever people call things. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { Header } from './pages/header.js';
import { SignInPage } from './pages/sign-in-page.js';
import { accessibilityProblems, goWithin, useWebClient } from './web-client.js';

const web = useWebClient();
const LONG = 'M'.repeat(200);
const DESKTOP = { width: 1_200, height: 800 };
const PHONE = { width: 390, height: 844 };

/** The addresses of the pages with tables. */
let paths: Record<'handIns' | 'student' | 'longTitles', string>;

/** Alan was late in spite of an extension, changed his text, and has a corrected reward: all that a row can show. */
beforeAll(async () => {
  const teacher = await web.apiAs('teacher@demo.example');
  const { courses } = await teacher.must(`{ courses(first: 10) { edges { node { id name
    assignments(first: 10) { edges { node { id title submissions(first: 10) { edges { node { id student { id displayName } } } } } } }
  } } } }`);
  const course = courses.edges[0].node;
  const trace = course.assignments.edges.find(
    ({ node }: { node: { title: string } }) => node.title === 'Trace a loop by hand',
  ).node;
  const { node: handedIn } = trace.submissions.edges.find(
    ({ node }: { node: { student: { displayName: string } } }) => node.student.displayName === 'Alan',
  );
  const alan = await web.apiAs('alan@demo.example');
  await alan.mutate('reviseSubmission', { submissionId: handedIn.id, content: 'Step by step, and once more.' });
  const input = { courseId: course.id, title: LONG, dueDate: '2035-07-03T18:00:00Z' };
  await teacher.mutate('createAssignment', input, 'assignment { id }');
  paths = {
    handIns: `/courses/${course.id}/assignments/${trace.id}`,
    student: `/courses/${course.id}/students/${handedIn.student.id}`,
    longTitles: `/courses/${course.id}/assignments`,
  };
});

async function openAs(email: string, name: string): Promise<Page> {
  const { page } = await web.openDevice({ viewport: DESKTOP });
  await page.goto('/');
  await new SignInPage(page).signIn(email, 'demo-password');
  await new Header(page).signedInAs(name).waitFor();
  return page;
}

async function visit(page: Page, path: string, loaded: string | RegExp): Promise<void> {
  await goWithin(page, path);
  await page.getByRole('main').getByText(loaded).first().waitFor();
}

/** The names of the tables of the page that are wider than their place. */
const cut = (page: Page): Promise<(string | null)[]> =>
  page
    .locator('.table:visible')
    .evaluateAll((tables) =>
      tables
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map((table) => table.getAttribute('aria-label')),
    );

test('on a desktop, nothing of a table is out of sight', async () => {
  const page = await openAs('teacher@demo.example', 'Demo Teacher');
  await visit(page, paths.handIns, 'Extended to');
  expect(await cut(page)).toEqual([]);
  await visit(page, paths.student, /rewards in all courses/);
  expect(await cut(page)).toEqual([]);
  await visit(page, paths.longTitles, LONG);
  expect(await cut(page)).toEqual([]);
  await page.context().close();
});

/** How many lines the dates of the page have that are written as such, at most. */
const linesOfDates = (page: Page): Promise<number> =>
  page
    .locator('time:visible')
    .evaluateAll((dates) =>
      Math.max(...dates.map((date) => new Set([...date.getClientRects()].map(({ top }) => top)).size)),
    );

test('a date breaks before its time only', async () => {
  const page = await openAs('teacher@demo.example', 'Demo Teacher');
  await visit(page, paths.student, /rewards in all courses/);
  for (const width of [1_200, 800, 390]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await linesOfDates(page)).toBeLessThanOrEqual(2);
  }
  await page.context().close();
});

test('on a phone, each row is a card with all its values, and still the row of a table', async () => {
  const page = await openAs('teacher@demo.example', 'Demo Teacher');
  await page.setViewportSize(PHONE);
  for (const [path, loaded] of [
    [paths.handIns, 'Extended to'],
    [paths.student, /rewards in all courses/],
    [paths.longTitles, LONG],
  ] as const) {
    await visit(page, path, loaded);
    expect([path, await cut(page), await accessibilityProblems(page)]).toEqual([path, [], []]);
  }
  await visit(page, paths.handIns, 'Extended to');
  const row = page.getByRole('row', { name: 'Alan' });
  expect(await row.getByRole('cell').first().evaluate(labelBefore)).toBe('"Status"');
  const roles = await page
    .locator('.table :is(table, thead, tr, th, td)')
    .evaluateAll((parts) => parts.map((part) => `${part.tagName} ${part.getAttribute('role')}`));
  expect([...new Set(roles)].sort()).toEqual([
    'TABLE table',
    'TD cell',
    'TH columnheader',
    'TH rowheader',
    'THEAD rowgroup',
    'TR row',
  ]);
  await page.context().close();
});

const labelBefore = (cell: Element): string => getComputedStyle(cell, '::before').content.split(' / ')[0]!;

test('on a phone, the headings that sort can be pressed', async () => {
  const page = await openAs('teacher@demo.example', 'Demo Teacher');
  await page.setViewportSize(PHONE);
  await page.getByRole('link', { name: 'Demo course' }).click();
  const names = page.getByRole('rowheader');
  await page.getByRole('button', { name: 'Name', exact: true }).click();
  await names.first().getByText('Katherine').waitFor();
  expect(await cut(page)).toEqual([]);
  await page.context().close();
});

test('a long word in a title leaves the list of a student in its place', async () => {
  const page = await openAs('ada@demo.example', 'Ada');
  await visit(page, '/assignments', LONG);
  expect(await cut(page)).toEqual([]);
  await page.setViewportSize(PHONE);
  expect(await cut(page)).toEqual([]);
  await page.context().close();
});

test('on paper, a table is not cut', async () => {
  const page = await openAs('teacher@demo.example', 'Demo Teacher');
  await visit(page, paths.student, /rewards in all courses/);
  await page.emulateMedia({ media: 'print' });
  const overflow = await page
    .locator('.table')
    .evaluateAll((tables) => tables.map((table) => getComputedStyle(table).overflowX));
  expect([...new Set(overflow)]).toEqual(['visible']);
  expect(await page.getByRole('button', { name: 'Sign out' }).isVisible()).toBe(false);
  await page.context().close();
});
