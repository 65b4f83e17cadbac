/** A bonus for several students says to whom it goes and what it brings, and what became of it. */
import { beforeEach, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { type Client, clientOf } from '../support/client.js';
import { CoursesPage } from './pages/courses-page.js';
import { LatestActs } from './pages/latest-acts.js';
import type { RosterPage } from './pages/roster-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { useWebClient } from './web-client.js';

const web = useWebClient();
const NAMES = ['Mia', 'Noa', 'Ole'] as const;

let teacher: Client;
let courses = 0;
let course: string;

/** A course of its own for each test, with new students. */
beforeEach(async () => {
  courses += 1;
  course = `Course ${courses}`;
  teacher = await web.apiAs('teacher@demo.example');
  const { joinCode } = (await teacher.mutate('createCourse', { name: course }, 'course { joinCode }')).course;
  for (const displayName of NAMES) {
    const email = `${displayName.toLowerCase()}-${courses}@demo.example`;
    const input = { email, password: 'demo-password', displayName, timeZone: 'UTC' };
    const { accessToken } = await clientOf(web.url).mutate('signUp', input, 'accessToken');
    await clientOf(web.url, accessToken).mutate('joinCourse', { joinCode });
  }
});

async function openRoster(): Promise<{ page: Page; roster: RosterPage; acts: LatestActs }> {
  const { page } = await web.openDevice();
  await page.goto('/');
  await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
  return { page, roster: await new CoursesPage(page).openCourse(course), acts: new LatestActs(page) };
}

test('who is chosen and hidden by a search is named, before and in the dialog, and can be taken out', async () => {
  const { page, roster } = await openRoster();
  await roster.choose('Mia');
  await roster.search('noa');
  await page.getByText('1 of 3').waitFor();
  await roster.choose('Noa');
  await page.getByText('2 students are chosen. The search does not show Mia.').waitFor();
  const { dialog } = await roster.giveBonus();
  await dialog.getByText('For Mia and Noa.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Choose nobody' }).click();
  await page.getByText('Choose students to give them a bonus.').waitFor();
  await page.context().close();
});

test('the dialog says from which number of points on xp would be lost', async () => {
  const { page, roster } = await openRoster();
  await roster.choose('Mia');
  const one = await roster.giveBonus();
  await one.dialog.getByText('Above 100 points, xp is lost').waitFor();
  await one.bonus({ points: '30', note: 'A good week.' });
  await new LatestActs(page).said('Mia has a bonus of 30.').waitFor();
  await roster.choose('Mia', 'Ole');
  const several = await roster.giveBonus();
  await several.dialog.getByText('Above 70 points, some of them lose xp').waitFor();
  await page.context().close();
});

test('an undoing says in its own words that a part of it was done before', async () => {
  const { page, roster, acts } = await openRoster();
  await roster.choose('Mia', 'Noa');
  await (await roster.giveBonus()).bonus({ points: '1000', note: 'A good week.' });
  await acts.said('Paid: a bonus of 1,000 for 2 students.').waitFor();
  const { courses: found } = await teacher.must(
    '{ courses(first: 50) { edges { node { name students { edges { node { displayName rewards(first: 1) { edges { node { id } } } } } } } } } }',
  );
  const students = found.edges.find(({ node }: { node: { name: string } }) => node.name === course).node.students.edges;
  const { node: mia } = students.find(({ node }: { node: { displayName: string } }) => node.displayName === 'Mia');
  const rewardId = mia.rewards.edges[0].node.id;
  await teacher.mutate('revokeReward', { rewardId, note: 'By mistake.', idempotencyKey: 'by hand' });
  await acts.undo('Paid: a bonus of 1,000 for 2 students.');
  await acts
    .said(
      'Undo: Bonus of 1,000 for 2 students. Done for 1 of 2. There was nothing to change any more. The level is lower now.',
    )
    .waitFor();
  await page.setViewportSize({ width: 360, height: 640 });
  const dismiss = acts.all.getByRole('button', { name: 'Dismiss' });
  expect(await dismiss.evaluate((button) => button.getBoundingClientRect().height)).toBeLessThan(32);
  // The last thing of the page is not below the notices for good.
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  const { y: noticesFrom } = (await acts.all.boundingBox())!;
  const last = (await page.getByRole('button', { name: 'Download as CSV' }).boundingBox())!;
  expect(last.y + last.height).toBeLessThanOrEqual(noticesFrom);
  await page.context().close();
});
