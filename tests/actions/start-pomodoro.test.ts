import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { type RunningPomodoroRecord } from '../../src/storage/models/student.js';
import { hour, later, minute, noon } from '../rewards/given.js';
import { stepInBefore } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import {
  elsewhere,
  end,
  givenClass,
  givenRunning,
  givenStudent,
  here,
  start,
  storedStudent,
} from '../support/given.js';
import { answered, expectPaid, expectRefusal } from '../support/replays.js';

const database = useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

/** A session without who joined it last. */
function asStarted(session: RunningPomodoroRecord | null) {
  const { lastJoin: _, ...started } = session!;
  return started;
}

describe('started', () => {
  test('a session runs with the fields of the input', async () => {
    const { student, assignment } = await givenClass();
    const input = { plannedMinutes: 50, device: 'phone', assignment };
    const { session, joined, student: now } = answered(await start(student, input));

    expect(joined).toBe(false);
    expect(session).toEqual({
      id: expect.anything(),
      startedAt: noon,
      plannedMinutes: 50,
      device: 'phone',
      assignmentId: assignment._id,
    });
    expect(now).toEqual(await storedStudent(student));
    expect(now.runningPomodoro).toEqual(session);
    await expectExactLedger(student);
  });

  test('without an assignment and without a device', async () => {
    const student = await givenStudent();
    const { session } = answered(await start(student));
    expect(session).toMatchObject({ device: null, assignmentId: null });
  });

  test('again, after the previous session ended', async () => {
    const student = await givenStudent();
    const first = await givenRunning(student);
    await end(student, first, { at: later(noon, minute) });
    const { session, joined } = answered(await start(student, { at: later(noon, hour) }));
    expect(joined).toBe(false);
    expect(session.id).not.toEqual(first);
  });

  test('a start pays nothing', async () => {
    const student = await givenStudent();
    await start(student);
    expect(await expectExactLedger(student)).toEqual([]);
  });
});

describe('joined', () => {
  test('the session that runs, as it was started; written is who joined it last, and nothing else', async () => {
    const student = await givenStudent();
    const first = answered(await start(student, { plannedMinutes: 25, device: 'phone' }));
    const before = await storedStudent(student);
    const told = { plannedMinutes: 50, device: 'laptop', at: later(noon, minute) };
    const { session, joined, student: now } = answered(await start(student, told));

    const lastJoin = { at: later(noon, minute), device: 'laptop' };
    expect({ session, joined }).toEqual({ session: { ...first.session, lastJoin }, joined: true });
    expect(now).toEqual({ ...before, revision: before.revision + 1, runningPomodoro: session });
    expect(now).toEqual(await storedStudent(student));
    await expectExactLedger(student);
  });

  test('again and again: the last one counts', async () => {
    const student = await givenStudent();
    await givenRunning(student, { device: 'phone' });
    await start(student, { device: 'laptop', at: later(noon, minute) });
    await start(student, { at: later(noon, 2 * minute) });
    const { runningPomodoro } = await storedStudent(student);
    expect(runningPomodoro).toMatchObject({ device: 'phone', lastJoin: { at: later(noon, 2 * minute), device: null } });
  });

  test('and ended: the session that is kept says nothing of who joined it', async () => {
    const student = await givenStudent();
    const session = await givenRunning(student);
    await start(student, { device: 'laptop' });
    await expectPaid(await end(student, session));
    expect((await storedStudent(student)).runningPomodoro).toBeNull();
    await expectExactLedger(student);
  });

  test('regardless of the assignment that the second device sends', async () => {
    const student = await givenStudent();
    const first = await givenRunning(student);
    const { session, joined } = answered(await start(student, { assignment: 'no-such-id' }));
    expect({ joined, id: session.id }).toEqual({ joined: true, id: first });
  });

  test('by two devices at once: it can be ended, and is paid once', async () => {
    const student = await givenStudent();
    const [phone, laptop] = await Promise.all([start(student, { by: here }), start(student, { by: elsewhere })]);
    const [first, second] = [answered(phone), answered(laptop)];
    expect(asStarted(first.session)).toEqual(asStarted(second.session));
    expect([first.joined, second.joined].sort()).toEqual([false, true]);
    await expectPaid(await end(student, first.session.id));
    expect(await expectExactLedger(student)).toHaveLength(1);
  });
});

describe('raced', () => {
  test('50 at once on two committers: one request starts the session and 49 join it', async () => {
    const student = await givenStudent();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, each) => start(student, { by: each % 2 === 0 ? here : elsewhere })),
    );
    const answers = outcomes.map((outcome) => answered(outcome));
    expect(answers.filter(({ joined }) => !joined)).toHaveLength(1);
    const { runningPomodoro } = await storedStudent(student);
    for (const { session, student: now } of answers) {
      expect(asStarted(session)).toEqual(asStarted(runningPomodoro));
      expect(asStarted(now.runningPomodoro)).toEqual(asStarted(runningPomodoro));
    }
  });
});

describe('retried', () => {
  /** The commit is executed, but its reply is lost to the driver. */
  const lostReply = {
    failCommands: ['commitTransaction'],
    writeConcernError: { code: 50, errmsg: 'planted by a test' },
  };

  test('after the reply of the commit was lost: the session is started, not joined', async () => {
    const student = await givenStudent();
    const failpoint = await database.failCommand(lostReply);
    const { session, joined } = answered(await start(student));
    expect(await failpoint.off()).toBe(1);
    expect(joined).toBe(false);
    expect((await storedStudent(student)).runningPomodoro).toEqual(session);
  });

  test('after the reply of the commit was lost and another process ended the session: a new session runs', async () => {
    const student = await givenStudent();
    const failpoint = await database.failCommand(lostReply);
    let ended: Types.ObjectId | undefined;
    stepInBefore('update students', async () => {
      stepInBefore('aggregate students', async () => {
        // The commit is executed, but it may take a moment until a majority read shows it.
        while (!ended) ended = (await storedStudent(student)).runningPomodoro?.id;
        await expectPaid(await end(student, ended, { by: elsewhere }));
      });
    });
    const { session, joined, student: now } = answered(await start(student));
    expect(await failpoint.off()).toBe(1);

    expect(joined).toBe(false);
    expect(session.id).not.toEqual(ended);
    expect(now.runningPomodoro).toEqual(session);
    await expectPaid(await end(student, session.id));
    expect(await expectExactLedger(student)).toHaveLength(2);
  });
});

describe('refused-NOT_FOUND', () => {
  test.each(['', 'no-such-id', '{"$ne":null}', 'g'.repeat(24), '0'.repeat(24)])(
    'the assignment "%s", which does not exist',
    async (assignment) => {
      const student = await givenStudent();
      await expectRefusal(database, 'NOT_FOUND', () => start(student, { assignment }));
    },
  );

  test('an assignment of a course in which the student is not enrolled', async () => {
    const { assignment } = await givenClass();
    const stranger = await givenStudent();
    await expectRefusal(database, 'NOT_FOUND', () => start(stranger, { assignment }));
  });

  test('given an expired session: it is not recorded either', async () => {
    const student = await givenStudent();
    await givenRunning(student);
    const late = { assignment: 'no-such-id', at: later(noon, 13 * hour) };
    await expectRefusal(database, 'NOT_FOUND', () => start(student, late));
  });
});
