import { beforeAll, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { AccountModel, type AccountRecord } from '../../src/storage/models/account.js';
import { givenStudent } from '../support/given.js';
import { cuttableSockets } from './cuttable-sockets.js';
import { ClassFeedPage } from './pages/class-feed-page.js';
import { CoursesPage } from './pages/courses-page.js';
import { FormOnPage } from './pages/form-on-page.js';
import { Header } from './pages/header.js';
import { pressIfThere } from './pages/press-if-there.js';
import { RosterPage } from './pages/roster-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import {
  accessibilityProblems,
  goWithin,
  MANY_PAGES_WITHIN_MS,
  problemsInEachLook,
  useWebClient,
} from './web-client.js';

const client = useWebClient();
const TEACHER = { email: 'teacher@demo.example', password: 'demo-password' };

/** The ids of things in the demonstration class. */
let ids: Record<'course' | 'grace' | 'trace' | 'findABug' | 'submission' | 'emptyCourse', string>;

beforeAll(async () => {
  const teacher = await client.apiAs(TEACHER.email);
  const emptyCourse = await teacher.mutate('createCourse', { name: 'An empty course' }, 'course { id }');
  const { courses } = await teacher.must(`{ courses(first: 10) { edges { node { id name
    students(first: 10) { edges { node { id displayName } } }
    assignments(first: 10) { edges { node { id title submissions(first: 10) { edges { node { id student { displayName } } } } } } }
  } } } }`);
  const named = (edges: { node: Record<string, string> }[], name: string) =>
    edges.map(({ node }) => node).find((node) => [node.name, node.displayName, node.title].includes(name)) as never as {
      id: string;
    };
  const course = named(courses.edges, 'Demo course') as never as {
    id: string;
    students: { edges: [] };
    assignments: { edges: [] };
  };
  const trace = named(course.assignments.edges, 'Trace a loop by hand') as never as {
    id: string;
    submissions: { edges: [{ node: { id: string } }] };
  };
  ids = {
    course: course.id,
    grace: named(course.students.edges, 'Grace').id,
    trace: trace.id,
    findABug: named(course.assignments.edges, 'Find a bug').id,
    submission: trace.submissions.edges[0].node.id,
    emptyCourse: emptyCourse.course.id,
  };
});

/** Every page of a teacher, and the text that says that it is loaded. */
const routes = (): (readonly [string, string | RegExp])[] => {
  const course = `/courses/${ids.course}`;
  const empty = `/courses/${ids.emptyCourse}`;
  const assignment = `${course}/assignments/${ids.trace}`;
  return [
    ['/', 'An empty course'],
    ['/courses/new', 'Name of the course'],
    [course, 'Katherine'],
    [empty, 'Nobody has joined yet.'],
    [`${course}/students/${ids.grace}`, /rewards in all courses/],
    [`${course}/assignments`, 'Find a bug'],
    [`${empty}/assignments`, 'This course has no assignment yet.'],
    [`${course}/assignments/new`, 'Instructions'],
    [assignment, 'Katherine'],
    [`${assignment}/change`, /New dates change neither/],
    [`${assignment}/submissions/${ids.submission}`, '1 of 3'],
    [`${course}/live`, 'New rewards appear by themselves.'],
    [`${empty}/live`, 'Nobody has joined yet.'],
    [`${course}/charts`, /Somebody was active on/],
    [`${empty}/charts`, 'Nobody has joined yet.'],
    [`/courses/${'0'.repeat(24)}`, 'There is nothing at this address'],
    ['/courses/none/such', 'The address may have a typing error'],
    ['/settings', 'Your students see it.'],
    ['/not-sent', 'Everything that you have sent has reached the server.'],
  ];
};

async function openAsTeacher(path: string, options?: BrowserContextOptions) {
  const device = await client.openDevice(options);
  await device.page.goto(path);
  await new SignInPage(device.page).signIn(TEACHER.email, TEACHER.password);
  await new Header(device.page).signedInAs('Demo Teacher').waitFor();
  return device;
}

async function visit(page: Page, path: string, loaded: string | RegExp): Promise<void> {
  await goWithin(page, path);
  await page.getByRole('main').getByText(loaded).first().waitFor();
}

test(
  'every page of a teacher is accessible in each look, and fits each screen',
  async () => {
    const { page, complaints } = await openAsTeacher('/', { reducedMotion: 'reduce' });
    for (const [path, loaded] of routes()) {
      await visit(page, path, loaded);
      expect([path, await problemsInEachLook(page, 640)]).toEqual([path, []]);
    }
    await visit(page, `/courses/${ids.course}`, 'Katherine');
    await new RosterPage(page).showQrCode();
    await page.getByRole('img', { name: /^QR code of/ }).waitFor();
    expect(await problemsInEachLook(page, 640)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  },
  MANY_PAGES_WITHIN_MS,
);

test('by keyboard alone, a teacher finds a late submission and reads the next one', async () => {
  const { page } = await openAsTeacher('/');
  await page.getByRole('link', { name: 'Demo course' }).waitFor();
  await tabTo(page, 'Demo course');
  await page.keyboard.press('Enter');
  await focusedHeading(page, 'Roster of Demo course');
  await tabTo(page, 'Assignments');
  await page.keyboard.press('Enter');
  await focusedHeading(page, 'Assignments of Demo course');
  await tabTo(page, 'Trace a loop by hand');
  await page.keyboard.press('Enter');
  await focusedHeading(page, 'Trace a loop by hand');
  await tabTo(page, 'SELECT');
  await page.keyboard.type('Late');
  await page.getByRole('row').nth(2).waitFor({ state: 'detached' });
  await tabTo(page, /^Read:\s/);
  await page.keyboard.press('Enter');
  await focusedHeading(page, 'Alan: Trace a loop by hand');
  // The keys act when the page knows which submissions there are.
  await page.getByText('1 of 3').waitFor();
  await page.keyboard.press('n');
  await focusedHeading(page, 'Grace: Trace a loop by hand');
  await page.getByText('2 of 3').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Tab');
  await tabTo(page, 'INPUT');
  await page.keyboard.press('Space');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // Single keys are off now, and the buttons still work.
  await page.keyboard.press('n');
  await tabTo(page, 'Next submission');
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Grace: Trace a loop by hand');
  await page.keyboard.press('Enter');
  await focusedHeading(page, 'Katherine: Trace a loop by hand');
  await page.context().close();
});

test('a class of 130 students is sorted, searched and downloaded as a whole, and shown in pages', async () => {
  const teacher = await client.apiAs(TEACHER.email);
  const { course } = await teacher.mutate('createCourse', { name: 'A large course' }, 'course { id }');
  const courseIds = [new Types.ObjectId(course.id as string)];
  const accounts: AccountRecord[] = [];
  for (let index = 1; index <= 130; index += 1) {
    const auraPoints = index === 77 ? 5_000 : index;
    const _id = await givenStudent({ displayName: `Student ${index}`, auraPoints, courseIds });
    const email = `student-${index}@school.example`;
    accounts.push({ _id, email, passwordHash: 'none', role: 'STUDENT', displayName: null, createdAt: new Date(0) });
  }
  await AccountModel.collection.insertMany(accounts);
  const { page } = await openAsTeacher(`/courses/${course.id}`);
  const roster = new RosterPage(page);
  await page.getByRole('heading', { name: '130 students' }).waitFor();
  expect((await roster.names()).slice(0, 3)).toEqual(['Student 1', 'Student 2', 'Student 3']);
  expect(await roster.names()).toHaveLength(25);
  await page.getByText('Page 1 of 6').waitFor();
  await roster.sortBy('Aura');
  await page.waitForFunction(() => document.querySelector('tbody th')?.textContent === 'Student 77');
  expect((await roster.names()).slice(0, 2)).toEqual(['Student 77', 'Student 130']);
  await page.getByRole('button', { name: 'Next page' }).click();
  // The next page is seen from its first row on.
  expect((await roster.table.locator('caption').boundingBox())!.y).toBeGreaterThanOrEqual(0);
  for (let press = 0; press < 4; press += 1) await page.getByRole('button', { name: 'Next page' }).click();
  await page.getByText('Page 6 of 6').waitFor();
  expect((await roster.names()).at(-1)).toBe('Student 1');
  // Going back from a student finds the same page of the same order.
  await roster.openStudent('Student 1');
  await page.goBack();
  await page.getByText('Page 6 of 6').waitFor();
  await roster.search('student 12');
  await page.getByText('12 of 130').waitFor();
  expect((await roster.names())[0]).toBe('Student 129');
  const { bytes } = await roster.download();
  expect(bytes.toString('utf8').trimEnd().split('\r\n')).toHaveLength(131);
  await page.context().close();
});

describe('what can go wrong', () => {
  test('a search without a match says so and is cleared', async () => {
    const { page } = await openAsTeacher(`/courses/${ids.course}`);
    const roster = new RosterPage(page);
    await roster.search('nobody of this name');
    await page.getByText('No student matches “nobody of this name”.').waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    expect(await roster.names()).toHaveLength(5);
    await page.context().close();
  });

  test('a form says at each field what is missing, and keeps the input', async () => {
    const { page } = await openAsTeacher(`/courses/${ids.course}/assignments/new`);
    const form = new FormOnPage(page);
    await page.getByLabel('Instructions').fill('Kept');
    await form.send('Create assignment');
    await form.problems.getByText('There are problems with 2 fields').waitFor();
    expect(await form.problemAt('Title')).toBe('Enter a title');
    expect(await form.problemAt('Due')).toBe('Enter a date and a time');
    await page.getByLabel('Title').fill('x'.repeat(201));
    await page.getByLabel('Due').fill('2035-07-03T18:00');
    await page.getByLabel('Closes').fill('2035-07-02T18:00');
    await form.send('Create assignment');
    await form.problems.getByText('There is a problem with 1 field').waitFor();
    expect(await form.problemAt('Closes')).toBe('Enter a time that is not before the due date');
    await page.getByLabel('Closes').fill('');
    await form.send('Create assignment');
    await page.waitForFunction(() => document.querySelector('[role=alert]')?.textContent?.includes('200'));
    expect(await form.problemAt('Title')).toMatch(/200/);
    expect(await page.getByLabel('Instructions').inputValue()).toBe('Kept');
    await page.context().close();
  });

  test('instructions that were not saved survive a reload, and can be discarded', async () => {
    const path = `/courses/${ids.course}/assignments/${ids.trace}/change`;
    const { page } = await openAsTeacher(path);
    const saved = await page.getByLabel('Instructions').inputValue();
    await page.getByLabel('Instructions').fill('Half a thought');
    // Also without the server, from what is kept.
    await page.route('**/graphql', (route) => route.abort());
    await page.reload();
    await page.getByText('You wrote this earlier and did not save it.').waitFor();
    expect(await page.getByLabel('Instructions').inputValue()).toBe('Half a thought');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('button', { name: 'Discard it' }).click();
    expect(await page.getByLabel('Instructions').inputValue()).toBe(saved);
    expect(saved).not.toBe('');
    await page.reload();
    await page.getByLabel('Instructions').waitFor();
    expect(await page.getByLabel('Instructions').inputValue()).toBe(saved);
    await page.context().close();
  });

  test('what was discarded stays so, although the page is reloaded in the same moment', async () => {
    const { page } = await openAsTeacher(`/courses/${ids.course}/assignments/${ids.trace}/change`);
    const instructions = page.getByLabel('Instructions');
    const saved = await instructions.inputValue();
    await instructions.fill('Half a thought');
    await page.reload();
    const discard = page.getByRole('button', { name: 'Discard it' });
    await discard.waitFor();
    // On a slow device the answers of the browser's storage come after the page has gone.
    await (await page.context().newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: 10 });
    await discard.evaluate((button: HTMLElement) => {
      button.click();
      window.location.reload();
    });
    await discard.waitFor({ state: 'detached' });
    await instructions.waitFor();
    expect(await instructions.inputValue()).toBe(saved);
    await page.context().close();
  });

  test('the name of a course that the server refuses is kept, with its words at the field', async () => {
    const { page } = await openAsTeacher('/');
    const courses = new CoursesPage(page);
    await courses.createCourse('x'.repeat(201));
    await courses.form.problems.waitFor();
    expect(await courses.form.problemAt('Name of the course')).toMatch(/200/);
    expect(await page.getByLabel('Name of the course').inputValue()).toHaveLength(201);
    await page.context().close();
  });

  test('a failure says so with its request id, and another try succeeds', async () => {
    const { page } = await openAsTeacher('/');
    await page.getByRole('link', { name: 'Demo course' }).waitFor();
    await page.route('**/graphql', (route) =>
      route.fulfill({
        status: 200,
        contentType: 'application/graphql-response+json',
        body: JSON.stringify({
          errors: [
            {
              message: 'The server failed.',
              path: ['course'],
              extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'a1b2c3' },
            },
          ],
          data: null,
        }),
      }),
    );
    await visit(page, `/courses/${ids.course}`, 'This could not be loaded');
    await page.getByText('Request a1b2c3').waitFor();
    await page.unroute('**/graphql');
    await pressIfThere(page, 'Try again');
    expect(await new RosterPage(page).names()).toHaveLength(5);
    await page.context().close();
  });

  test('without the server, a page that was seen is shown with its time, also after a reload', async () => {
    const { page } = await openAsTeacher(`/courses/${ids.course}`);
    const roster = new RosterPage(page);
    expect(await roster.names()).toHaveLength(5);
    await page.route('**/graphql', (route) => route.abort());
    await page.reload();
    await page.getByText(/The server does not answer\. As of \d\d:\d\d/).waitFor();
    expect(await roster.names()).toHaveLength(5);
    await page.unroute('**/graphql');
    await pressIfThere(page, 'Try again');
    await page.getByText(/The server does not answer\. As of/).waitFor({ state: 'detached' });
    await page.context().close();
  });

  test('what is paid while the socket is lost arrives once, when it is back', async () => {
    const { page } = await client.openDevice();
    const sockets = await cuttableSockets(page);
    await page.goto(`/courses/${ids.course}/live`);
    await new SignInPage(page).signIn(TEACHER.email, TEACHER.password);
    const feed = new ClassFeedPage(page);
    await feed.isLive.waitFor();
    const alan = await client.apiAs('alan@demo.example');
    await sockets.cut();
    await feed.isNotLive.waitFor();
    await alan.mutate('submitAssignment', { assignmentId: ids.findABug, content: 'By reading it again.' });
    sockets.mend();
    await feed.isLive.waitFor();
    const link = page.getByRole('log').getByRole('link', { name: 'Find a bug' });
    await link.first().waitFor();
    await feed.newestOf('Alan').getByRole('link', { name: 'Find a bug' }).waitFor();
    await page.waitForTimeout(1_500);
    expect(await link.count()).toBe(1);
    await page.context().close();
  });

  test('without a live connection, the feed says as of when, and still follows', async () => {
    const device = await client.openDevice();
    const { page } = device;
    await page.routeWebSocket('**/graphql', (socket) => socket.close({ code: 1006 }));
    await page.goto(`/courses/${ids.course}/live`);
    await new SignInPage(page).signIn(TEACHER.email, TEACHER.password);
    const feed = new ClassFeedPage(page);
    await feed.isNotLive.waitFor();
    await page.getByText(/As of \d\d:\d\d/).waitFor();
    await feed.newestOf('Grace').waitFor();
    const edsger = await client.apiAs('edsger@demo.example');
    await edsger.mutate('submitAssignment', { assignmentId: ids.trace, content: 'Step by step.' });
    await page.getByRole('button', { name: 'Load again' }).click();
    await feed.newestOf('Edsger').getByRole('link', { name: 'Trace a loop by hand' }).waitFor();
    await page.context().close();
  });
});

/** Presses Tab until the focus is on what has this text, or on such an element. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let press = 0; press < 60; press += 1) {
    const focused = await page.evaluate(() => [
      document.activeElement?.textContent ?? '',
      document.activeElement?.tagName ?? '',
    ]);
    if (focused.some((text) => (typeof name === 'string' ? text === name : name.test(text)))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`"${name}" is not reached by the keyboard.`);
}

async function focusedHeading(page: Page, name: string): Promise<void> {
  await page.waitForFunction(
    (text) => document.activeElement?.tagName === 'H1' && document.activeElement.textContent === text,
    name,
  );
}
