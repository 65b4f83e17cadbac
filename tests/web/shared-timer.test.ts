/** The Pomodoro timer, which all devices of a student share. */
import { afterEach, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import type { Locator, Page } from 'playwright-core';
import { startPomodoro } from '../../src/actions/start-pomodoro.js';
import { createCommitter } from '../../src/granting/committer.js';
import { findAccountByEmail } from '../../src/storage/account-store.js';
import { until } from '../support/until.js';
import { holdRequests } from './held-answers.js';
import { FocusPage } from './pages/focus-page.js';
import { Header } from './pages/header.js';
import { HomePage } from './pages/home-page.js';
import { pressIfThere } from './pages/press-if-there.js';
import { SignInPage } from './pages/sign-in-page.js';
import { storedEntries } from './stored-entries.js';
import { useWebClient } from './web-client.js';

const client = useWebClient();
const MINUTE_MS = 60_000;
/** So long after the button has changed, its key acts. Milliseconds. */
const KEY_ACTS_AFTER_MS = 1_000;
const opened: Page[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((page) => page.context().close()));
});

/** A device on which the student is signed in, with the timer open. Both follow live: an event cannot be missed. */
async function deviceOf(student: string): Promise<{ page: Page; focus: FocusPage }> {
  const { page } = await client.openDevice();
  opened.push(page);
  await page.clock.install();
  await page.clock.resume();
  await page.goto('/focus');
  await new SignInPage(page).signIn(`${student}@demo.example`, 'demo-password');
  await page.getByRole('timer').waitFor();
  await page.getByText('Your rewards and timer arrive by themselves.').waitFor();
  return { page, focus: new FocusPage(page) };
}

/** The phone of the student began a session so long ago. */
async function begunAgo(student: string, minutes: number): Promise<void> {
  const account = await findAccountByEmail(`${student}@demo.example`);
  const studentId = new Types.ObjectId(String(account!.id));
  const outcome = await startPomodoro(createCommitter(), {
    studentId,
    plannedMinutes: 25,
    device: 'my phone',
    assignmentId: null,
    facts: { requestId: 'test', receivedAt: new Date(Date.now() - minutes * MINUTE_MS), actorId: studentId },
  });
  expect(outcome.kind).toBe('started');
}

test('a session that begins on one device runs on the other, and ends on both', async () => {
  const phone = await deviceOf('ada');
  const laptop = await deviceOf('ada');
  await phone.focus.chooseMinutes(30);
  await phone.focus.chooseSubject('Sort ten cards');
  await phone.focus.startButton(30).click();
  await phone.focus.startedHere.waitFor();
  await laptop.focus.joined.waitFor();
  await laptop.page.getByText('For: Sort ten cards').waitFor();
  expect(await phone.focus.shownTime()).toMatch(/^(30:00|29:\d\d)$/);
  const [onPhone, onLaptop] = [await phone.focus.shownTime(), await laptop.focus.shownTime()].map(secondsOf);
  // By the server's clock on both; the two readings are not at the same moment.
  expect(Math.abs(onPhone! - onLaptop!)).toBeLessThan(5);

  await laptop.focus.endButton.click();
  await laptop.focus.ended.getByText('It was shorter than 5 minutes').waitFor();
  await phone.focus.endedElsewhere.getByText('It was shorter than 5 minutes').waitFor();
  await phone.focus.startButton().waitFor();
});

test('a session of 20 minutes is paid once, although both devices end it', async () => {
  await begunAgo('alan', 20);
  const phone = await deviceOf('alan');
  const laptop = await deviceOf('alan');
  await laptop.page.getByText('on my phone.').waitFor();
  expect(await laptop.focus.shownTime()).toMatch(/^[45]:\d\d$/);
  await Promise.all([phone.focus.endButton.click(), laptop.focus.endButton.click()]);
  for (const { page, focus } of [phone, laptop]) {
    await focus.ended.getByText('+20 aura, +20 xp').waitFor();
    await focus.ended.getByText('20 minutes of focus').first().waitFor();
    await page.getByRole('link', { name: 'Ledger' }).click();
    await page.getByRole('row', { name: 'Focus' }).first().waitFor();
  }
  const texts = await Promise.all([phone, laptop].map(({ page }) => page.getByRole('table').textContent()));
  expect(texts[0]).toBe(texts[1]);
});

test('the home page follows the timer of another device', async () => {
  const laptop = await deviceOf('katherine');
  await new Header(laptop.page).goTo('Home');
  const home = new HomePage(laptop.page);
  await home.focus.getByText('No session runs.').waitFor();
  await begunAgo('katherine', 30);
  await home.focus.getByText('The time of your session is up.').waitFor();
  await home.focus.getByRole('link', { name: 'Open the timer' }).click();
  await laptop.page.getByRole('status').getByText('Time is up.').waitFor();
  expect(await new FocusPage(laptop.page).shownTime()).toBe('0:00');
});

test('the space bar starts and ends, the seconds hide, and single keys can be switched off', async () => {
  const { page, focus } = await deviceOf('grace');
  await page.clock.fastForward(KEY_ACTS_AFTER_MS);
  await page.keyboard.press('Space');
  await focus.startedHere.waitFor();
  await focus.hideSeconds();
  await until(async () => /^2[45] min$/.test(await focus.shownTime()));
  // The ring says the same.
  const minutes = Number.parseInt(await focus.shownTime(), 10);
  await page.getByRole('img', { name: `${minutes} minutes of 25 left` }).waitFor();
  await page.getByRole('heading', { level: 1 }).click();
  await page.clock.fastForward(KEY_ACTS_AFTER_MS);
  await page.keyboard.press('Space');
  await focus.ended.waitFor();

  await page.goto('/settings');
  await page.getByLabel('Single keys act').uncheck();
  await page.goto('/focus');
  await focus.startButton().waitFor();
  await page.clock.fastForward(KEY_ACTS_AFTER_MS);
  await page.keyboard.press('Space');
  await focus.hideSeconds();
  expect(await focus.endButton.count()).toBe(0);
});

test('the timer goes on after the clock of the device was set', async () => {
  await begunAgo('edsger', 4);
  const { page, focus } = await deviceOf('edsger');
  // A new connection makes the page ask once more: that is over when another page has been there.
  for (let step = 0; step < 2; step += 1) await page.clock.fastForward(1_000);
  await new Header(page).goTo('Settings');
  const isAnswered = page.waitForResponse((each) => each.request().postData()?.includes('query Pomodoro') === true);
  await new Header(page).goTo('Focus');
  await isAnswered;
  await focus.endButton.waitFor();
  const held = await holdRequests(page, 'query Pomodoro');
  await page.clock.setSystemTime(Date.now() + 10 * MINUTE_MS);
  await until(async () => /^(11:00|10:\d\d)$/.test(await focus.shownTime()));
  await held.asked;
  held.release();
  await until(async () => /^(21:00|20:\d\d)$/.test(await focus.shownTime()));
  await focus.endButton.click();
  await focus.ended.waitFor();
});

test('a second press of the space bar, right after the page has changed, does nothing', async () => {
  const { page, focus } = await deviceOf('grace');
  await page.clock.pauseAt(Date.now() + MINUTE_MS);
  await page.keyboard.press('Space');
  await focus.startedHere.waitFor();
  await page.keyboard.press('Space');
  expect((await storedEntries(page)).map(({ label }) => label)).toEqual([]);
  await focus.endButton.click();
  await focus.ended.waitFor();
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('Space');
  expect(await focus.startButton().isEnabled()).toBe(true);
  await page.clock.fastForward(KEY_ACTS_AFTER_MS);
  await page.keyboard.press('Space');
  await focus.endButton.click();
  await focus.ended.waitFor();
});

test('without the server, the page says that a start needs it; the end waits and is sent later', async () => {
  const { page, focus } = await deviceOf('edsger');
  await page.route('**/graphql', (route) => route.abort());
  await focus.startButton().click();
  await focus.needsServer.waitFor();
  expect(await focus.endButton.count()).toBe(0);
  expect(await hasFocus(focus.startButton())).toBe(true);

  await page.unroute('**/graphql');
  await focus.startButton().click();
  await focus.startedHere.waitFor();
  await page.route('**/graphql', (route) => route.abort());
  await focus.endButton.click();
  await page.getByRole('article', { name: 'End session' }).waitFor();
  expect(await focus.endButton.isDisabled()).toBe(true);
  expect(await hasFocus(focus.endButton)).toBe(true);
  expect(await focus.ended.count()).toBe(0);
  await page.unroute('**/graphql');
  await pressIfThere(page, 'Try now');
  await focus.ended.waitFor();
});

test('a device whose clock is an hour off shows the same time', async () => {
  await begunAgo('ada', 10);
  for (const offset of [-60, 60]) {
    const { page } = await client.openDevice();
    opened.push(page);
    await page.clock.install({ time: Date.now() + offset * MINUTE_MS });
    await page.clock.resume();
    await page.goto('/focus');
    await new SignInPage(page).signIn('ada@demo.example', 'demo-password');
    await page.getByRole('timer').waitFor();
    expect(await new FocusPage(page).shownTime()).toMatch(/^(14:\d\d|15:0\d)$/);
  }
});

test('a session that begins is shown at once, although its answer sets the clock back', async () => {
  const { page, focus } = await deviceOf('edsger');
  let hasBegun = false;
  await page.route('**/graphql', async (route) => {
    // What is asked afterwards has no answer yet.
    if (hasBegun) return;
    if (!route.request().postData()?.includes('startPomodoro')) return route.fallback();
    hasBegun = true;
    const response = await route.fetch();
    const date = new Date(Date.parse(response.headers().date!) - 60 * MINUTE_MS).toUTCString();
    await route.fulfill({ response, headers: { ...response.headers(), date } });
  });
  await focus.startButton().click();
  await focus.startedHere.waitFor();
  expect(hasBegun).toBe(true);
});

test('without live updates, the page says since when, and asks by itself', async () => {
  const { page } = await client.openDevice();
  opened.push(page);
  await page.routeWebSocket('**/graphql', (socket) => socket.close({ code: 1012 }));
  await page.clock.install();
  await page.clock.resume();
  await page.goto('/');
  await new SignInPage(page).signIn('grace@demo.example', 'demo-password');
  const home = new HomePage(page);
  await home.focus.getByText('No session runs.').waitFor();
  await page.getByText('No live updates since').waitFor();
  await begunAgo('grace', 1);
  // Longer than the interval of 15 s.
  await page.clock.fastForward(16_000);
  await home.focus.getByText('A session runs until').waitFor();
});

const hasFocus = (element: Locator) => element.evaluate((one) => one === document.activeElement);

const secondsOf = (text: string): number => {
  const [minutes, seconds] = text.split(':').map(Number);
  return minutes! * 60 + seconds!;
};

test.each([
  { width: 1_280, height: 740 },
  { width: 360, height: 740 },
])('what a session has paid is in view when it ends, on a screen of $width px', async (viewport) => {
  const { page, focus } = await deviceOf('alan');
  await page.setViewportSize(viewport);
  await focus.startButton().click();
  await focus.startedHere.waitFor();
  await focus.endButton.click();
  const result = focus.ended.getByText('It was shorter than 5 minutes');
  await result.waitFor();
  const { y, height } = (await result.boundingBox())!;
  expect(y).toBeGreaterThanOrEqual(0);
  expect(y + height).toBeLessThanOrEqual(viewport.height);
});
