import { expect, test } from '@jest/globals';
import { currentRules, rulesOf, rulesVersion1 } from '../../src/rewards/index.js';

test('version 1 has the numbers of the product, and keeps them: its rewards are folded again by them', () => {
  const { badges, ...numbers } = rulesVersion1;
  expect(numbers).toEqual({
    version: 1,
    submissionPoints: 50,
    pointsPerFullDayEarly: 10,
    mostSubmissionPoints: 100,
    pointsPerStartedDayLate: 10,
    leastSubmissionPoints: 10,
    pointsPerFocusedMinute: 1,
    mostPaidMinutesPerDay: 240,
    leastFocusedMinutes: 5,
    leastPlannedMinutes: 1,
    mostPlannedMinutes: 120,
    defaultPlannedMinutes: 25,
    hoursUntilExpiry: 12,
    xpOfFirstLevel: 100,
    levelExponent: 2,
    surplusXp: 'discard',
    streakDaysPerFreeze: 7,
    mostFreezes: 2,
  });
  expect(badges).toHaveLength(17);
});

test('rules cannot be changed', () => {
  expect(Object.isFrozen(rulesVersion1)).toBe(true);
});

test('new actions are paid by version 1', () => {
  expect(currentRules).toBe(rulesVersion1);
});

test('rules are found by their version', () => {
  expect(rulesOf(1)).toBe(rulesVersion1);
});

test.each([0, 2, -1, 1.5, Number.NaN])('there is no version %d', (version) => {
  expect(() => rulesOf(version)).toThrow(new RangeError(`There is no version ${version} of the reward rules.`));
});
