/** The form that starts a focus session, and what the timer says while one runs. */
import { expect, test } from '@jest/globals';
import { useNewStudents } from './new-students.js';
import { FocusPage } from './pages/focus-page.js';

const setting = useNewStudents();

test('the minutes are checked when the session is started, and Enter in their field starts it', async () => {
  const { page } = await setting.signedIn('/focus');
  const focus = new FocusPage(page);
  await focus.minutes.fill('');
  await focus.minutes.pressSequentially('200');
  expect(await focus.minutesWrong.count()).toBe(0);
  await focus.minutes.press('Enter');
  await focus.minutesWrong.waitFor();
  expect(await focus.minutes.evaluate((field) => field === document.activeElement)).toBe(true);
  await focus.chooseMinutes(10);
  await focus.minutes.press('Enter');
  await focus.startedHere.waitFor();
  // Before it is ended.
  await page.getByText('A session counts from 5 minutes on').waitFor();
});

test.each([320, 390, 1_280])('two hours stand on one line within the ring on a screen of %d px', async (width) => {
  await setting.student.client.mutate('startPomodoro', { plannedMinutes: 120 }, 'session { id }');
  const { page } = await setting.signedIn('/focus');
  await page.setViewportSize({ width, height: 800 });
  const focus = new FocusPage(page);
  for (const look of ['120:00', '120 min']) {
    if (look === '120 min') await focus.hideSeconds();
    // As it is at the start, however long ago that was.
    const fits = await page.getByRole('timer').evaluate((timer, text) => {
      const walker = document.createTreeWalker(timer, NodeFilter.SHOW_TEXT);
      const first = walker.nextNode()!;
      first.textContent = first.textContent!.replace(/^\d+(:\d\d)?/, /^\d+(:\d\d)?/.exec(text)![0]);
      const number = timer.getBoundingClientRect();
      const ring = timer.closest('.ring')!.getBoundingClientRect();
      const oneLine = Number.parseFloat(getComputedStyle(timer).fontSize) * 1.5;
      // The ring is drawn in the outer 6 % of each side.
      return { isInside: number.width < ring.width * 0.88, isOneLine: number.height < oneLine };
    }, look);
    expect(fits).toEqual({ isInside: true, isOneLine: true });
  }
});
