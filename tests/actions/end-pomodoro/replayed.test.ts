import { describe, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { day, hour, later, minute, noon } from '../../rewards/given.js';
import { useDatabase } from '../../support/database.js';
import { expectExactLedger } from '../../support/exact-ledger.js';
import {
  end,
  focus,
  givenAssignment,
  givenClass,
  givenRunning,
  givenStudent,
  leaveCourses,
  submit,
} from '../../support/given.js';
import { answered, expectNothingWritten, expectPaid, expectReplay, rewarded } from '../../support/replays.js';

const database = useDatabase();

/** How a session may have ended, and when, in minutes after noon. */
const outcomes = [
  { status: 'COMPLETED', minutes: 25 },
  { status: 'ABANDONED', minutes: 1 },
  { status: 'EXPIRED', minutes: 25 + 12 * 60 + 1 },
] as const;

const endedAt = (student: Types.ObjectId, session: Types.ObjectId, minutes: number, key: string | null) =>
  end(student, session, { at: later(noon, minutes * minute), key });

describe.each(outcomes)('replayed: a session that is $status', ({ status, minutes }) => {
  test.each([
    { repeat: 'the same key', first: 'key', again: 'key' },
    { repeat: 'no key', first: null, again: null },
    { repeat: 'a new key', first: 'phone', again: 'laptop' },
    { repeat: 'a key, though the first had none', first: null, again: 'key' },
    { repeat: 'no key, though the first had one', first: 'key', again: null },
  ])('with $repeat: nothing is written', async ({ first, again }) => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const ended = await endedAt(student, session, minutes, first);
    const replay = await expectNothingWritten(database, () => endedAt(student, session, minutes, again));
    await expectReplay(replay, ended);
    expect(answered(replay).session.status).toBe(status);
    await expectExactLedger(student);
  });

  test('at any time: earlier by the clock, and days later', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const ended = await endedAt(student, session, minutes, 'key');
    await expectReplay(await end(student, session, { at: later(noon, -hour), key: 'key' }), ended);
    await expectReplay(await end(student, session, { at: later(noon, 9 * day), key: 'key' }), ended);
    await expectExactLedger(student);
  });

  test('while another session runs, which keeps running', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const ended = await endedAt(student, session, minutes, 'key');
    const next = await givenRunning(student, { at: later(noon, day) });
    const replay = await end(student, session, { at: later(noon, day + minute), key: 'another key' });
    await expectReplay(replay, ended);
    expect(answered(replay).student.runningPomodoro?.id).toEqual(next);
  });

  test('with its id in upper case', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    const ended = await endedAt(student, session, minutes, 'key');
    await expectReplay(await end(student, session.toHexString().toUpperCase(), { key: 'key' }), ended);
  });
});

describe('replayed', () => {
  test('the answer has the reward as it was paid and the student as it is now', async () => {
    const { course, student } = await givenClass();
    const session = await givenRunning(student);
    const ended = rewarded(await end(student, session));
    const next = await expectPaid(await submit(student, await givenAssignment(course)));
    const replay = rewarded(await end(student, session));

    await expectReplay(replay, ended);
    expect(replay.student).toEqual(next.student);
    expect(replay.student.lifetimeXp).toBe(75);
    expect(replay.reward.after.lifetimeXp).toBe(25);
  });

  test('after the student left the course of its assignment', async () => {
    const { student, assignment } = await givenClass();
    const session = await givenRunning(student, { assignment });
    const ended = await end(student, session);
    await leaveCourses(student);
    await expectReplay(await end(student, session), ended);
  });
});

describe('ended, not a replay', () => {
  test.each([outcomes[0], outcomes[1]])('$status, though the reply of its commit was lost', async ({ minutes }) => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    await database.failCommand({
      failCommands: ['commitTransaction'],
      writeConcernError: { code: 50, errmsg: 'planted by a test' },
    });
    const ended = answered(await endedAt(student, session, minutes, 'key'));
    expect(ended.replayed).toBe(false);
    await expectReplay(await endedAt(student, session, minutes, 'key'), ended);
    await expectExactLedger(student);
  });
});

describe('paid, not a replay', () => {
  test('another session under another key, no key, or a key that differs only in case or spaces', async () => {
    const student = await givenStudent();
    const keys = ['key', 'another key', null, null, 'Key', 'key '];
    for (const [position, key] of keys.entries()) {
      await expectPaid(await focus(student, 25, { from: later(noon, position * hour), key }));
    }
    expect((await expectExactLedger(student)).map(({ requestKey = null }) => requestKey)).toEqual(keys);
  });

  test('the same key from another student', async () => {
    const [student, another] = [await givenStudent(), await givenStudent()];
    await expectPaid(await focus(student, 25, { key: 'key' }));
    await expectPaid(await focus(another, 25, { key: 'key' }));
    await expectExactLedger(student);
    await expectExactLedger(another);
  });

  test('the same key for another mutation', async () => {
    const { student, assignment } = await givenClass();
    await expectPaid(await submit(student, assignment, { key: 'key' }));
    await expectPaid(await focus(student, 25, { key: 'key' }));
    expect(await expectExactLedger(student)).toHaveLength(2);
  });

  test('a key that was only used for a replay before', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    await end(student, session, { key: 'phone' });
    answered(await end(student, session, { key: 'laptop' }));
    await expectPaid(await focus(student, 25, { from: later(noon, hour), key: 'laptop' }));
    await expectExactLedger(student);
  });
});
