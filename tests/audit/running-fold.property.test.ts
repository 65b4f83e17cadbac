import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { inChain, RunningFold } from '../../src/audit/running-fold.js';
import { changeOfPresence, isRevoked, raisesWorth, subjectOf } from '../../src/granting/correct-reward.js';
import {
  type Correction,
  decideCorrection,
  decideFromFolds,
  decideReward,
  foldLedger,
  type LedgerAction,
  type PaidAction,
  rulesVersion1,
} from '../../src/rewards/index.js';
import type { LedgerRow } from '../../src/storage/models/reward.js';
import { day, hour, later, noon } from '../rewards/given.js';

const percent = fc.integer({ min: 0, max: 100 });
/** One row of a ledger. `share` says which earlier row a correction names. */
const anyStep = fc.record({
  kind: fc.constantFrom<LedgerAction['kind']>(
    'AssignmentSubmitted',
    'PomodoroEnded',
    'PomodoroEnded',
    'BonusGranted',
    'SubmissionGraded',
    'RewardRevoked',
    'RewardRestored',
    'SubmissionRegraded',
    'DeadlineExtended',
  ),
  share: percent,
  grade: percent,
  daysEarly: fc.integer({ min: -6, max: 7 }),
  hours: fc.constantFrom(0, 1, 24, 24, 48),
});
type Step = typeof anyStep extends fc.Arbitrary<infer Value> ? Value : never;

/** Longer than several of the stretches whose folds are kept. */
const anyHistory = fc.array(anyStep, { minLength: 150, maxLength: 300, size: 'max' });

const CORRECTABLE: Partial<Record<LedgerAction['kind'], LedgerAction['kind']>> = {
  SubmissionRegraded: 'SubmissionGraded',
  DeadlineExtended: 'AssignmentSubmitted',
};

function paidAction({ kind, grade, daysEarly }: Step, at: Date): PaidAction {
  const dated = { at, localDate: at.toISOString().slice(0, 10) };
  switch (kind) {
    case 'AssignmentSubmitted':
      return { kind, ...dated, dueDate: later(at, daysEarly * day) };
    case 'BonusGranted':
      return { kind, ...dated, points: 1 + 5 * grade, note: 'Well done.' };
    case 'SubmissionGraded':
      return { kind, ...dated, grade, note: null };
    default:
      return { kind: 'PomodoroEnded', ...dated, plannedMinutes: 25, focusedSeconds: 1_500 };
  }
}

/** @returns a correction of an earlier row; undefined if there is none that this kind can correct */
function correctionOf({ kind, share, grade, daysEarly }: Step, ledger: readonly LedgerRow[], at: Date) {
  const own = CORRECTABLE[kind];
  const correctable = ledger.filter(({ action, corrects }) => !corrects && (!own || action.kind === own));
  const corrected = correctable[Math.floor((share / 101) * correctable.length)];
  if (!corrected) return undefined;
  const { sequence, localDate } = corrected;
  const dueDate = later(corrected.action.at, daysEarly * day);
  return { kind, at, localDate, sequence, note: 'Because.', grade, dueDate } as unknown as Correction;
}

const rowOf = (ledger: readonly LedgerRow[], action: LedgerAction, xp: number): LedgerRow => ({
  _id: new Types.ObjectId(),
  studentId: new Types.ObjectId('0'.repeat(24)),
  sequence: ledger.length + 1,
  subject: { kind: 'bonus', id: new Types.ObjectId() },
  xp,
  localDate: action.localDate,
  action,
  rulesVersion: 1,
  grantedAt: action.at,
});

/** Corrects in both ways, and compares what they say. */
function correct(fold: RunningFold, correction: Correction): void {
  const ledger = [...fold.ledger];
  const corrected = ledger[correction.sequence - 1]!;
  const chain = fold.chainOf(correction.sequence);
  const short = inChain(correction);
  const decision = decideCorrection(ledger, correction, rulesVersion1);
  const row = { ...rowOf(ledger, correction, decision.xp), corrects: corrected._id };
  expect(subjectOf(chain, chain[0]!, short)).toEqual(subjectOf(ledger, corrected, correction));
  expect(changeOfPresence(chain, short)).toBe(changeOfPresence(ledger, correction));
  expect(isRevoked(chain, short)).toBe(isRevoked(ledger, corrected));
  expect(raisesWorth(chain, { ...row, action: short })).toBe(raisesWorth(ledger, row));
  expect(decideFromFolds(correction, fold.correct(correction, rulesVersion1), rulesVersion1)).toEqual(decision);
  fold.addCorrecting(row, correction);
}

test('for any ledger, a running fold decides each correction as a fold of the whole ledger does', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const fold = new RunningFold();
      let at = noon;
      for (const step of history) {
        at = later(at, step.hours * hour);
        const isPaid = !['RewardRevoked', 'RewardRestored', ...Object.keys(CORRECTABLE)].includes(step.kind);
        const correction = isPaid ? undefined : correctionOf(step, fold.ledger, at);
        if (correction) correct(fold, correction);
        else {
          const action = paidAction(step, at);
          const decision = decideReward(fold.now.state, action);
          fold.pay(rowOf(fold.ledger, action, decision.xp), decision);
        }
      }
      expect(fold.now).toEqual(foldLedger(fold.ledger));
    }),
    { numRuns: 20 },
  );
});

test('a correction of a late row reads few of the rows before it', () => {
  const fold = new RunningFold();
  let reads = 0;
  for (let number = 0; number < 2_000; number++) {
    const at = later(noon, number * hour);
    const action = {
      kind: 'BonusGranted',
      at,
      localDate: at.toISOString().slice(0, 10),
      points: 5,
      note: 'x',
    } as const;
    const decision = decideReward(fold.now.state, action);
    const row = rowOf(fold.ledger, action, decision.xp);
    Object.defineProperty(row, 'action', {
      get() {
        reads += 1;
        return action;
      },
    });
    fold.pay(row, decision);
  }
  reads = 0;
  const { action, sequence, localDate } = fold.ledger[1_980]!;
  const revoked = { kind: 'RewardRevoked', at: action.at, localDate, sequence, note: 'x' } as const;
  expect(fold.correct(revoked, rulesVersion1).corrected.isRevoked).toBe(true);
  expect(reads).toBeGreaterThan(20);
  expect(reads).toBeLessThan(200);
});
