import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { reviseSubmission } from '../../../src/actions/revise-submission.js';
import type { Refused } from '../../../src/granting/refusal.js';
import type { AssignmentRecord } from '../../../src/storage/models/assignment.js';
import { day, hour, later, minute, noon } from '../../rewards/given.js';
import { useDatabase } from '../../support/database.js';
import { expectExactLedger } from '../../support/exact-ledger.js';
import {
  changeAssignment,
  end,
  givenAssignment,
  givenClass,
  givenRunning,
  givenStudent,
  leaveCourses,
  requestOf,
  submit,
} from '../../support/given.js';
import { oneLane, together } from '../../support/lanes.js';
import {
  answered,
  expectNothingWritten,
  expectPaid,
  expectReplay,
  type Granted,
  rewarded,
} from '../../support/replays.js';

const database = useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

describe('replayed', () => {
  test.each([
    { repeat: 'the same key', first: 'key', again: 'key' },
    { repeat: 'no key', first: null, again: null },
    { repeat: 'a new key', first: 'key', again: 'another key' },
    { repeat: 'a key, though the first had none', first: null, again: 'key' },
    { repeat: 'no key, though the first had one', first: 'key', again: null },
  ])('the same text with $repeat: nothing is written', async ({ first, again }) => {
    const { student, assignment } = await givenClass();
    const paid = await submit(student, assignment, { key: first });
    const replay = await expectNothingWritten(database, () => submit(student, assignment, { key: again }));
    await expectReplay(replay, paid);
    expect(await expectExactLedger(student)).toHaveLength(1);
  });

  test.each([
    { when: 'days later', change: async () => {} },
    { when: 'after the assignment closed', change: closeAssignment },
    {
      when: 'after the student left the course',
      change: (_: AssignmentRecord, student: Student) => leaveCourses(student),
    },
    { when: 'after its dates were changed', change: moveDueDate },
  ])('$when', async ({ change }) => {
    const { student, assignment } = await givenClass();
    const paid = await submit(student, assignment, { key: 'key' });
    await change(assignment, student);
    for (const key of ['key', 'another key', null]) {
      await expectReplay(await submit(student, assignment, { key, at: later(noon, 3 * day) }), paid);
    }
    expect(await expectExactLedger(student)).toHaveLength(1);
  });

  test('the assignment id in upper case', async () => {
    const { student, assignment } = await givenClass();
    const paid = await submit(student, assignment, { key: 'key' });
    const upperCaseId = assignment._id.toHexString().toUpperCase();
    await expectReplay(await submit(student, upperCaseId, { key: 'key' }), paid);
  });

  test('the answer has the reward as it was paid and the student as it is now', async () => {
    const { course, student, assignment } = await givenClass();
    const paid = rewarded(await submit(student, assignment));
    const next = await expectPaid(await submit(student, await givenAssignment(course)));
    const replay = rewarded(await submit(student, assignment));

    await expectReplay(replay, paid);
    expect(replay.student).toEqual(next.student);
    expect(replay.student.lifetimeXp).toBe(100);
    expect(replay.reward.after.lifetimeXp).toBe(50);
  });

  test('the answer has the level-up and the badges of the reward again', async () => {
    const { course, student, assignment } = await givenClass({ dueDate: later(noon, 5 * day) });
    const paid = rewarded(await submit(student, assignment));
    await submit(student, await givenAssignment(course));
    const { reward } = rewarded(await submit(student, assignment));
    expect(paid.reward).toMatchObject({ leveledUp: true, badges: ['submissions-1'] });
    expect(reward).toEqual(paid.reward);
  });

  test('a repeat of the first text after a revision', async () => {
    const { student, assignment } = await givenClass();
    const paid = rewarded(await submit(student, assignment, { content: 'First.', key: 'key' }));
    await revise(student, paid.submission!._id.toHexString(), 'Second.');
    await expectReplay(await submit(student, assignment, { content: 'First.', key: 'key' }), paid);
  });

  test('a replay does not record an expired session', async () => {
    const { student, assignment } = await givenClass();
    const paid = await submit(student, assignment);
    await givenRunning(student, { plannedMinutes: 1 });
    const again = () => submit(student, assignment, { at: later(noon, 13 * hour) });
    await expectReplay(await expectNothingWritten(database, again), paid);
  });
});

describe('paid, not a replay', () => {
  test.each([
    { other: 'its letter case', first: 'Key', second: 'key' },
    { other: 'a trailing space', first: 'key', second: 'key ' },
    { other: 'its Unicode normalization', first: 'caf\u00e9', second: 'cafe\u0301' },
    { other: 'its length', first: 'k'.repeat(254), second: 'k'.repeat(255) },
  ])('a key that differs only in $other', async ({ first, second }) => {
    const { course, student, assignment } = await givenClass();
    await expectPaid(await submit(student, assignment, { key: first }));
    await expectPaid(await submit(student, await givenAssignment(course), { key: second }));
    expect((await expectExactLedger(student)).map(({ requestKey }) => requestKey)).toEqual([first, second]);
  });

  test('a key that differs only in its letter case, in the same transaction', async () => {
    const { course, student, assignment } = await givenClass();
    const next = await givenAssignment(course);
    const by = oneLane();
    const outcomes = await together(by, () => [
      submit(student, assignment, { key: 'Key', by }),
      submit(student, next, { key: 'key', by }),
    ]);
    expect(outcomes.map((outcome) => rewarded(outcome).replayed)).toEqual([false, false]);
    await expectExactLedger(student);
  });

  test('two requests without a key', async () => {
    const { course, student, assignment } = await givenClass();
    await expectPaid(await submit(student, assignment, { key: null }));
    await expectPaid(await submit(student, await givenAssignment(course), { key: null }));
    expect(await expectExactLedger(student)).toHaveLength(2);
  });

  test('the same key from another student', async () => {
    const { course, student, assignment } = await givenClass();
    const classmate = await givenStudent({ courseIds: [course._id] });
    await expectPaid(await submit(student, assignment, { key: 'key' }));
    await expectPaid(await submit(classmate, assignment, { key: 'key' }));
    await expectExactLedger(student);
    await expectExactLedger(classmate);
  });

  test('the same key for another mutation', async () => {
    const { student, assignment } = await givenClass();
    const session = await givenRunning(student);
    await expectPaid(await end(student, session, { key: 'key' }));
    await expectPaid(await submit(student, assignment, { key: 'key', at: later(noon, 30 * minute) }));
    expect(await expectExactLedger(student)).toHaveLength(2);
  });

  test('the same key for another mutation, in the same transaction', async () => {
    const { student, assignment } = await givenClass();
    const session = await givenRunning(student);
    await end(student, session, { key: 'key' });
    const by = oneLane();
    const [replay, submitted] = await together(by, (): Promise<Granted | Refused>[] => [
      end(student, session, { key: 'key', by }),
      submit(student, assignment, { key: 'key', at: later(noon, 30 * minute), by }),
    ]);
    expect([rewarded(replay!).replayed, rewarded(submitted!).replayed]).toEqual([true, false]);
    await expectExactLedger(student);
  });

  test('a key that was only used for a replay before', async () => {
    const { course, student, assignment } = await givenClass();
    await submit(student, assignment, { key: 'key' });
    answered(await submit(student, assignment, { key: 'another key' }));
    await expectPaid(await submit(student, await givenAssignment(course), { key: 'another key' }));
    expect(await expectExactLedger(student)).toHaveLength(2);
  });
});

type Student = Awaited<ReturnType<typeof givenStudent>>;

async function closeAssignment(assignment: AssignmentRecord): Promise<void> {
  await changeAssignment(assignment, { closesAt: later(noon, minute) });
}

async function moveDueDate(assignment: AssignmentRecord): Promise<void> {
  await changeAssignment(assignment, { dueDate: later(noon, -5 * day) });
}

async function revise(studentId: Student, submissionId: string, content: string): Promise<void> {
  answered(await reviseSubmission({ studentId, submissionId, content, facts: requestOf(studentId) }));
}
