import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { day, later, minute, noon } from '../rewards/given.js';
import {
  admin,
  bonus,
  discard,
  done,
  expectExplained,
  extend,
  givenSubmitted,
  grade,
  restore,
  revoke,
  teacherOf,
} from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import {
  elsewhere,
  focus,
  givenAssignment,
  givenCourse,
  givenStudent,
  here,
  storedStudent,
  submit,
} from '../support/given.js';
import { expectRefusal, expectRefused, rewarded } from '../support/replays.js';

const database = useDatabase();
const otherAdmin = { accountId: new Types.ObjectId(), role: 'ADMIN' } as const;

describe('corrected', () => {
  test('the row counts for nothing, and the correcting row says which, by whom and why', async () => {
    const { student, reward, teacher } = await givenSubmitted();
    const at = later(noon, 3 * day);
    const { rewards, student: now } = done(await revoke(reward, { teacher, note: 'Copied.', at }));
    expect(await expectExplained(student)).toEqual([reward, ...rewards]);
    expect(rewards).toMatchObject([
      {
        reason: 'REVOCATION',
        corrects: reward._id,
        worth: 0,
        xp: -50,
        lines: [{ rule: 'revocation', text: 'Copied.', points: -50 }],
        actorId: teacher.accountId,
        localDate: reward.localDate,
        grantedAt: at,
        leveledUp: false,
        lostBadges: ['submissions-1'],
      },
    ]);
    expect(now).toEqual(await storedStudent(student));
    expect(now).toMatchObject({ level: 0, lifetimeXp: 0, dayZone: null, badges: [], streak: { lastActiveOn: null } });
  });

  test('a level and its badges are lost, and the badge of another row stays with the row that would have won it', async () => {
    const { student, course, reward } = await givenSubmitted();
    const at = later(noon, minute);
    const second = rewarded(await submit(student, await givenAssignment(course, { dueDate: at }), { at })).reward;
    expect(second.leveledUp).toBe(true);
    const { rewards, student: now } = done(await revoke(reward));
    expect(rewards[0]).toMatchObject({ before: { level: 1, xp: 0 }, after: { level: 0, xp: 50 }, lostBadges: [] });
    expect(now.badges).toEqual([{ badgeId: 'submissions-1', unlockedAt: at, rewardId: second._id }]);
    await expectExplained(student);
  });

  test("an admin revokes a session's row: its minutes can be earned again", async () => {
    const student = await givenStudent();
    await focus(student, 120);
    const { reward } = rewarded(await focus(student, 120, { from: later(noon, 130 * minute) }));
    done(await revoke(reward, { at: later(noon, 300 * minute) }));
    const next = rewarded(await focus(student, 100, { from: later(noon, 310 * minute) }));
    expect(next.reward.xp).toBe(100);
    await expectExplained(student);
  });
});

describe('raced', () => {
  test('two admins on one row, in two processes: one revokes it, the other finds nothing to change', async () => {
    const { student, reward } = await givenSubmitted();
    const outcomes = await Promise.all([revoke(reward), revoke(reward, { by: elsewhere, teacher: otherAdmin })]);
    expect(outcomes.map((each) => (each.kind === 'refused' ? each.code : each.kind)).sort()).toEqual([
      'NOTHING_TO_CHANGE',
      'done',
    ]);
    expect(await expectExplained(student)).toHaveLength(2);
  });

  test.each([
    { what: 'revoke and regrade', pair: [revokeGrade, regrade] },
    { what: 'revoke and extend', pair: [revokeSubmission, extendIt] },
    { what: 'regrade and discard', pair: [regrade, discardIt] },
    { what: 'discard and extend', pair: [discardIt, extendIt] },
    { what: 'two grades', pair: [regrade, gradeAgain] },
  ])(
    '$what at once, in two processes, five times: each is a row or a refusal, and the ledger is exact',
    async ({ pair }) => {
      for (let round = 0; round < 5; round++) {
        const given = await givenSubmitted({ dueDate: later(noon, -minute) });
        const [graded] = done(await grade(given.submission, 50)).rewards;
        const outcomes = await Promise.all(
          pair.map((act, each) => act({ ...given, graded: graded! }, each === 0 ? here : elsewhere)),
        );
        for (const outcome of outcomes) if (outcome.kind === 'refused') expectRefused(outcome, 'NOTHING_TO_CHANGE');
        const written = outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? [] : outcome.rewards));
        const ledger = await expectExplained(given.student);
        expect(ledger.slice(2).map(({ _id }) => `${_id}`)).toEqual(
          written.toSorted((one, other) => one.sequence - other.sequence).map(({ _id }) => `${_id}`),
        );
      }
    },
  );

  test('a correction while another process pays the student: both count, and the ledger is exact', async () => {
    const { student, course, reward } = await givenSubmitted();
    const assignments = await Promise.all(Array.from({ length: 10 }, () => givenAssignment(course)));
    const outcomes = await Promise.all([
      ...assignments.map((each) => submit(student, each, { by: elsewhere })),
      revoke(reward),
      ...Array.from({ length: 5 }, () => bonus(student, course, 7, { by: elsewhere })),
    ]);
    expect(outcomes.filter(({ kind }) => kind === 'refused')).toEqual([]);
    expect(await expectExplained(student)).toHaveLength(17);
  });
});

type Given = Awaited<ReturnType<typeof givenSubmitted>> & { readonly graded: { readonly _id: Types.ObjectId } };
type By = typeof here;
function revokeGrade({ graded }: Given, by: By) {
  return revoke(graded, { by });
}
function revokeSubmission({ reward }: Given, by: By) {
  return revoke(reward, { by });
}
function regrade({ submission }: Given, by: By) {
  return grade(submission, 90, { by, teacher: otherAdmin });
}
function gradeAgain({ submission }: Given, by: By) {
  return grade(submission, 10, { by });
}
function discardIt({ submission }: Given, by: By) {
  return discard(submission, { by });
}
function extendIt({ student, assignment }: Given, by: By) {
  return extend(student, assignment, { dueDate: noon }, { by, teacher: otherAdmin });
}

describe('refused-NOT_FOUND', () => {
  test('a row that does not exist', async () => {
    for (const each of [new Types.ObjectId(), 'no-such-id']) {
      await expectRefusal(database, 'NOT_FOUND', () => revoke(each));
    }
  });

  test('a row of a course of somebody else: of a submission, a grade, a bonus, and a correction of them', async () => {
    const { student, course, submission, reward } = await givenSubmitted();
    const teacher = teacherOf(await givenCourse());
    const rows = [
      reward,
      ...done(await grade(submission, 80)).rewards,
      ...done(await bonus(student, course, 5)).rewards,
      ...done(await revoke(reward)).rewards,
    ];
    for (const row of rows) {
      await expectRefusal(database, 'NOT_FOUND', () => revoke(row, { teacher }));
      await expectRefusal(database, 'NOT_FOUND', () => restore(row, { teacher }));
    }
  });

  test("a session's row, by a teacher of the student", async () => {
    const { student, teacher } = await givenSubmitted();
    const { reward } = rewarded(await focus(student, 25, { from: later(noon, minute) }));
    await expectRefusal(database, 'NOT_FOUND', () => revoke(reward, { teacher }));
  });

  test('a row of the own account', async () => {
    const { student, reward } = await givenSubmitted();
    const teacher = { accountId: student, role: 'ADMIN' } as const;
    await expectRefusal(database, 'NOT_FOUND', () => revoke(reward, { teacher }));
  });
});

describe('refused-NOTHING_TO_CHANGE', () => {
  test('a row that is revoked already, also by another process', async () => {
    const { reward } = await givenSubmitted();
    done(await revoke(reward));
    const message = await expectRefusal(database, 'NOTHING_TO_CHANGE', () => revoke(reward, { by: elsewhere }));
    expect(message).toContain('restoreReward');
  });

  test('a row that corrects another: the message names the row to correct instead', async () => {
    const { reward } = await givenSubmitted();
    const [correcting] = done(await revoke(reward)).rewards;
    const message = await expectRefusal(database, 'NOTHING_TO_CHANGE', () => revoke(correcting!, { teacher: admin }));
    expect(message).toContain(reward._id.toHexString());
  });
});
