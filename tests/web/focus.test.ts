/** Where the keyboard focus is after an act: at what stands in the place of what was pressed. */
import { expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { until } from '../support/until.js';
import { useNewStudents } from './new-students.js';
import { CoursesPage } from './pages/courses-page.js';
import { FocusPage } from './pages/focus-page.js';
import { Header } from './pages/header.js';
import { LatestActs } from './pages/latest-acts.js';
import { SignInPage } from './pages/sign-in-page.js';

const setting = useNewStudents();

const hasFocus = (element: Locator): Promise<boolean> => element.evaluate((one) => one === document.activeElement);

/** What has the focus, in words. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const { tagName, textContent } = document.activeElement!;
    return tagName === 'BODY' ? 'body' : `${tagName.toLowerCase()} ${textContent}`;
  });

/** Presses a button by keyboard. */
async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).first().press('Enter');
}

/** A student who has written a text and not handed it in. */
async function withText() {
  const device = await setting.signedIn();
  await device.open(setting.titles[0]!);
  await device.assignment.write('First.');
  return device;
}

test('a focus session that starts and ends gives the focus to the timer, and then to the result', async () => {
  const { page } = await setting.signedIn('/focus');
  const focus = new FocusPage(page);
  await focus.startButton().press('Enter');
  await focus.endButton.waitFor();
  await until(async () => hasFocus(page.getByRole('timer')));
  await focus.endButton.press('Enter');
  await focus.ended.waitFor();
  await until(async () => (await focused(page)) === 'h2 The session has ended');
});

test('a text that is handed in and changed keeps the focus at the text', async () => {
  const { page, assignment } = await withText();
  await press(page, 'Hand in');
  await until(async () => (await focused(page)) === 'h2 Handed in');
  await press(page, 'Change the text');
  await until(async () => hasFocus(assignment.text));
  await press(page, 'Keep the old text');
  await until(async () => (await focused(page)) === 'h2 Handed in');
  await press(page, 'Change the text');
  await assignment.write('Second.');
  await press(page, 'Save the new text');
  await assignment.handedIn.getByText('Second.').waitFor();
  await until(async () => (await focused(page)) === 'h2 Handed in');
});

test('an outcome that comes later leaves the focus where the person has put it', async () => {
  const { page, assignment } = await withText();
  await page.route('**/graphql', (route) => route.abort());
  await press(page, 'Hand in');
  await assignment.request.waitFor();
  await page.getByRole('link', { name: 'Badges' }).focus();
  await page.unroute('**/graphql');
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await assignment.handedIn.waitFor();
  expect(await focused(page)).toBe('a Badges');
});

test('who joins a course can type the next code, and who dismisses the notices is at the heading', async () => {
  const teacher = await setting.web.apiAs('teacher@demo.example');
  const codes: string[] = [];
  for (const name of ['Ropes', 'Reefs'])
    codes.push((await teacher.mutate('createCourse', { name }, 'course { joinCode }')).course.joinCode);
  const { page } = await setting.signedIn();
  const code = page.getByLabel('Join code');
  for (const [index, name] of ['Ropes', 'Reefs'].entries()) {
    await code.fill(codes[index]!);
    await code.press('Enter');
    await new Header(page).notice(`You have joined ${name}.`).waitFor();
    await until(async () => (await hasFocus(code)) && (await code.inputValue()) === '');
  }
  await press(page, 'Dismiss');
  await until(async () => (await focused(page)).includes('You have joined Reefs.'));
  await press(page, 'Dismiss');
  await until(async () => (await focused(page)) === 'h1 Home');
});

test('an act that is undone does not lose the focus', async () => {
  const { page } = await setting.openDevice();
  await page.goto('/');
  await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
  const roster = await new CoursesPage(page).openCourse('Demo course');
  await roster.choose('Grace');
  await (await roster.giveBonus()).bonus({ points: '7', note: 'Well done' });
  const acts = new LatestActs(page);
  await acts.all.getByRole('button', { name: 'Undo' }).press('Enter');
  await acts.said('Undone').waitFor();
  expect(await focused(page)).not.toBe('body');
});
