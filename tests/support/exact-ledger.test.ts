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

/** Two submissions, a session that was paid and one that was not. */
beforeEach(async () => {
  const given = await givenClass();
  student = given.student;
  await submit(student, given.assignment, { key: 'key' });
  await submit(student, await givenAssignment(given.course));
  await focus(student, 25);
  await focus(student, 1, { from: later(noon, hour), plannedMinutes: 25 });
});

test('a ledger that was written by the product is exact', async () => {
  expect((await expectExactLedger(student)).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});

const ofStudent = (change: object) => StudentModel.collection.updateOne({ _id: student }, change);
const ofRow = (sequence: number, change: object) =>
  RewardModel.collection.updateOne({ studentId: student, sequence }, change);
const ofSubmission = (change: object) => SubmissionModel.collection.updateOne({ studentId: student }, change);
const ofSession = (status: string, change: object) =>
  PomodoroSessionModel.collection.updateOne({ studentId: student, status }, change);

const faults: readonly { readonly fault: string; readonly plant: () => Promise<unknown> }[] = [
  { fault: 'a balance too high', plant: () => ofStudent({ $inc: { auraPoints: 1 } }) },
  { fault: 'a lifetime too low', plant: () => ofStudent({ $inc: { lifetimeXp: -1 } }) },
  { fault: 'a level of nothing', plant: () => ofStudent({ $inc: { level: 1 } }) },
  { fault: 'a counter too high', plant: () => ofStudent({ $inc: { submissionCount: 1 } }) },
  { fault: 'a longer streak', plant: () => ofStudent({ $inc: { 'streak.days': 1 } }) },
  { fault: 'more focus today', plant: () => ofStudent({ $inc: { 'focusToday.paidMinutes': 1 } }) },
  { fault: 'more aura in the week', plant: () => ofStudent({ $inc: { 'auraWindow.week': 1 } }) },
  { fault: 'a sequence ahead of the ledger', plant: () => ofStudent({ $inc: { sequence: 1 } }) },
  { fault: 'a badge lost', plant: () => ofStudent({ $pop: { badges: 1 } }) },
  {
    fault: 'a badge of another reward',
    plant: () => ofStudent({ $set: { 'badges.0.rewardId': new Types.ObjectId() } }),
  },
  { fault: 'a badge at another time', plant: () => ofStudent({ $set: { 'badges.0.unlockedAt': later(noon, 1) } }) },
  { fault: 'a field that is not declared', plant: () => ofStudent({ $set: { extra: 1 } }) },
  { fault: 'a reward lost', plant: () => RewardModel.collection.deleteOne({ studentId: student, sequence: 2 }) },
  { fault: 'the last reward lost', plant: () => RewardModel.collection.deleteOne({ studentId: student, sequence: 3 }) },
  { fault: 'a reward too high', plant: () => ofRow(2, { $inc: { xp: 1, auraPoints: 1 } }) },
  {
    fault: 'a reward with a line too much',
    plant: () => ofRow(2, { $push: { lines: { rule: 'x', text: 'x', points: 0 } } }),
  },
  { fault: 'a reward that begins elsewhere', plant: () => ofRow(2, { $inc: { 'before.xp': 1 } }) },
  { fault: 'a reward of another day', plant: () => ofRow(2, { $set: { localDate: '2026-03-12' } }) },
  { fault: 'a reward of a higher sequence', plant: () => ofRow(3, { $inc: { sequence: 1 } }) },
  { fault: 'a reward for another subject', plant: () => ofRow(2, { $set: { 'subject.id': new Types.ObjectId() } }) },
  { fault: 'a reward without what was done', plant: () => ofRow(2, { $unset: { action: 1 } }) },
  { fault: 'a submission lost', plant: () => SubmissionModel.collection.deleteOne({ studentId: student }) },
  { fault: 'a submission of another reward', plant: () => ofSubmission({ $set: { rewardId: new Types.ObjectId() } }) },
  { fault: 'a submission that is late', plant: () => ofSubmission({ $set: { late: true } }) },
  {
    fault: 'a session lost',
    plant: () => PomodoroSessionModel.collection.deleteOne({ studentId: student, status: 'COMPLETED' }),
  },
  { fault: 'a session without its reward', plant: () => ofSession('COMPLETED', { $set: { rewardId: null } }) },
  { fault: 'a session that was longer', plant: () => ofSession('COMPLETED', { $inc: { focusedSeconds: 1 } }) },
  { fault: 'a reward for nothing', plant: () => ofSession('ABANDONED', { $set: { rewardId: new Types.ObjectId() } }) },
];

describe('is not exact', () => {
  test.each(faults)('$fault', async ({ plant }) => {
    expect(await plant()).toMatchObject({ acknowledged: true });
    await expect(expectExactLedger(student)).rejects.toThrow();
  });
});
