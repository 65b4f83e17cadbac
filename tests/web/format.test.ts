import { expect, test } from '@jest/globals';
import { relativeTime } from '../../web/app/words/format';

const NOW = Date.parse('2026-03-03T12:00:00Z');
const HOUR_MS = 3_600_000;

test.each([
  [0.5, 'in 30 minutes'],
  [-0.5, '30 minutes ago'],
  [23, 'in 23 hours'],
  // Whether that is the next calendar day depends on the hour and the zone, so it is not called "tomorrow".
  [24, 'in 1 day'],
  [47, 'in 1 day'],
  [48, 'in 2 days'],
  [-24, '1 day ago'],
  [-47, '1 day ago'],
  [-48, '2 days ago'],
])('a distance of %s hours is "%s"', (hours, text) => {
  expect(relativeTime(NOW + hours * HOUR_MS, NOW)).toBe(text);
});
