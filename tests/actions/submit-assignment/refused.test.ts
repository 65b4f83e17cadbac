import { describe, expect, test } from '@jest/globals';
import { joinCourse } from '../../../src/actions/join-course.js';
import { hour, later, minute, noon } from '../../rewards/given.js';
import { useDatabase } from '../../support/database.js';
import { expectExactLedger } from '../../support/exact-ledger.js';
import {
  changeAssignment,
  givenAssignment,
  givenClass,
  givenCourse,
  givenRunning,
  givenStudent,
  here,
  leaveCourses,
  requestOf,
  submit,
} from '../../support/given.js';
import { expectPaid, expectRefusal } from '../../support/replays.js';

const database = useDatabase();

const INVALID_IDS = ['', 'no-such-id', '{"$ne":null}', 'g'.repeat(24), '0'.repeat(23), '0'.repeat(25), ' '.repeat(24)];

/** A student who was paid under the key "key", and another assignment that was not submitted yet. */
async function givenPaidUnderKey() {
  const { course, student, assignment } = await givenClass();
  await expectPaid(await submit(student, assignment, { key: 'key' }));
  return { course, student, assignment, next: await givenAssignment(course, { closesAt: later(noon, hour) }) };
}

describe('refused-IDEMPOTENCY_KEY_REUSED', () => {
  test('the key with another assignment', async () => {
    const { student, next } = await givenPaidUnderKey();
    await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () => submit(student, next, { key: 'key' }));
    await expectExactLedger(student);
  });

  test('the key with another text', async () => {
    const { student, assignment } = await givenPaidUnderKey();
    const other = { content: 'My essay!', key: 'key' };
    await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () => submit(student, assignment, other));
  });

  test('the key with an assignment that was paid under another key: the key is checked first', async () => {
    const { student, next } = await givenPaidUnderKey();
    await submit(student, next, { key: 'another key' });
    await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () => submit(student, next, { key: 'key' }));
  });

  test('the key with a closed assignment: the key is checked first', async () => {
    const { student, next } = await givenPaidUnderKey();
    const late = { key: 'key', at: later(noon, 2 * hour) };
    await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () => submit(student, next, late));
  });

  test('the key with an assignment of a course that the student left: the key is checked first', async () => {
    const { student, next } = await givenPaidUnderKey();
    await leaveCourses(student);
    await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () => submit(student, next, { key: 'key' }));
  });

  test.each(INVALID_IDS)('the key with the invalid id "%s": the key is checked first', async (id) => {
    const { student } = await givenPaidUnderKey();
    await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () => submit(student, id, { key: 'key' }));
  });
});

describe('refused-ALREADY_SUBMITTED', () => {
  test.each([
    { text: 'another text', content: 'Another essay.', key: null },
    { text: 'another text under a new key', content: 'Another essay.', key: 'another key' },
    { text: 'another letter case', content: 'my essay.', key: null },
    { text: 'a longer text', content: 'My essay. And more.', key: null },
  ])('$text', async ({ content, key }) => {
    const { student, assignment } = await givenPaidUnderKey();
    await expectRefusal(database, 'ALREADY_SUBMITTED', () => submit(student, assignment, { content, key }));
    await expectExactLedger(student);
  });

  test('the message names the mutation that changes the text', async () => {
    const { student, assignment } = await givenPaidUnderKey();
    const other = () => submit(student, assignment, { content: 'Another essay.' });
    expect(await expectRefusal(database, 'ALREADY_SUBMITTED', other)).toContain('reviseSubmission');
  });

  test('another text after the assignment closed: the earlier submission is checked first', async () => {
    const { student, assignment } = await givenPaidUnderKey();
    await changeAssignment(assignment, { closesAt: later(noon, minute) });
    const late = { content: 'Another essay.', at: later(noon, hour) };
    await expectRefusal(database, 'ALREADY_SUBMITTED', () => submit(student, assignment, late));
  });

  test('another text after the student left the course: the earlier submission is checked first', async () => {
    const { student, assignment } = await givenPaidUnderKey();
    await leaveCourses(student);
    const other = { content: 'Another essay.' };
    await expectRefusal(database, 'ALREADY_SUBMITTED', () => submit(student, assignment, other));
  });
});

describe('refused-NOT_FOUND', () => {
  test.each(INVALID_IDS)('the invalid id "%s"', async (id) => {
    const student = await givenStudent();
    await expectRefusal(database, 'NOT_FOUND', () => submit(student, id, { key: 'key' }));
  });

  test('an assignment that does not exist', async () => {
    const { student } = await givenClass();
    await expectRefusal(database, 'NOT_FOUND', () => submit(student, '0'.repeat(24), { key: 'key' }));
  });

  test('an assignment of a course in which the student is not enrolled', async () => {
    const { assignment } = await givenClass();
    const { student: stranger } = await givenClass();
    await expectRefusal(database, 'NOT_FOUND', () => submit(stranger, assignment, { key: 'key' }));
  });

  test('a closed assignment of such a course: not ASSIGNMENT_CLOSED, because it does not exist for this student', async () => {
    const { assignment } = await givenClass({ closesAt: later(noon, minute) });
    const stranger = await givenStudent();
    await expectRefusal(database, 'NOT_FOUND', () => submit(stranger, assignment, { at: later(noon, hour) }));
  });

  test('is not stored: the same key is paid after the student joined the course', async () => {
    const course = await givenCourse();
    const assignment = await givenAssignment(course);
    const student = await givenStudent();
    await expectRefusal(database, 'NOT_FOUND', () => submit(student, assignment, { key: 'key' }));
    await joinCourse(here, { studentId: student, joinCode: course.joinCode, facts: requestOf(student) });
    await expectPaid(await submit(student, assignment, { key: 'key' }));
    await expectExactLedger(student);
  });
});

describe('refused-ASSIGNMENT_CLOSED', () => {
  test.each([
    { when: 'a millisecond after it closed', after: 1 },
    { when: 'a day after it closed', after: 24 * hour },
  ])('$when', async ({ after }) => {
    const closesAt = later(noon, hour);
    const { student, assignment } = await givenClass({ closesAt });
    const late = { key: 'key', at: later(closesAt, after) };
    await expectRefusal(database, 'ASSIGNMENT_CLOSED', () => submit(student, assignment, late));
    await expectExactLedger(student);
  });

  test('given an expired session: it is not recorded either', async () => {
    const { student, assignment } = await givenClass({ closesAt: later(noon, hour) });
    await givenRunning(student, { plannedMinutes: 1 });
    const late = { at: later(noon, 13 * hour) };
    await expectRefusal(database, 'ASSIGNMENT_CLOSED', () => submit(student, assignment, late));
  });

  test('is not stored: the same key is paid after the assignment was reopened', async () => {
    const { student, assignment } = await givenClass({ closesAt: noon });
    const late = { key: 'key', at: later(noon, minute) };
    await expectRefusal(database, 'ASSIGNMENT_CLOSED', () => submit(student, assignment, late));
    await changeAssignment(assignment, { closesAt: null });
    await expectPaid(await submit(student, assignment, late));
    await expectExactLedger(student);
  });
});
