import { describe, expect, test } from '@jest/globals';
import type { Refused } from '../../src/granting/refusal.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { elsewhere, givenAssignment, givenClass, givenCourse, here, submit } from '../support/given.js';
import { grantingMutations } from '../support/granting-mutations.js';
import { expectPaidOnce, rewarded } from '../support/replays.js';
import { useTwoServers } from '../support/second-server.js';

const database = useDatabase();
const servers = useTwoServers(database);

/** The numbers from 0 to count - 1. */
const times = (count: number) => Array.from({ length: count }, (_, position) => position);

const nameOf = (outcome: { readonly kind: string } | Refused) => ('code' in outcome ? outcome.code : outcome.kind);

const FULL_ANSWER = `
  replayed level leveledUp newBadges { id } badges { badge { id } unlockedAt }
  student { id level xp lifetimeXp auraPoints submissionCount pomodoroCount unlockedBadges { badge { id } reward { id } } }
  reward { id sequence xp auraPoints grantedAt lines { rule points } before { xp } after { xp } }
`;

describe.each(grantingMutations)('$name', ({ name, prepare }) => {
  describe('raced', () => {
    test('50 at once in one process: one is paid, 49 are replays', async () => {
      const { student, request } = await prepare();
      const outcomes = await Promise.all(times(50).map(() => request()));
      await expectPaidOnce(outcomes);
      expect(await expectExactLedger(student)).toHaveLength(1);
    });

    test('50 at once, each with its own key: one is paid, 49 are replays', async () => {
      const { student, request } = await prepare();
      const outcomes = await Promise.all(times(50).map((each) => request({ key: `device-${each}` })));
      await expectPaidOnce(outcomes);
      expect(await expectExactLedger(student)).toHaveLength(1);
    });

    test('50 at once on two committers: one is paid, 49 are replays', async () => {
      const { student, request } = await prepare();
      const outcomes = await Promise.all(times(50).map((each) => request({ by: each % 2 === 0 ? here : elsewhere })));
      await expectPaidOnce(outcomes);
      expect(await expectExactLedger(student)).toHaveLength(1);
    });

    test('50 at once on two processes: one is paid, 49 are replays, and all answers are complete and equal', async () => {
      const { studentId, client } = await servers.signUp();
      const { input } = await prepare({ student: studentId, now: new Date() });
      const answers = await Promise.all(times(50).map((each) => client(each).mutate(name, input, FULL_ANSWER)));

      expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
      expect(new Set(answers.map(({ replayed: _, ...answer }) => JSON.stringify(answer))).size).toBe(1);
      const [row] = await expectExactLedger(studentId);
      expect(answers[0].reward).toMatchObject({ id: row?._id.toHexString(), sequence: 1, xp: row?.xp });
      expect(answers[0].student).toMatchObject({ lifetimeXp: row?.xp, auraPoints: row?.auraPoints });
    });
  });
});

describe('submitAssignment', () => {
  describe('raced', () => {
    test('40 assignments of one student at once on two processes: all are paid, in a sequence without gaps', async () => {
      const { studentId, client } = await servers.signUp();
      const course = await givenCourse();
      const assignments = await Promise.all(times(40).map(() => givenAssignment(course)));
      await client(0).mutate('joinCourse', { joinCode: course.joinCode });

      const answers = await Promise.all(
        assignments.map(({ _id }, each) =>
          client(each).mutate('submitAssignment', { assignmentId: _id, content: 'My essay.' }, FULL_ANSWER),
        ),
      );

      expect(answers.map(({ replayed }) => replayed)).toEqual(times(40).map(() => false));
      const rows = await expectExactLedger(studentId);
      expect(rows.map(({ _id }) => _id.toHexString()).sort()).toEqual(answers.map(({ reward }) => reward.id).sort());
    });

    test('50 assignments of one student at once in one process: all are paid, in the order of arrival', async () => {
      const { course, assignment, student } = await givenClass();
      const others = await Promise.all(times(49).map(() => givenAssignment(course)));
      const outcomes = await Promise.all([assignment, ...others].map((each) => submit(student, each)));

      const rewards = outcomes.map((outcome) => rewarded(outcome).reward);
      expect(rewards.map(({ sequence }) => sequence)).toEqual(times(50).map((position) => position + 1));
      expect(await expectExactLedger(student)).toEqual(rewards);
    });

    test('two texts for one assignment at once: one is paid, the other is ALREADY_SUBMITTED', async () => {
      const { assignment, student } = await givenClass();
      const outcomes = await Promise.all([
        submit(student, assignment, { content: 'The phone says this.', by: here }),
        submit(student, assignment, { content: 'The laptop says that.', by: elsewhere }),
      ]);

      expect(outcomes.map(nameOf).sort()).toEqual(['ALREADY_SUBMITTED', 'submitted']);
      expect(await expectExactLedger(student)).toHaveLength(1);
    });

    test('two assignments under one key at once: one is paid, the other is IDEMPOTENCY_KEY_REUSED', async () => {
      const { course, assignment, student } = await givenClass();
      const other = await givenAssignment(course);
      const outcomes = await Promise.all([
        submit(student, assignment, { key: 'one', by: here }),
        submit(student, other, { key: 'one', by: elsewhere }),
      ]);

      expect(outcomes.map(nameOf).sort()).toEqual(['IDEMPOTENCY_KEY_REUSED', 'submitted']);
      expect(await expectExactLedger(student)).toHaveLength(1);
    });
  });
});
