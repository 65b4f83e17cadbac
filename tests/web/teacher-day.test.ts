import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { until } from '../support/until.js';
import { AssignmentsPage } from './pages/assignments-page.js';
import { ClassFeedPage } from './pages/class-feed-page.js';
import { CoursesPage } from './pages/courses-page.js';
import { Header } from './pages/header.js';
import { SignInPage } from './pages/sign-in-page.js';
import { useWebClient } from './web-client.js';

const client = useWebClient();
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

async function signInAsTeacher(page: Page): Promise<CoursesPage> {
  await page.goto('/');
  await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
  await page.getByRole('heading', { level: 1, name: 'Courses' }).waitFor();
  return new CoursesPage(page);
}

test("a teacher's whole day", async () => {
  const { page, complaints, outsideRequests } = await client.openDevice({
    permissions: ['clipboard-read', 'clipboard-write'],
    timezoneId: 'Europe/Berlin',
  });
  const header = new Header(page);
  const courses = await signInAsTeacher(page);

  // A new course, and its join code.
  const emptyRoster = await courses.createCourse('Analytical engines');
  await emptyRoster.heading('Analytical engines').waitFor();
  await header.notice('Analytical engines is created.').waitFor();
  await page.getByText('Nobody has joined yet.').waitFor();
  const joinCode = (await emptyRoster.joinCode.textContent())!;
  await emptyRoster.copyJoinCode();
  await header.notice('The join code is copied.').waitFor();
  expect(await clipboard(page)).toBe(joinCode);
  await emptyRoster.copyJoinLink();
  await header.notice('The join link is copied.').waitFor();
  expect(await clipboard(page)).toBe(`${client.url}/?join=${joinCode}`);
  const qrCode = await emptyRoster.showQrCode();
  await qrCode.getByRole('img', { name: `QR code of ${client.url}/?join=${joinCode}` }).waitFor();
  await qrCode.getByRole('button', { name: 'Close' }).click();

  // An assignment, created and then changed.
  await emptyRoster.tabs.goTo('Assignments');
  const assignments = new AssignmentsPage(page);
  await page.getByText('This course has no assignment yet.').waitFor();
  const created = await assignments.createAssignment({
    title: 'Punch a card',
    instructions: 'One hole at a time.\n  Count them.',
    due: '2035-07-03T18:00',
  });
  await created.heading('Punch a card').waitFor();
  await created.details.getByText('Tue, 3 Jul 2035, 18:00 CEST').waitFor();
  await created.details.getByText('Count them.').waitFor();
  await created.handIns.getByText('Nobody has joined the course yet').waitFor();
  await created.change({ title: 'Punch two cards', closes: '2035-07-10T18:00' });
  await created.heading('Punch two cards').waitFor();
  await header.notice('Punch two cards is changed.').waitFor();
  await created.details.getByText('Tue, 10 Jul 2035, 18:00 CEST').waitFor();
  const ada = await client.apiAs('ada@demo.example');
  expect(await ada.mutate('joinCourse', { joinCode }, 'course { name }')).toMatchObject({
    course: { name: 'Analytical engines' },
  });

  // The roster of the demonstration class: sort, search, and one student.
  await header.goTo('Courses');
  const roster = await courses.openCourse('Demo course');
  expect(await roster.names()).toEqual(['Ada', 'Alan', 'Edsger', 'Grace', 'Katherine']);
  await roster.sortBy('Focus');
  expect((await roster.names())[0]).toBe('Katherine');
  await roster.sortBy('Focus');
  expect((await roster.names()).at(-1)).toBe('Katherine');
  await roster
    .student('Grace')
    .getByRole('img', { name: /^[\d,]+ aura in 14 days$/ })
    .waitFor();
  await roster.search('grace@');
  await page.getByText('1 of 5').waitFor();
  expect(await roster.names()).toEqual(['Grace']);
  await roster.openStudent('Grace');
  await page.getByRole('img', { name: /^Level \d+, \d+ of \d+ xp$/ }).waitFor();
  await page.getByRole('figure', { name: /minutes of focus in 30 days/ }).waitFor();
  const submissions = page.getByRole('table', { name: 'Submissions, newest first' });
  await submissions.waitFor();
  expect(await submissions.getByRole('row').count()).toBe(5);
  await page.getByRole('table', { name: /rewards in all courses/ }).waitFor();
  await page.goBack();
  expect(await roster.names()).toEqual(['Grace']);

  // Both files.
  const rosterFile = await roster.download();
  expect(rosterFile.name).toMatch(/^demo-course-roster-\d{4}-\d\d-\d\d\.csv$/);
  expect(rosterFile.bytes.subarray(0, 3)).toEqual(BYTE_ORDER_MARK);
  const rosterLines = rosterFile.bytes.subarray(3).toString('utf8').split('\r\n');
  expect(rosterLines[0]).toMatch(/^Name,E-mail address,Level,/);
  expect(rosterLines.slice(1).map((line) => line.split(',').slice(0, 2))).toEqual([
    ...['Ada', 'Alan', 'Edsger', 'Grace', 'Katherine'].map((name) => [name, `${name.toLowerCase()}@demo.example`]),
    [''],
  ]);

  await roster.tabs.goTo('Assignments');
  const trace = await assignments.openAssignment('Trace a loop by hand');
  await trace.handIns.getByText('3 handed in, 1 of them late. Nothing yet from 2.').waitFor();
  const file = await trace.download();
  expect(file.name).toMatch(/^trace-a-loop-by-hand-\d{4}-\d\d-\d\d\.csv$/);
  expect(file.bytes.subarray(0, 3)).toEqual(BYTE_ORDER_MARK);
  const statuses = file.bytes.toString('utf8').split('\r\n').slice(1, -1);
  expect(statuses.map((line) => line.split(',')).map(([name, , status]) => `${name}: ${status}`)).toEqual([
    'Ada: missing',
    'Alan: late',
    'Edsger: missing',
    'Grace: on time',
    'Katherine: on time',
  ]);

  // Late, missing, and reading one after the other.
  await trace.show('Missing');
  expect(await trace.names()).toEqual(['Ada', 'Edsger']);
  await trace.show('Late');
  expect(await trace.names()).toEqual(['Alan']);
  const reading = await trace.read('Alan');
  await reading.heading('Alan', 'Trace a loop by hand').waitFor();
  await reading.position('1 of 3').waitFor();
  expect(await reading.text.textContent()).not.toBe('');
  await reading.about.getByText('Late', { exact: true }).waitFor();
  await reading.next();
  await reading.heading('Grace', 'Trace a loop by hand').waitFor();
  await reading.position('2 of 3').waitFor();
  await page.keyboard.press('n');
  await reading.heading('Katherine', 'Trace a loop by hand').waitFor();
  await reading.position('3 of 3').waitFor();
  await page.keyboard.press('n');
  await page.keyboard.press('p');
  await reading.heading('Grace', 'Trace a loop by hand').waitFor();

  // A reward arrives while the teacher looks.
  let answers = 0;
  page.on('response', (response) => {
    if (response.request().postData()?.includes('LatestRewardsOfClass')) answers += 1;
  });
  await roster.tabs.goTo('Live');
  const feed = new ClassFeedPage(page);
  await feed.isLive.waitFor();
  // The page asks once more when it is live. After that, a reward comes by the socket only.
  await until(() => answers >= 2);
  expect(await feed.newestOf('Ada').count()).toBe(0);
  const { course } = await ada
    .must('{ courses(first: 20) { edges { node { name assignments { edges { node { id title } } } } } } }')
    .then((data) => ({
      course: data.courses.edges.find(({ node }: { node: { name: string } }) => node.name === 'Demo course'),
    }));
  const due = course.node.assignments.edges.find(
    ({ node }: { node: { title: string } }) => node.title === 'Plan a small program',
  );
  await ada.mutate('submitAssignment', { assignmentId: due.node.id, content: 'Names first.', idempotencyKey: 'day' });
  await feed.newestOf('Ada').getByText('+100 aura').waitFor();
  await feed.newestOf('Ada').getByRole('link', { name: 'Plan a small program' }).click();
  await reading.heading('Ada', 'Plan a small program').waitFor();
  expect(await reading.text.textContent()).toBe('Names first.');

  await roster.tabs.goTo('Charts');
  await page.getByRole('figure', { name: /minutes of focus in 30 days/ }).waitFor();
  await page.getByLabel('Period').focus();
  await page.getByLabel('Period').selectOption('Last 90 days');
  await page.getByRole('figure', { name: /minutes of focus in 90 days/ }).waitFor();
  expect(await page.getByLabel('Period').evaluate((field) => field === document.activeElement)).toBe(true);
  expect({ complaints, outsideRequests }).toEqual({ complaints: [], outsideRequests: [] });
  await page.context().close();
});

test('an admin sees every course, and reads in it', async () => {
  const { page } = await client.openDevice();
  await page.goto('/');
  await new SignInPage(page).signIn('admin@demo.example', 'demo-password');
  await page.getByRole('heading', { level: 1, name: 'Every course' }).waitFor();
  const roster = await new CoursesPage(page).openCourse('Demo course');
  expect(await roster.names()).toHaveLength(5);
  await page.context().close();
});
