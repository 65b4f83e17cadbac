/** What is to come of a request (then...): paid, replayed, or refused with nothing written. */
import { expect } from '@jest/globals';
import type { PomodoroEnded } from '../../src/actions/end-pomodoro.js';
import type { AssignmentSubmitted } from '../../src/actions/submit-assignment.js';
import type { RefusalCode, Refused } from '../../src/granting/refusal.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import type { TestDatabase } from './database.js';
import { storedStudent } from './given.js';

/** What a granting action answers where it does not refuse. */
export type Granted = AssignmentSubmitted | PomodoroEnded;
type Answer<Outcome> = Exclude<Outcome, Refused>;

/** The answer of a request that must not have been refused. */
export function answered<Outcome extends { kind: string }>(outcome: Outcome | Refused): Answer<Outcome> {
  if (outcome.kind === 'refused') throw new Error(`refused: ${(outcome as Refused).code}`);
  return outcome as Answer<Outcome>;
}

/** The answer of a request that must have been paid, now or before. */
export function rewarded<Outcome extends Granted>(
  outcome: Outcome | Refused,
): Answer<Outcome> & { readonly reward: RewardRecord } {
  const answer = answered(outcome);
  if (!answer.reward) throw new Error('nothing was paid');
  return answer as Answer<Outcome> & { readonly reward: RewardRecord };
}

/** The answer of a request that must have been paid by itself, and answered with all that is stored. */
export async function expectPaid<Outcome extends Granted>(outcome: Outcome | Refused) {
  const answer = rewarded(outcome);
  expect(answer.replayed).toBe(false);
  expect(answer.reward).toEqual(await RewardModel.findById(answer.reward._id).lean<RewardRecord>());
  expect(answer.student).toEqual(await storedStudent(answer.student._id));
  return answer;
}

/**
 * The repeat has the outcome of the first: its reward as it was written, or none, and its session; with the student
 * as it stands now.
 */
export async function expectReplay(again: Granted | Refused, first: Granted | Refused): Promise<void> {
  const before = answered(first);
  const replay = answered(again);
  expect(replay.replayed).toBe(true);
  expect(replay.reward).toEqual(before.reward);
  expect(replay.student).toEqual(await storedStudent(before.student._id));
  if (replay.kind === 'ended') expect(replay.session).toEqual((before as PomodoroEnded).session);
}

/** Of requests for the same thing one was paid, and all the others replay it. */
export async function expectPaidOnce<Outcome extends Granted>(outcomes: readonly (Outcome | Refused)[]) {
  const answers = outcomes.map((outcome) => rewarded(outcome));
  const payers = answers.filter(({ replayed }) => !replayed);
  expect(payers).toHaveLength(1);
  const payer = payers[0]!;
  for (const answer of answers) if (answer !== payer) await expectReplay(answer, payer);
  return payer;
}

/** Refused with this code, and a message for people. @returns the message */
export function expectRefused(outcome: { kind: string } | Refused, code: RefusalCode): string {
  expect(outcome).toEqual({ kind: 'refused', code, message: expect.stringMatching(/^[A-Z].+\.$/) });
  return (outcome as Refused).message;
}

/** Does it, and nothing at all in the whole database is another than before. */
export async function expectNothingWritten<Outcome>(
  database: TestDatabase,
  act: () => Promise<Outcome>,
): Promise<Outcome> {
  const before = await database.snapshot();
  const outcome = await act();
  expect(await database.snapshot()).toEqual(before);
  return outcome;
}

/** Refused, and nothing written. @returns the message */
export async function expectRefusal(
  database: TestDatabase,
  code: RefusalCode,
  act: () => Promise<{ kind: string } | Refused>,
): Promise<string> {
  return expectRefused(await expectNothingWritten(database, act), code);
}
