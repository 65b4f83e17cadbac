import { beforeEach, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { PomodoroSessionModel } from '../../src/storage/models/pomodoro-session.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { hour, later, noon } from '../rewards/given.js';
import { useDatabase } from './database.js';
import { expectExactLedger } from './exact-ledger.js';
import { focus, givenAssignment, givenClass, submit } from './given.js';

useDatabase();

let student: Types.ObjectId;

/** Two submissions, one session that was paid and one that was not. */
beforeEach(async () => {
  const given = await givenClass();
  student = given.student;
  await submit(student, given.assignment, { key: 'key' });
  await submit(student, await givenAssignment(given.course));
  await focus(student, 25);
  await focus(student, 1, { from: later(noon, hour), plannedMinutes: 25 });
});

test('accepts a ledger that the product wrote', async () => {
  expect((await expectExactLedger(student)).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});

const ofStudent = (change: object) => StudentModel.collection.updateOne({ _id: student }, change);
const ofRow = (sequence: number, change: object) =>
  RewardModel.collection.updateOne({ studentId: student, sequence }, change);
const ofSubmission = (change: object) => SubmissionModel.collection.updateOne({ studentId: student }, change);
const ofSession = (status: string, change: object) =>
  PomodoroSessionModel.collection.updateOne({ studentId: student, status }, change);

const faults: readonly { readonly fault: string; readonly field: string; readonly plant: () => Promise<unknown> }[] = [
  { fault: 'a balance too high', field: 'auraPoints', plant: () => ofStudent({ $inc: { auraPoints: 1 } }) },
  { fault: 'a lifetime too low', field: 'lifetimeXp', plant: () => ofStudent({ $inc: { lifetimeXp: -1 } }) },
  { fault: 'a level without the xp for it', field: 'level', plant: () => ofStudent({ $inc: { level: 1 } }) },
  { fault: 'a counter too high', field: 'submissionCount', plant: () => ofStudent({ $inc: { submissionCount: 1 } }) },
  { fault: 'a longer streak', field: 'streak.days', plant: () => ofStudent({ $inc: { 'streak.days': 1 } }) },
  {
    fault: 'more focus today',
    field: 'focusToday.paidMinutes',
    plant: () => ofStudent({ $inc: { 'focusToday.paidMinutes': 1 } }),
  },
  {
    fault: 'more aura in the week',
    field: 'auraWindow.week',
    plant: () => ofStudent({ $inc: { 'auraWindow.week': 1 } }),
  },
  { fault: 'a sequence ahead of the ledger', field: 'sequence', plant: () => ofStudent({ $inc: { sequence: 1 } }) },
  { fault: 'a badge lost', field: 'badges[1]', plant: () => ofStudent({ $pop: { badges: 1 } }) },
  {
    fault: 'a badge of another reward',
    field: 'badges[0].rewardId',
    plant: () => ofStudent({ $set: { 'badges.0.rewardId': new Types.ObjectId() } }),
  },
  {
    fault: 'a badge with another time',
    field: 'badges[0].unlockedAt',
    plant: () => ofStudent({ $set: { 'badges.0.unlockedAt': later(noon, 1) } }),
  },
  { fault: 'a field that is not declared', field: 'extra', plant: () => ofStudent({ $set: { extra: 1 } }) },
  {
    fault: 'a reward lost',
    field: 'rewards[2].sequence',
    plant: () => RewardModel.collection.deleteOne({ studentId: student, sequence: 2 }),
  },
  {
    fault: 'the last reward lost',
    field: 'sequence',
    plant: () => RewardModel.collection.deleteOne({ studentId: student, sequence: 3 }),
  },
  { fault: 'a reward too high', field: 'rewards[2].xp', plant: () => ofRow(2, { $inc: { xp: 1, auraPoints: 1 } }) },
  {
    fault: 'a reward with one line too many',
    field: 'rewards[2].lines[1]',
    plant: () => ofRow(2, { $push: { lines: { rule: 'x', text: 'x', points: 0 } } }),
  },
  {
    fault: 'a reward that starts from another balance',
    field: 'rewards[2].before.xp',
    plant: () => ofRow(2, { $inc: { 'before.xp': 1 } }),
  },
  {
    fault: 'a reward of another day',
    field: 'rewards[2].localDate',
    plant: () => ofRow(2, { $set: { localDate: '2026-03-12' } }),
  },
  {
    fault: 'a reward of a higher sequence',
    field: 'rewards[3].sequence',
    plant: () => ofRow(3, { $inc: { sequence: 1 } }),
  },
  {
    fault: 'a reward for another subject',
    field: 'rewards[2].subject.id',
    plant: () => ofRow(2, { $set: { 'subject.id': new Types.ObjectId() } }),
  },
  {
    fault: 'a reward without its action',
    field: 'rewards[2].action',
    plant: () => ofRow(2, { $unset: { action: 1 } }),
  },
  {
    fault: 'a submission lost',
    field: 'rewards[1].subject',
    plant: async () => {
      const row = await RewardModel.collection.findOne({ studentId: student, sequence: 1 });
      return SubmissionModel.collection.deleteOne({ studentId: student, rewardId: row?._id });
    },
  },
  {
    fault: 'a submission of another reward',
    field: 'rewardId',
    plant: () => ofSubmission({ $set: { rewardId: new Types.ObjectId() } }),
  },
  { fault: 'a submission that is late', field: 'late', plant: () => ofSubmission({ $set: { late: true } }) },
  {
    fault: 'a session lost',
    field: 'rewards[3].subject',
    plant: () => PomodoroSessionModel.collection.deleteOne({ studentId: student, status: 'COMPLETED' }),
  },
  {
    fault: 'a session without its reward',
    field: 'rewardId',
    plant: () => ofSession('COMPLETED', { $set: { rewardId: null } }),
  },
  {
    fault: 'a session with a longer duration',
    field: 'focusedSeconds',
    plant: () => ofSession('COMPLETED', { $inc: { focusedSeconds: 1 } }),
  },
  {
    fault: 'a reward for an abandoned session',
    field: 'rewardId',
    plant: () => ofSession('ABANDONED', { $set: { rewardId: new Types.ObjectId() } }),
  },
];

describe('rejects a wrong ledger and names the field', () => {
  test.each(faults)('$fault', async ({ field, plant }) => {
    expect(await plant()).toMatchObject({ acknowledged: true });
    await expect(expectExactLedger(student)).rejects.toThrow(`${field}",`);
  });
});
