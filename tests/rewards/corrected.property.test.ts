import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Correction,
  type CorrectionDecision,
  decideCorrection,
  decideReward,
  foldLedger,
  type LedgerEntry,
  newStudentState,
  type PaidAction,
  type Progress,
  type RewardRules,
  rulesVersion1,
  type StudentState,
  worthsOf,
} from '../../src/rewards/index.js';
import { day, deepFreeze, later, noon } from './given.js';
import { type NaiveRow, naiveSessionPoints, naiveStudent, naiveSubmissionPoints } from './naive-student.js';

const dateOf = (dayNumber: number) => new Date(dayNumber * day).toISOString().slice(0, 10);

/** One step of a history. `row` names an earlier row, counted modulo their number. */
type Step =
  | { readonly does: 'submit'; readonly daysEarly: number }
  | { readonly does: 'focus'; readonly minutes: number }
  | { readonly does: 'bonus'; readonly points: number }
  | { readonly does: 'grade'; readonly grade: number }
  | { readonly does: 'revoke' | 'restore'; readonly row: number }
  | { readonly does: 'regrade'; readonly row: number; readonly grade: number }
  | { readonly does: 'extend'; readonly row: number; readonly daysEarly: number };

const row = fc.nat(30);
const grade = fc.integer({ min: 0, max: 100 });
const daysEarly = fc.integer({ min: -6, max: 7 });
const anyStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('submit'), daysEarly }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('focus'), minutes: fc.constantFrom(5, 25, 90, 120) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('bonus'), points: fc.constantFrom(1, 40, 100, 1_000) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('grade'), grade }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom('revoke', 'restore'), row }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('regrade'), row, grade }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('extend'), row, daysEarly }) },
) as fc.Arbitrary<Step>;

/** Steps on mostly consecutive days, so that streaks grow, break and use their freezes. A day may also come back. */
const anyHistory = fc.array(fc.tuple(anyStep, fc.constantFrom(-1, 0, 0, 1, 1, 1, 2, 3)), {
  maxLength: 40,
  size: 'max',
});
/** Histories are long, so fewer of them do. */
const runs = { numRuns: 40 };

/** What the product makes of a history, beside the naive rows. */
class Played {
  readonly entries: LedgerEntry[] = [];
  readonly rows: NaiveRow[] = [];
  /** The positions of the entries that `rows` describes. */
  readonly sequences: number[] = [];
  state: StudentState = newStudentState;
  #day = 20_000;

  constructor(
    readonly rules: RewardRules,
    readonly onCorrection: (decision: CorrectionDecision, before: StudentState) => void = () => {},
  ) {}

  play([step, days]: readonly [Step, number]): void {
    this.#day += days;
    const at = later(noon, (this.#day - 20_000) * day);
    const dated = { at, localDate: dateOf(this.#day) };
    switch (step.does) {
      case 'submit': {
        const dueDate = later(at, step.daysEarly * day);
        const points = naiveSubmissionPoints(dueDate, at);
        this.#pay({ kind: 'AssignmentSubmitted', ...dated, dueDate }, 'submission', points);
        return;
      }
      case 'focus': {
        const seconds = step.minutes * 60;
        const points = naiveSessionPoints(this.rows, dated.localDate, seconds);
        const { minutes: plannedMinutes } = step;
        this.#pay({ kind: 'PomodoroEnded', ...dated, plannedMinutes, focusedSeconds: seconds }, 'session', points);
        return;
      }
      case 'bonus':
        this.#pay({ kind: 'BonusGranted', ...dated, points: step.points, note: 'Well.' }, 'bonus', step.points);
        return;
      case 'grade': {
        const points = Math.floor(step.grade / 2);
        this.#pay({ kind: 'SubmissionGraded', ...dated, grade: step.grade, note: null }, 'grade', points);
        return;
      }
      default:
        this.#correctNamed(step, dated);
    }
  }

  #correctNamed(step: Step & { row: number }, dated: { at: Date; localDate: string }): void {
    if (this.rows.length === 0) return;
    const position = step.row % this.rows.length;
    const corrected = this.rows[position]!;
    const of = { ...dated, localDate: corrected.localDate, sequence: this.sequences[position]! };
    switch (step.does) {
      case 'revoke':
        this.correct({ kind: 'RewardRevoked', ...of, note: 'No.' });
        corrected.isRevoked = true;
        return;
      case 'restore':
        this.correct({ kind: 'RewardRestored', ...of, note: 'Yes.' });
        corrected.isRevoked = false;
        return;
      case 'regrade':
        if (corrected.kind !== 'grade') return;
        this.correct({ kind: 'SubmissionRegraded', ...of, grade: step.grade, note: null });
        corrected.isRevoked = false;
        corrected.points = Math.floor(step.grade / 2);
        return;
      case 'extend': {
        if (corrected.kind !== 'submission') return;
        const dueDate = later(corrected.at, step.daysEarly * day);
        this.correct({ kind: 'DeadlineExtended', ...of, dueDate, note: 'Ill.' });
        corrected.points = Math.max(corrected.points, naiveSubmissionPoints(dueDate, corrected.at));
      }
    }
  }

  #pay(action: PaidAction, kind: NaiveRow['kind'], points: number): void {
    const decision = decideReward(this.state, action, this.rules);
    expect(decision.xp).toBe(points);
    this.#append(action, decision.xp);
    this.state = decision.state;
    const seconds = action.kind === 'PomodoroEnded' ? action.focusedSeconds : 0;
    this.rows.push({ kind, points, isRevoked: false, localDate: action.localDate, at: action.at, seconds });
    this.sequences.push(this.entries.length);
  }

  correct(correction: Correction): CorrectionDecision {
    const decision = decideCorrection(deepFreeze(this.entries.slice()), correction, this.rules, this.rulesFor);
    this.onCorrection(decision, this.state);
    this.#append(correction, decision.xp);
    this.state = decision.folded.state;
    return decision;
  }

  #append(action: LedgerEntry['action'], xp: number): void {
    this.entries.push({ action, xp, rulesVersion: this.rules.version });
  }

  readonly rulesFor = (version: number): RewardRules => {
    expect(version).toBe(this.rules.version);
    return this.rules;
  };
}

function played(history: readonly (readonly [Step, number])[], rules: RewardRules, ...rest: [Played['onCorrection']?]) {
  const result = new Played(rules, ...rest);
  for (const step of history) result.play(step);
  return result;
}

const isHigher = (one: Progress, other: Progress) =>
  one.level > other.level || (one.level === other.level && one.xp > other.xp);

const rulesInUse: [string, RewardRules & { readonly surplusXp: 'discard' | 'carry' }][] = [
  ['discard', { ...rulesVersion1, surplusXp: 'discard' }],
  ['carry', { ...rulesVersion1, version: 7, surplusXp: 'carry' }],
];

describe.each(rulesInUse)('for any grants and corrections, under rules that %s the surplus,', (surplus, rules) => {
  test('the student is what the rows that count make of it', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const { entries, rows, sequences, state, rulesFor } = played(history, rules);
        const naive = naiveStudent(rows, surplus as 'discard' | 'carry');
        const folded = foldLedger(entries, rulesFor);
        expect(state).toEqual(naive.state);
        expect(folded.state).toEqual(naive.state);
        expect(folded.badges).toEqual(
          naive.badges.map(({ badgeId, sequence }) => ({ badgeId, sequence: sequences[sequence - 1] })),
        );
      }),
      runs,
    );
  });

  test('each row is worth what its latest correction says, and the xp of a row and its corrections add up to it', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const { entries, rows, sequences, rulesFor } = played(history, rules);
        const worths = worthsOf(entries, rulesFor);
        expect([...worths]).toEqual(
          rows.map(({ points, isRevoked }, position) => [sequences[position], { points, isRevoked }]),
        );
        for (const [position, { points, isRevoked }] of rows.entries()) {
          const sequence = sequences[position]!;
          const ofRow = entries.filter(
            ({ action }, at) => at + 1 === sequence || ('sequence' in action && action.sequence === sequence),
          );
          expect(ofRow.reduce((sum, { xp }) => sum + xp, 0)).toBe(isRevoked ? 0 : points);
        }
      }),
      runs,
    );
  });

  test('a correction downwards never raises level or xp, one upwards never lowers them, one of 0 moves neither', () => {
    let corrections = 0;
    fc.assert(
      fc.property(anyHistory, (history) => {
        played(history, rules, ({ xp, before, after }) => {
          corrections += 1;
          expect(isHigher(after, before) && xp <= 0).toBe(false);
          expect(isHigher(before, after) && xp >= 0).toBe(false);
        });
      }),
      runs,
    );
    expect(corrections).toBeGreaterThan(40);
  });

  test('a correction says what it changes: before, after, the level, the badges won and lost', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        played(history, rules, (decision, state) => {
          const { before, after, xp, auraPoints, worth, folded, lines } = decision;
          const { level, xp: ofLevel, lifetimeXp } = state;
          expect(before).toEqual({ level, xp: ofLevel, lifetimeXp, auraPoints: state.auraPoints });
          expect(after).toMatchObject({ lifetimeXp: lifetimeXp + xp, auraPoints: state.auraPoints + auraPoints });
          expect(auraPoints).toBe(xp);
          expect(worth).toBeGreaterThanOrEqual(0);
          expect(lines.reduce((sum, { points }) => sum + points, 0)).toBe(xp);
          expect(decision.leveledUp).toBe(after.level > before.level);
          const kept = state.badges.filter((badge) => !decision.lostBadges.includes(badge));
          expect([...kept, ...decision.newBadges].sort()).toEqual([...folded.state.badges].sort());
          expect(decision.newBadges.some((badge) => state.badges.includes(badge))).toBe(false);
        });
      }),
      runs,
    );
  });

  test('revoking a row and restoring it gives back the exact state, and the badges their rows', () => {
    fc.assert(
      fc.property(anyHistory, fc.nat(), (history, which) => {
        const before = played(history, rules);
        const counted = before.sequences.filter((_, position) => !before.rows[position]!.isRevoked);
        fc.pre(counted.length > 0);
        const sequence = counted[which % counted.length]!;
        const { state, rulesFor } = before;
        const folded = foldLedger(before.entries, rulesFor);
        const { localDate } = before.entries[sequence - 1]!.action;
        const of = { at: noon, localDate, sequence, note: 'Once.' };
        const revoked = before.correct({ kind: 'RewardRevoked', ...of });
        const restored = before.correct({ kind: 'RewardRestored', ...of });
        expect(before.state).toEqual(state);
        expect(restored.folded).toEqual(folded);
        expect(restored).toMatchObject({
          xp: 0 - revoked.xp,
          before: revoked.after,
          after: revoked.before,
          leveledUp: revoked.before.level > revoked.after.level,
        });
        expect([...restored.newBadges].sort()).toEqual([...revoked.lostBadges].sort());
      }),
      runs,
    );
  });
});
