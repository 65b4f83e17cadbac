/** The end of the time of a focus session, which a student learns on every page. */
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { useNewStudents } from './new-students.js';
import { FocusPage } from './pages/focus-page.js';
import { SettingsPage } from './pages/settings-page.js';

const setting = useNewStudents();
const TIME_IS_UP = 'Time is up. End the session to be paid.';
const LONGER_THAN_THE_SESSION_MS = 65_000;

/** A device with the timer of a session of one minute, which has just begun on another device. */
async function deviceWithSession() {
  await setting.student.client.mutate('startPomodoro', { plannedMinutes: 1 }, 'session { id }');
  const device = await setting.openDevice();
  await countSounds(device.page);
  await device.page.clock.install();
  await device.page.clock.resume();
  await device.openAs(setting.student.name, '/focus');
  const focus = new FocusPage(device.page);
  await focus.endButton.waitFor();
  return { ...device, device, focus };
}

const countSounds = (page: Page) =>
  page.addInitScript(() => {
    const create = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function () {
      const { dataset } = document.documentElement;
      dataset.sounds = `${Number(dataset.sounds ?? 0) + 1}`;
      return create.call(this);
    };
  });
const soundsOf = (page: Page): Promise<number> =>
  page.evaluate(() => Number(document.documentElement.dataset.sounds ?? 0));

async function passTheEnd(page: Page): Promise<void> {
  // An answer of the server would set the clock of the page right.
  await page.route('**/graphql', (route) => route.abort());
  await page.clock.fastForward(LONGER_THAN_THE_SESSION_MS);
}

test('it sounds once and is said on another page, which leads to the timer', async () => {
  const { page, header, focus } = await deviceWithSession();
  await header.goTo('Assignments');
  await passTheEnd(page);
  await header.notice(TIME_IS_UP).waitFor();
  expect(await soundsOf(page)).toBe(1);
  await header.notice(TIME_IS_UP).getByRole('link', { name: 'Open the timer' }).click();
  await page.getByRole('status').getByText(TIME_IS_UP).waitFor();
  expect(await focus.shownTime()).toBe('0:00');
  await header.goTo('Badges');
  await header.goTo('Focus');
  expect(await soundsOf(page)).toBe(1);
});

test('it sounds once on the page of the timer, which has no notice', async () => {
  const { page, header } = await deviceWithSession();
  await passTheEnd(page);
  await page.getByRole('status').getByText(TIME_IS_UP).waitFor();
  expect(await soundsOf(page)).toBe(1);
  expect(await header.notice(TIME_IS_UP).count()).toBe(0);
});

test('who has switched the sound off reads it, until the session has ended elsewhere', async () => {
  const { page, header } = await deviceWithSession();
  await header.goTo('Settings');
  await new SettingsPage(page).sound.uncheck();
  await passTheEnd(page);
  await header.notice(TIME_IS_UP).waitFor();
  expect(await soundsOf(page)).toBe(0);
  await page.unroute('**/graphql');
  const { me } = await setting.student.client.must('{ me { ... on Student { runningPomodoro { id } } } }');
  await setting.student.client.mutate('endPomodoro', { sessionId: me.runningPomodoro.id, idempotencyKey: 'end' });
  await header.notice(TIME_IS_UP).waitFor({ state: 'detached' });
});

test('a session whose end waits to be sent makes no sound', async () => {
  const { page, focus } = await deviceWithSession();
  await page.route('**/graphql', (route) => route.abort());
  await focus.endButton.click();
  await page.getByRole('article', { name: 'End session' }).waitFor();
  await passTheEnd(page);
  await page.getByRole('status').getByText(TIME_IS_UP).waitFor();
  expect(await soundsOf(page)).toBe(0);
});
