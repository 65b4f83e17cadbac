import { describe, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { joinCourse } from '../../../src/actions/join-course.js';
import { rankCourse } from '../../../src/actions/rank-course.js';
import { updateStudentProfile } from '../../../src/actions/update-profile.js';
import type { CourseRecord } from '../../../src/storage/models/course.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from '../../../src/storage/models/pomodoro-session.js';
import { day, hour, later, minute, noon } from '../../rewards/given.js';
import { useDatabase } from '../../support/database.js';
import { expectExactLedger } from '../../support/exact-ledger.js';
import {
  end,
  givenAssignment,
  givenClass,
  givenCourse,
  givenRunning,
  givenStudent,
  here,
  requestOf,
  start,
  storedStudent,
  submit,
} from '../../support/given.js';
import { answered, expectNothingWritten, expectPaid } from '../../support/replays.js';

const database = useDatabase();

/** The last moment of a 25-minute session that starts at noon: it expires 12 hours after its planned end. */
const lastMoment = later(noon, 25 * minute + 12 * hour);
const tooLate = later(lastMoment, 1);

const endedSession = (session: Types.ObjectId) => PomodoroSessionModel.findById(session).lean<PomodoroSessionRecord>();

describe('expired: a session that ran too long', () => {
  test('is still paid at the last moment', async () => {
    const student = await givenStudent();
    const { reward } = await expectPaid(await end(student, await givenRunning(student), { at: lastMoment }));
    expect(reward.xp).toBe(25);
    await expectExactLedger(student);
  });

  test('is EXPIRED and unpaid a millisecond later, and the answer is a replay', async () => {
    const student = await givenStudent();
    const running = await givenRunning(student);
    const {
      session,
      reward,
      replayed,
      student: now,
    } = answered(await end(student, running, { at: tooLate, key: 'key' }));

    expect({ reward, replayed }).toEqual({ reward: null, replayed: true });
    expect(session).toMatchObject({
      status: 'EXPIRED',
      endedAt: lastMoment,
      focusedSeconds: null,
      rewardId: null,
      requestKey: 'key',
    });
    expect(await endedSession(running)).toEqual(session);
    expect(now).toEqual(await storedStudent(student));
    expect(now.runningPomodoro).toBeNull();
    expect(await expectExactLedger(student)).toEqual([]);
  });

  test.each(writes())('is recorded by $what, and a later end is a replay', async ({ write }) => {
    const { course, student } = await givenClass();
    const running = await givenRunning(student);
    await write(student, course);

    expect((await storedStudent(student)).runningPomodoro?.id).not.toEqual(running);
    expect(await endedSession(running)).toMatchObject({ status: 'EXPIRED', endedAt: lastMoment, rewardId: null });
    const again = await expectNothingWritten(database, () => end(student, running, { at: tooLate, key: 'key' }));
    expect(answered(again)).toMatchObject({ session: { status: 'EXPIRED' }, reward: null, replayed: true });
    await expectExactLedger(student);
  });

  test('is recorded by a leaderboard query that settles its student', async () => {
    const { course, assignment, student } = await givenClass();
    await submit(student, assignment);
    const running = await givenRunning(student);
    const facts = requestOf(student, later(noon, 8 * day));
    await rankCourse(here, {
      courseId: course._id,
      period: 'WEEK',
      page: { first: 1, after: null },
      facts,
    });
    expect(await endedSession(running)).toMatchObject({ status: 'EXPIRED', endedAt: lastMoment });
    await expectExactLedger(student);
  });

  test('is recorded by a start, which starts a new session', async () => {
    const student = await givenStudent();
    const running = await givenRunning(student);
    const { joined, session } = answered(await start(student, { at: tooLate, plannedMinutes: 50 }));

    expect(joined).toBe(false);
    expect(session).toMatchObject({ startedAt: tooLate, plannedMinutes: 50 });
    expect(session.id).not.toEqual(running);
    expect(await endedSession(running)).toMatchObject({ status: 'EXPIRED' });
    await expectPaid(await end(student, session.id, { at: later(tooLate, 50 * minute) }));
    await expectExactLedger(student);
  });

  test('is recorded once, given 50 ends, starts and submissions at once', async () => {
    const { course, student } = await givenClass();
    const running = await givenRunning(student);
    const assignments = await Promise.all(Array.from({ length: 10 }, () => givenAssignment(course)));
    const at = tooLate;
    const ends = Array.from({ length: 20 }, (_, each) => end(student, running, { at, key: `device-${each}` }));
    const starts = Array.from({ length: 20 }, () => start(student, { at }));
    await Promise.all([...starts, ...ends, ...assignments.map((assignment) => submit(student, assignment, { at }))]);

    const recorded = await PomodoroSessionModel.find({ studentId: student }).lean<PomodoroSessionRecord[]>();
    expect(recorded).toMatchObject([{ _id: running, status: 'EXPIRED' }]);
    for (const ended of await Promise.all(ends)) expect(answered(ended).session).toEqual(recorded[0]);
    expect(new Set((await Promise.all(starts)).map((started) => answered(started).session.id.toHexString())).size).toBe(
      1,
    );
    await expectExactLedger(student);
  });
});

interface Write {
  readonly what: string;
  readonly write: (studentId: Types.ObjectId, course: CourseRecord) => Promise<unknown>;
}

/** All other writes to a student, sent after the session expired. */
function writes(): Write[] {
  const facts = (studentId: Types.ObjectId) => requestOf(studentId, tooLate);
  return [
    {
      what: 'a submission',
      write: async (student, course) => {
        const assignment = await givenAssignment(course);
        await expectPaid(await submit(student, assignment, { at: tooLate }));
      },
    },
    { what: 'a start', write: (student) => start(student, { at: tooLate }) },
    {
      what: 'a new name',
      write: (studentId) =>
        updateStudentProfile(here, { studentId, changes: { displayName: 'Grace' }, facts: facts(studentId) }),
    },
    {
      what: 'joining a course',
      write: async (studentId) => {
        const { joinCode } = await givenCourse();
        await joinCourse(here, { studentId, joinCode, facts: facts(studentId) });
      },
    },
  ];
}
