/** Assertions about outcomes: paid, replayed, or refused with nothing written. */
import { expect } from '@jest/globals';
import type { EndPomodoroOutcome } from '../../src/actions/end-pomodoro.js';
import type { SubmitAssignmentOutcome } from '../../src/actions/submit-assignment.js';
import type { RefusalCode, Refused } from '../../src/granting/refusal.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import type { TestDatabase } from './database.js';
import { storedStudent } from './given.js';

/** The outcome of a granting action that is not refused. */
export type Granted = SubmitAssignmentOutcome | EndPomodoroOutcome;
type Answer<Outcome> = Exclude<Outcome, Refused>;

/** @returns the outcome of a request. @throws Error if it was refused */
export function answered<Outcome extends { kind: string }>(outcome: Outcome | Refused): Answer<Outcome> {
  if (outcome.kind === 'refused') throw new Error(`refused: ${(outcome as Refused).code}`);
  return outcome as Answer<Outcome>;
}

/** @returns the outcome of a request that was paid, now or before. @throws Error if it was not */
export function rewarded<Outcome extends Granted>(
  outcome: Outcome | Refused,
): Answer<Outcome> & { readonly reward: RewardRecord } {
  const answer = answered(outcome);
  if (!answer.reward) throw new Error('nothing was paid');
  return answer as Answer<Outcome> & { readonly reward: RewardRecord };
}

/** Asserts that this request itself was paid, and that its outcome equals the stored reward and student. */
export async function expectPaid<Outcome extends Granted>(outcome: Outcome | Refused) {
  const answer = rewarded(outcome);
  expect(answer.replayed).toBe(false);
  expect(answer.reward).toEqual(await RewardModel.findById(answer.reward._id).lean<RewardRecord>());
  expect(answer.student).toEqual(await storedStudent(answer.student._id));
  return answer;
}

/**
 * Asserts that `again` replays `first`: it has the same reward as it was written (or none), the same session, and the
 * student as it is stored now.
 */
export async function expectReplay(again: Granted | Refused, first: Granted | Refused): Promise<void> {
  const before = answered(first);
  const replay = answered(again);
  expect(replay.replayed).toBe(true);
  expect(replay.reward).toEqual(before.reward);
  expect(replay.student).toEqual(await storedStudent(before.student._id));
  if (replay.kind === 'ended') expect(replay.session).toEqual((before as EndPomodoroOutcome).session);
}

/** Asserts that exactly one of these requests for the same work was paid, and that all others replay it. */
export async function expectPaidOnce<Outcome extends Granted>(outcomes: readonly (Outcome | Refused)[]) {
  const answers = outcomes.map((outcome) => rewarded(outcome));
  const payers = answers.filter(({ replayed }) => !replayed);
  expect(payers).toHaveLength(1);
  const payer = payers[0]!;
  for (const answer of answers) if (answer !== payer) await expectReplay(answer, payer);
  return payer;
}

/** Asserts a refusal with this code and a message for people. @returns the message */
export function expectRefused(outcome: { kind: string } | Refused, code: RefusalCode): string {
  expect(outcome).toEqual({ kind: 'refused', code, message: expect.stringMatching(/^[A-Z].+\.$/) });
  return (outcome as Refused).message;
}

/** Runs `act` and asserts that the whole database is unchanged. @returns the result of `act` */
export async function expectNothingWritten<Outcome>(
  database: TestDatabase,
  act: () => Promise<Outcome>,
): Promise<Outcome> {
  const before = await database.snapshot();
  const outcome = await act();
  expect(await database.snapshot()).toEqual(before);
  return outcome;
}

/** Asserts that `act` is refused with this code and writes nothing. @returns the message */
export async function expectRefusal(
  database: TestDatabase,
  code: RefusalCode,
  act: () => Promise<{ kind: string } | Refused>,
): Promise<string> {
  return expectRefused(await expectNothingWritten(database, act), code);
}
