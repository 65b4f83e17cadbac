import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  advanceStreak,
  daysBetween,
  decideReward,
  foldActions,
  isLate,
  newStudentState,
  pomodoroOutcome,
  type RewardDecision,
  type RewardRules,
  rulesVersion1,
  type StudentAction,
  streakAsItStands,
  submissionLines,
  xpForNextLevel,
} from '../../src/rewards/index.js';
import { aStreak, day, deepFreeze, later, minute, noon } from './given.js';

const dateOf = (dayNumber: number) => new Date(dayNumber * day).toISOString().slice(0, 10);
/** Dates within about two years, so that histories contain consecutive days, gaps and steps back. */
const anyLocalDate = fc.integer({ min: 20_000, max: 20_700 }).map(dateOf);
const anyDate = fc.date({ noInvalidDate: true });

const anySubmission: fc.Arbitrary<StudentAction> = fc.record({
  kind: fc.constant('AssignmentSubmitted' as const),
  at: anyDate,
  localDate: anyLocalDate,
  dueDate: anyDate,
});

const anySession: fc.Arbitrary<StudentAction> = fc
  .record({
    plannedMinutes: fc.integer({ min: 1, max: 120 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    at: anyDate,
    localDate: anyLocalDate,
  })
  .map(({ plannedMinutes, share, at, localDate }) => {
    const least = Math.min(5, plannedMinutes) * 60;
    const focusedSeconds = least + Math.floor(share * (plannedMinutes * 60 - least));
    return { kind: 'PomodoroEnded', at, localDate, plannedMinutes, focusedSeconds };
  });

/** A realistic history on mostly consecutive days. The random dates above have mostly gaps. */
const realisticHistory = fc
  .array(fc.tuple(fc.oneof(anySubmission, anySession), fc.constantFrom(-1, 0, 0, 0, 1, 1, 1, 2, 3, 4)), {
    maxLength: 80,
  })
  .map((steps) => {
    let dayNumber = 20_000;
    return steps.map(([action, step]) => {
      dayNumber += step;
      return { ...action, localDate: dateOf(dayNumber) };
    });
  });

const anyHistory = fc.oneof(fc.array(fc.oneof(anySubmission, anySession), { maxLength: 80 }), realisticHistory);

const rulesInUse: [string, RewardRules][] = [
  ['discard', rulesVersion1],
  ['carry', { ...rulesVersion1, surplusXp: 'carry' }],
];

describe.each(rulesInUse)('for any history, under rules that %s the surplus,', (_name, rules) => {
  /** Checks that a property holds for every decision of any history. */
  function always(holds: (decision: RewardDecision, action: StudentAction) => void): void {
    fc.assert(
      fc.property(anyHistory, (history) => {
        let state = newStudentState;
        for (const action of history) {
          const decision = decideReward(state, action, rules);
          holds(decision, action);
          state = decision.state;
        }
      }),
    );
  }

  test('points are within their bounds', () =>
    always(({ xp, auraPoints }, action) => {
      const [least, most] =
        action.kind === 'AssignmentSubmitted' ? [10, 100] : [0, Math.floor(action.focusedSeconds / 60)];
      expect(xp).toBeGreaterThanOrEqual(least);
      expect(xp).toBeLessThanOrEqual(most);
      expect(auraPoints).toBe(xp);
    }));

  test('the lines add up to the points, and no line is empty', () =>
    always(({ xp, lines }) => {
      expect(lines.reduce((sum, { points }) => sum + points, 0)).toBe(xp);
      expect(lines.every(({ points, text }) => points !== 0 && text !== '')).toBe(true);
    }));

  test('xp stays below the next threshold', () =>
    always(({ after }) => {
      expect(after.xp).toBeGreaterThanOrEqual(0);
      expect(after.xp).toBeLessThan(xpForNextLevel(after.level, rules));
    }));

  test('aura points and levels never fall', () =>
    always(({ before, after, leveledUp }) => {
      expect(after.auraPoints).toBeGreaterThanOrEqual(before.auraPoints);
      expect(after.level).toBeGreaterThanOrEqual(before.level);
      expect(leveledUp).toBe(after.level !== before.level);
    }));

  test('no badge is unlocked twice, and none is lost', () =>
    always(({ state, newBadges }) => {
      expect(new Set(state.badges).size).toBe(state.badges.length);
      expect(state.badges.slice(state.badges.length - newBadges.length)).toEqual(newBadges);
    }));

  test('a streak is no longer than the number of active days, and holds 0 to 2 freezes', () => {
    const activeDays = new Set<string>();
    return always(({ before, state: { streak } }, { localDate }) => {
      if (before.lifetimeXp === 0) activeDays.clear();
      activeDays.add(localDate);
      expect(streak.days).toBeGreaterThanOrEqual(1);
      expect(streak.days).toBeLessThanOrEqual(activeDays.size);
      expect(streak.longest).toBeGreaterThanOrEqual(streak.days);
      expect([0, 1, 2]).toContain(streak.freezes);
    });
  });

  test('no day pays more than 240 minutes', () => {
    const paid = new Map<string | null, number>();
    return always(({ before, xp, state }, action) => {
      if (before.lifetimeXp === 0) paid.clear();
      if (action.kind !== 'PomodoroEnded') return;
      const { date } = state.focusToday;
      paid.set(date, (paid.get(date) ?? 0) + xp);
      expect(paid.get(date)).toBeLessThanOrEqual(240);
      expect(paid.get(date)).toBe(state.focusToday.paidMinutes);
    });
  });

  test('lifetimeXp and auraPoints are the sums of all rewards, and carry discards nothing', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        let state = newStudentState;
        const paid = { xp: 0, auraPoints: 0, discarded: 0, spentOnLevels: 0 };
        for (const action of history) {
          const decision = decideReward(state, action, rules);
          paid.xp += decision.xp;
          paid.auraPoints += decision.auraPoints;
          paid.discarded += decision.surplusDiscarded;
          for (let { level } = decision.before; level < decision.after.level; level += 1)
            paid.spentOnLevels += xpForNextLevel(level, rules);
          state = decision.state;
        }
        expect(state).toMatchObject({ lifetimeXp: paid.xp, auraPoints: paid.auraPoints });
        expect(paid.spentOnLevels + paid.discarded + state.xp).toBe(state.lifetimeXp);
        if (rules.surplusXp === 'carry') expect(paid.discarded).toBe(0);
      }),
    );
  });

  test('folding is deterministic and does not change its arguments', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const once = foldActions(deepFreeze(history), newStudentState, rules);
        expect(foldActions(structuredClone(history), newStudentState, rules)).toEqual(once);
      }),
    );
  });

  test('a history can be split anywhere and continued from a stored state', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(80), (history, cut) => {
        const stored = JSON.stringify(foldActions(history.slice(0, cut), newStudentState, rules));
        const foldedOn = foldActions(history.slice(cut), deepFreeze(JSON.parse(stored)), rules);
        expect(foldedOn).toEqual(foldActions(history, newStudentState, rules));
      }),
    );
  });
});

describe('for any dates', () => {
  test('a submission pays 10 to 100 points, and less than 50 if and only if it is late', () => {
    fc.assert(
      fc.property(anyDate, anyDate, (dueDate, at) => {
        const points = submissionLines(dueDate, at).reduce((sum, line) => sum + line.points, 0);
        expect(points).toBeGreaterThanOrEqual(10);
        expect(points).toBeLessThanOrEqual(100);
        expect(points < 50).toBe(isLate(dueDate, at));
      }),
    );
  });

  test('a later submission never pays more', () => {
    const nearDue = fc.integer({ min: -8 * day, max: 8 * day }).map((offset) => later(noon, offset));
    const pointsAt = (at: Date) => submissionLines(noon, at).reduce((sum, line) => sum + line.points, 0);
    fc.assert(
      fc.property(nearDue, fc.nat(3 * day), (at, delay) => {
        expect(pointsAt(later(at, delay))).toBeLessThanOrEqual(pointsAt(at));
      }),
    );
  });

  test('a session ends between its start and its expiry, with focused time from 0 to the planned time', () => {
    const anyMoment = fc.integer({ min: -day, max: 2 * day }).map((offset) => later(noon, offset));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 120 }), anyMoment, (plannedMinutes, at) => {
        const { status, endedAt, focusedSeconds } = pomodoroOutcome({ startedAt: noon, plannedMinutes }, at);
        const expiry = later(noon, plannedMinutes * minute + day / 2);
        expect(status === 'EXPIRED').toBe(at > expiry);
        expect(endedAt >= noon && endedAt <= expiry).toBe(true);
        expect(focusedSeconds === null).toBe(status === 'EXPIRED');
        expect(focusedSeconds ?? 0).toBeGreaterThanOrEqual(0);
        expect(focusedSeconds ?? 0).toBeLessThanOrEqual(plannedMinutes * 60);
      }),
    );
  });

  test('daysBetween is additive and antisymmetric', () => {
    fc.assert(
      fc.property(anyLocalDate, anyLocalDate, anyLocalDate, (a, b, c) => {
        expect(daysBetween(a, b) + daysBetween(b, c)).toBe(daysBetween(a, c));
        expect(daysBetween(a, b) + daysBetween(b, a)).toBe(0);
      }),
    );
  });

  test('a streak as it stands tells what the next activity makes of the stored one', () => {
    const anyGap = fc.integer({ min: -3, max: 8 });
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 0, max: 2 }), anyGap, anyGap, (days, freezes, gap, later) => {
        const stored = aStreak({ days: days + 1, longest: 50, freezes, lastActiveOn: dateOf(20_000) });
        const today = dateOf(20_000 + gap);
        const shown = streakAsItStands(stored, today);
        const next = advanceStreak(stored, today);
        expect(next.days).toBe(shown.days + (gap > 0 ? 1 : 0));
        expect(advanceStreak(shown, today)).toEqual(next);
        // Once it is over it stays over, and showing it again changes nothing.
        expect(streakAsItStands(shown, today)).toEqual(shown);
        if (shown.days === 0) expect(streakAsItStands(stored, dateOf(20_000 + gap + Math.abs(later))).days).toBe(0);
      }),
    );
  });

  test('advanceStreak agrees with a day-by-day walk through the calendar', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 6 }), (days, freezes, gap) => {
        const walked = aStreak({ days, longest: days, freezes, lastActiveOn: dateOf(20_000) });
        const { days: reached } = advanceStreak(walked, dateOf(20_000 + gap));
        let frozen = freezes;
        let alive = true;
        for (let missed = 1; missed < gap; missed += 1) {
          if (frozen > 0) frozen -= 1;
          else alive = false;
        }
        expect(reached).toBe(alive ? days + 1 : 1);
      }),
    );
  });
});
