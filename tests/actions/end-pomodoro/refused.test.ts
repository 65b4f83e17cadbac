import { describe, expect, test } from '@jest/globals';
import { day, later, minute, noon } from '../../rewards/given.js';
import { useDatabase } from '../../support/database.js';
import { expectExactLedger } from '../../support/exact-ledger.js';
import { end, focus, givenRunning, givenStudent, storedStudent } from '../../support/given.js';
import { answered, expectPaid, expectRefusal } from '../../support/replays.js';

const database = useDatabase();

const INVALID_IDS = ['', 'no-such-id', '{"$ne":null}', 'g'.repeat(24), '0'.repeat(23), '0'.repeat(25)];

describe('refused-IDEMPOTENCY_KEY_REUSED', () => {
  describe.each([
    { status: 'COMPLETED', minutes: 25 },
    { status: 'ABANDONED', minutes: 1 },
    { status: 'EXPIRED', minutes: 25 + 12 * 60 + 1 },
  ])('the key that ended a session as $status', ({ status, minutes }) => {
    /** A student with such a session, and with another session that is running. */
    async function givenEndedUnderKey() {
      const student = await givenStudent();
      const first = await givenRunning(student);
      const ended = answered(await end(student, first, { at: later(noon, minutes * minute), key: 'key' }));
      expect(ended.session).toMatchObject({ status, requestKey: 'key' });
      return { student, running: await givenRunning(student, { at: later(noon, day) }) };
    }

    test('with the running session: it keeps running, and is paid under another key', async () => {
      const { student, running } = await givenEndedUnderKey();
      const at = later(noon, day + 25 * minute);
      await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () => end(student, running, { key: 'key', at }));
      expect((await storedStudent(student)).runningPomodoro?.id).toEqual(running);
      await expectPaid(await end(student, running, { key: 'another key', at }));
      await expectExactLedger(student);
    });

    test('with a session that has ended: the key is checked first', async () => {
      const { student, running } = await givenEndedUnderKey();
      await end(student, running, { key: 'another key', at: later(noon, day + 25 * minute) });
      await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () => end(student, running, { key: 'key' }));
    });

    test('with an expired session: the key is checked first', async () => {
      const { student, running } = await givenEndedUnderKey();
      const late = { key: 'key', at: later(noon, 9 * day) };
      await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () => end(student, running, late));
    });

    test.each([...INVALID_IDS, '0'.repeat(24)])(
      'with "%s", which is no session: the key is checked first',
      async (id) => {
        const { student } = await givenEndedUnderKey();
        await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () => end(student, id, { key: 'key' }));
      },
    );
  });
});

describe('refused-NOT_FOUND', () => {
  test.each([...INVALID_IDS, '0'.repeat(24)])('the id "%s", which is no session', async (id) => {
    const student = await givenStudent();
    await givenRunning(student);
    await expectRefusal(database, 'NOT_FOUND', () => end(student, id, { key: 'key' }));
    await expectExactLedger(student);
  });

  test("another student's running session", async () => {
    const [student, another] = [await givenStudent(), await givenStudent()];
    const theirs = await givenRunning(another);
    await expectRefusal(database, 'NOT_FOUND', () => end(student, theirs, { key: 'key' }));
    await expectPaid(await end(another, theirs));
  });

  test("another student's ended session, even under the same key", async () => {
    const [student, another] = [await givenStudent(), await givenStudent()];
    const { session } = await expectPaid(await focus(another, 25, { key: 'key' }));
    await expectRefusal(database, 'NOT_FOUND', () => end(student, session._id, { key: 'key' }));
  });

  test('is not stored: the same key ends a session later', async () => {
    const student = await givenStudent();
    await expectRefusal(database, 'NOT_FOUND', () => end(student, 'no-such-id', { key: 'key' }));
    await expectPaid(await focus(student, 25, { key: 'key' }));
    await expectExactLedger(student);
  });
});
