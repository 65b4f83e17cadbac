import { expect, test } from '@jest/globals';
import { currentRules, rulesOf, rulesVersion1 } from '../../src/rewards/index.js';

test('version 1 keeps the numbers of the product, because its rewards are recomputed from them', () => {
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
    leastBonusPoints: 1,
    mostBonusPoints: 1_000,
    mostGrade: 100,
    gradePoints: 50,
    xpOfFirstLevel: 100,
    levelExponent: 2,
    surplusXp: 'discard',
    streakDaysPerFreeze: 7,
    mostFreezes: 2,
  });
  expect(badges).toHaveLength(17);
});

test('rules are frozen', () => {
  expect(Object.isFrozen(rulesVersion1)).toBe(true);
});

test('new actions are paid by version 1', () => {
  expect(currentRules).toBe(rulesVersion1);
});

test('rulesOf finds rules by their version', () => {
  expect(rulesOf(1)).toBe(rulesVersion1);
});

test.each([0, 2, -1, 1.5, Number.NaN])('given the unknown version %d, rulesOf throws', (version) => {
  expect(() => rulesOf(version)).toThrow(new RangeError(`There is no version ${version} of the reward rules.`));
});
