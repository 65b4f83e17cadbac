/** A teacher puts right by hand, and a student sees it: in the built client, on the whole product. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Page, Route } from 'playwright-core';
import { type Client, clientOf } from '../support/client.js';
import { until } from '../support/until.js';
import { AssignmentsPage } from './pages/assignments-page.js';
import { ClassStudentPage } from './pages/class-student-page.js';
import { CoursesPage } from './pages/courses-page.js';
import { Header } from './pages/header.js';
import { LatestActs } from './pages/latest-acts.js';
import { MyAssignmentsPage } from './pages/my-assignments-page.js';
import { MyLedgerPage } from './pages/my-ledger-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { StudentDevice } from './pages/student-device.js';
import { accessibilityProblems, MANY_PAGES_WITHIN_MS, useWebClient } from './web-client.js';

const web = useWebClient();
const COURSE = 'Maps';
const NAMES = ['Mia', 'Noa', 'Ole'] as const;

/** The API as each student of the course. */
const students = new Map<string, Client>();

/** A course of three, who have all handed "Draw a map" in, and nobody "Name the parts", which is closed. */
beforeAll(async () => {
  const teacher = await web.apiAs('teacher@demo.example');
  const { course } = await teacher.mutate('createCourse', { name: COURSE }, 'course { id joinCode }');
  const assignmentOf = async (title: string, dueDate: string, closesAt: string | null) => {
    const input = { courseId: course.id, title, dueDate, closesAt };
    return (await teacher.mutate('createAssignment', input, 'assignment { id }')).assignment;
  };
  const map = await assignmentOf('Draw a map', '2035-01-01T12:00:00Z', null);
  await assignmentOf('Name the parts', '2025-01-01T12:00:00Z', '2025-01-02T12:00:00Z');
  for (const name of NAMES) {
    const email = `${name.toLowerCase()}@demo.example`;
    const input = { email, password: 'demo-password', displayName: name, timeZone: 'UTC' };
    const { accessToken } = await clientOf(web.url).mutate('signUp', input, 'accessToken');
    const student = clientOf(web.url, accessToken);
    await student.mutate('joinCourse', { joinCode: course.joinCode });
    await student.mutate('submitAssignment', { assignmentId: map.id, content: `The map of ${name}.` });
    students.set(name, student);
  }
});

/** "BONUS 20" for each row of the ledger, the oldest first. */
async function ledgerOf(name: string): Promise<string[]> {
  const { me } = await students
    .get(name)!
    .must('{ me { ... on Student { rewards(first: 50) { edges { node { reason xp } } } } } }');
  return me.rewards.edges
    .map(({ node }: { node: { reason: string; xp: number } }) => `${node.reason} ${node.xp}`)
    .reverse();
}

/** The server gets the first request with this text and does it, but its answer is lost. */
async function loseOneAnswer(page: Page, operation: string): Promise<() => number> {
  let seen = 0;
  await page.route('**/graphql', async (route: Route) => {
    if (!route.request().postData()?.includes(operation)) return route.fallback();
    seen += 1;
    if (seen > 1) return route.fallback();
    await route.fetch();
    return route.abort();
  });
  return () => seen;
}

async function problemsInBothThemes(page: Page): Promise<string[]> {
  const problems: string[] = [];
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    problems.push(...(await accessibilityProblems(page)));
  }
  return problems;
}

test(
  "a teacher's correction day, and what the student sees of it",
  async () => {
    const { page, complaints } = await web.openDevice({ reducedMotion: 'reduce' });
    const acts = new LatestActs(page);
    const header = new Header(page);
    await page.goto('/');
    await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
    const roster = await new CoursesPage(page).openCourse(COURSE);
    await roster.tabs.goTo('Assignments');
    const map = await new AssignmentsPage(page).openAssignment('Draw a map');

    // Three grades by keyboard: a number and Enter, and the next submission is there.
    const reading = await map.read('Ole');
    await reading.position('1 of 3').waitFor();
    await page.keyboard.press('j');
    await reading.heading('Noa', 'Draw a map').waitFor();
    await page.keyboard.press('ArrowLeft');
    await reading.heading('Ole', 'Draw a map').waitFor();
    await reading.position('1 of 3').waitFor();
    expect(await problemsInBothThemes(page)).toEqual([]);
    // What was typed survives a reload.
    const earlier = page.getByText('You wrote this earlier and did not save it.');
    await page.getByLabel('Feedback').fill('A draft.');
    await page.reload();
    await earlier.waitFor();
    expect(await page.getByLabel('Feedback').inputValue()).toBe('A draft.');
    await page.getByRole('button', { name: 'Discard it' }).click();
    await earlier.waitFor({ state: 'detached' });
    await reading.typeGrade('101');
    await page.getByText('Enter a whole number from 0 to 100').first().waitFor();
    await reading.gradeOf('Ole').fill('85');
    await page.keyboard.press('Enter');
    await reading.heading('Noa', 'Draw a map').waitFor();
    await reading.position('2 of 3').waitFor();
    // A second Enter grades nobody.
    await reading.typeGrade('90');
    await page.keyboard.press('Enter');
    await reading.heading('Mia', 'Draw a map').waitFor();
    await reading.position('3 of 3').waitFor();
    await page.getByLabel('Feedback').fill('Clear, and the scale is right.');
    await reading.gradeOf('Mia').fill('70');
    await page.keyboard.press('Enter');
    await acts.said('Mia has 70 of 100.').waitFor();
    await acts.said('Noa has 90 of 100.').waitFor();
    expect(await problemsInBothThemes(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog', { name: 'Keys' });
    await keys.getByText('In the grade: grade, and go to the next submission').waitFor();
    await keys.getByRole('button', { name: 'Close' }).click();

    // The first grade of Noa is undone; the second one of Mia gives way to the first.
    await acts.undo('Noa has 90 of 100.');
    await acts.said('Undone: Grade Noa with 90 of 100').waitFor();
    expect((await ledgerOf('Noa')).slice(1)).toEqual(['SUBMISSION_GRADED 45', 'REVOCATION -45']);
    await page.keyboard.press('Escape');
    await page.keyboard.press('k');
    await reading.heading('Noa', 'Draw a map').waitFor();
    await reading.position('2 of 3').waitFor();
    await until(async () => (await reading.gradeOf('Noa').inputValue()) === '');
    await page.keyboard.press('n');
    await reading.heading('Mia', 'Draw a map').waitFor();
    // The field is empty until the page has looked for a draft. What was sent is no draft any more.
    await until(async () => (await page.getByLabel('Feedback').inputValue()) === 'Clear, and the scale is right.');
    expect(await earlier.count()).toBe(0);
    await reading.gradeOf('Mia').fill('80');
    await page.keyboard.press('Enter');
    await acts.said('Mia has 80 of 100.').waitFor();
    await acts.undo('Mia has 80 of 100.');
    await acts.said('Undone: Grade Mia with 80 of 100').waitFor();
    expect((await ledgerOf('Mia')).slice(1)).toEqual([
      'SUBMISSION_GRADED 35',
      'SUBMISSION_GRADED 5',
      'SUBMISSION_GRADED -5',
    ]);

    // A bonus on the student's page: a double click, and the answer is lost.
    await roster.tabs.goTo('Roster');
    await roster.openStudent('Mia');
    const mia = new ClassStudentPage(page);
    await mia.row('Draw a map').waitFor();
    const tries = await loseOneAnswer(page, 'mutation GrantBonus(');
    const bonus = await mia.giveBonus();
    expect(await problemsInBothThemes(page)).toEqual([]);
    await bonus.bonus({ points: '20', note: 'You helped Noa with the scale.' }, 'twice');
    await until(() => tries() >= 1);
    // A reload in between loses nothing either.
    await page.reload();
    await acts.said('Mia has a bonus of 20.').waitFor();
    expect(tries()).toBe(2);
    await page.unroute('**/graphql');
    expect((await ledgerOf('Mia')).filter((row) => row.startsWith('BONUS'))).toEqual(['BONUS 20']);

    // Taken back at its row, and given back by "Undo".
    await mia.takeBack('You helped Noa', 'It was Ole who helped.');
    await acts.said('Taken back: Bonus of Mia.').waitFor();
    await mia.row('It was Ole who helped.').getByText('Corrects row 5').waitFor();
    await mia.row('You helped Noa').getByRole('button', { name: 'Give back' }).waitFor();
    await acts.undo('Taken back: Bonus of Mia.');
    await acts.said('Undone: Take back Bonus of Mia').waitFor();
    await mia.row('You helped Noa').getByRole('button', { name: 'Take back' }).waitFor();
    expect((await ledgerOf('Mia')).slice(-2)).toEqual(['REVOCATION -20', 'RESTORATION 20']);
    expect(await problemsInBothThemes(page)).toEqual([]);

    // A bonus for several: the bar stands while the answer is away, the answer is lost, and each is paid once.
    await roster.tabs.goTo('Roster');
    await roster.chooseEverybody();
    await page.getByText('3 students are chosen').waitFor();
    const portions = await loseOneAnswer(page, 'mutation GrantBonuses(');
    await (await roster.giveBonus()).bonus({ points: '5', note: 'A good week.' }, 'twice');
    await acts.progress('Bonus of 5 for 3 students: 0 of 3').waitFor();
    await acts.said('Paid: a bonus of 5 for 3 students.').waitFor();
    expect(portions()).toBe(2);
    await page.unroute('**/graphql');
    const bonuses = async () =>
      Promise.all(NAMES.map(async (name) => (await ledgerOf(name)).filter((row) => row === 'BONUS 5').length));
    expect(await bonuses()).toEqual([1, 1, 1]);
    await roster.choose('Noa', 'Ole');
    await (await roster.giveBonus()).bonus({ points: '7', note: 'By mistake.' });
    await acts.undo('Paid: a bonus of 7 for 2 students.');
    await acts.said('Undone: Bonus of 7 for 2 students').waitFor();
    for (const name of ['Noa', 'Ole']) expect((await ledgerOf(name)).slice(-2)).toEqual(['BONUS 7', 'REVOCATION -7']);

    // What Mia handed in is the wrong file. First the wrong student is chosen, which is undone.
    await roster.tabs.goTo('Assignments');
    await new AssignmentsPage(page).openAssignment('Draw a map');
    const discard = await map.discard('Ole');
    expect(await problemsInBothThemes(page)).toEqual([]);
    await discard.note('The wrong file.', 'Discard');
    await acts.undo('Discarded: what Ole handed in for Draw a map.');
    await acts.said('Undone: Discard what Ole handed in').waitFor();
    await map.student('Ole').getByRole('link', { name: 'Read' }).waitFor();
    expect((await ledgerOf('Ole')).slice(-4)).toEqual([
      'REVOCATION -100',
      'REVOCATION -42',
      'RESTORATION 100',
      'RESTORATION 42',
    ]);
    await (await map.discard('Mia')).note('This is the wrong file.', 'Discard');
    await acts.said('Discarded: what Mia handed in for Draw a map.').waitFor();
    await map.student('Mia').getByText('Not yet').waitFor();
    expect(await problemsInBothThemes(page)).toEqual([]);

    // And Mia is late with the other one.
    await roster.tabs.goTo('Assignments');
    const parts = await new AssignmentsPage(page).openAssignment('Name the parts');
    await parts.student('Mia').getByText('Missing').waitFor();
    const extension = await parts.extend('Mia');
    expect(await problemsInBothThemes(page)).toEqual([]);
    await extension.extend({ due: '2035-07-03T18:00', closes: '2035-07-04T18:00', note: 'You were ill.' });
    await acts.said('Mia has until Tue, 3 Jul 2035').waitFor();
    await parts.student('Mia').getByText('Extended to Tue, 3 Jul 2035').waitFor();
    await parts.student('Mia').getByText('Not yet').waitFor();
    await parts.student('Ole').getByText('Missing').waitFor();
    expect(await header.notice('refused').count()).toBe(0);
    // The browser complains of the answers that were lost on purpose, and of nothing else.
    expect(complaints.filter((text) => !text.includes('net::ERR_FAILED'))).toEqual([]);
    await page.context().close();

    await seenByMia();
  },
  MANY_PAGES_WITHIN_MS,
);

/** Mia reads what happened, and hands in again. */
async function seenByMia(): Promise<void> {
  const { page, complaints } = await web.openDevice({ reducedMotion: 'reduce', timezoneId: 'UTC' });
  const device = new StudentDevice(page);
  await device.openAs('Mia', '/assignments');
  const list = new MyAssignmentsPage(page);
  await list.assignment('Name the parts').getByText('extended for you').waitFor();
  await list.assignment('Name the parts').getByText('Tue, 3 Jul 2035').waitFor();
  await list.assignment('Name the parts').getByText('Wed, 4 Jul 2035').waitFor();
  expect(await problemsInBothThemes(page)).toEqual([]);
  await list.openAssignment('Name the parts');
  await page.getByText('your teacher extended the deadline. “You were ill.”').waitFor();
  await device.assignment.payNow.waitFor();

  await device.open('Draw a map');
  await device.assignment.again.getByText('“This is the wrong file.” (Demo Teacher)').waitFor();
  await device.assignment.again.getByText('You can hand in again').waitFor();
  expect(await problemsInBothThemes(page)).toEqual([]);
  await device.assignment.write('The right map.');
  await device.assignment.handIn();
  await device.assignment.paid('+100 aura, +100 xp').waitFor();
  await device.assignment.again.waitFor({ state: 'detached' });
  // It is discarded once more, while Mia looks: what this device remembers of its own request is over.
  await discardAgain('One page is missing.');
  await device.assignment.again.getByText('“One page is missing.” (Demo Teacher)').waitFor();
  await device.assignment.payNow.waitFor();
  expect(await device.assignment.anyPaid.count()).toBe(0);
  await device.assignment.write('All pages of the right map.');
  await device.assignment.handIn();
  await device.assignment.paid('+100 aura, +100 xp').waitFor();

  await device.header.goTo('Ledger');
  const ledger = new MyLedgerPage(page);
  await ledger.row('You helped Noa').getByText('By Demo Teacher').waitFor();
  const taken = ledger.row('This is the wrong file.').filter({ hasText: 'Corrects: Handed in: Draw a map' });
  await taken.getByText(/You are on level \d+ again/).waitFor();
  await taken.getByText(/You do not hold the badge/).waitFor();
  // The first map was worth 100, and counts for nothing today.
  await ledger.row('0 instead of 100').getByText('Handed in: Draw a map').first().waitFor();
  expect(await problemsInBothThemes(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await page.context().close();
}

/** Another teacher's device discards what Mia has handed in last. */
async function discardAgain(note: string): Promise<void> {
  const { me } = await students
    .get('Mia')!
    .must('{ me { ... on Student { submissions(first: 1) { edges { node { id } } } } } }');
  const submissionId = me.submissions.edges[0].node.id;
  const teacher = await web.apiAs('teacher@demo.example');
  await teacher.mutate('discardSubmission', { submissionId, note, idempotencyKey: note });
}
