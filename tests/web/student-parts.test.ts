import { expect, test } from '@jest/globals';
import { nextLevelWith } from '../../web/app/api/next-level';
import { deviceName } from '../../web/app/pomodoro/device-name';
import { firstOf, firstOfWeeks } from '../../web/app/progress/days';

test('a level-up and what it discards are known before it happens', () => {
  const state = { level: 1, xp: 350, xpForNextLevel: 400 };
  expect(nextLevelWith(state, 49)).toBeNull();
  expect(nextLevelWith(state, 50)).toEqual({ level: 2, discarded: 0 });
  expect(nextLevelWith(state, 70)).toEqual({ level: 2, discarded: 20 });
});

test('periods end with today, over the end of a month and of a year', () => {
  expect(firstOf('2026-03-03', 7)).toBe('2026-02-25');
  expect(firstOf('2026-01-01', 1)).toBe('2026-01-01');
  expect(firstOf('2026-01-01', 30)).toBe('2025-12-03');
});

test('weeks of the calendar begin on Monday', () => {
  // 2026-11-26 is a Thursday.
  expect(firstOfWeeks('2026-11-26', 1)).toBe('2026-11-23');
  expect(firstOfWeeks('2026-11-23', 1)).toBe('2026-11-23');
  expect(firstOfWeeks('2026-11-29', 52)).toBe('2025-12-01');
});

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0.0.0 Safari/537.36',
    'Chrome, Linux',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/147.0 Mobile Safari/537.36',
    'Chrome, Android',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1',
    'Safari, iPhone',
  ],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Windows'],
  ['something else', null],
])('%s is called %s', (userAgent, name) => {
  expect(deviceName(userAgent)).toBe(name);
});
