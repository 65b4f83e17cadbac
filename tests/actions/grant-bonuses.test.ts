import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Types } from 'mongoose';
import { MAX_BONUSES } from '../../src/actions/grant-bonuses.js';
import { BadInput } from '../../src/granting/bad-input.js';
import { committerLimits, createCommitter } from '../../src/granting/committer.js';
import { newStudentDocument } from '../../src/granting/new-student.js';
import { Unavailable } from '../../src/granting/unavailable.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { noon } from '../rewards/given.js';
import { bonuses, expectExplained, storedActs, teacherOf } from '../support/by-hand.js';
import { commandsOf, stepInAfter } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { elsewhere, givenCourse, givenStudent } from '../support/given.js';
import { expectNothingWritten, expectRefusal } from '../support/replays.js';

const database = useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

const times = (count: number) => Array.from({ length: count }, (_, position) => position);

async function givenClassOf(count: number) {
  const course = await givenCourse();
  const students = await Promise.all(times(count).map(() => givenStudent({ courseIds: [course._id] })));
  return { course, students, teacher: teacherOf(course) };
}

/** What the answer says about each student, in order: the code of a refusal, "paid" or "replayed". */
function saidOf(outcome: Awaited<ReturnType<typeof bonuses>>): string[] {
  if (outcome.kind === 'refused') return [outcome.code];
  return outcome.entries.map(({ outcome: each }) => {
    if (each.kind === 'refused') return each.code;
    return each.replayed ? 'replayed' : 'paid';
  });
}

const idsOf = (outcome: Awaited<ReturnType<typeof bonuses>>) =>
  outcome.kind === 'refused' ? [] : outcome.entries.map(({ studentId }) => studentId);

async function expectEachPaidOnce(students: readonly Types.ObjectId[], points = 30): Promise<void> {
  for (const student of students) expect((await expectExplained(student)).map(({ xp }) => xp)).toEqual([points]);
}

describe('paid', () => {
  test('each student who is named, once and in their order; who is named twice is paid once', async () => {
    const { course, students, teacher } = await givenClassOf(3);
    const named = [students[2]!, students[0]!, students[2]!.toHexString().toUpperCase(), students[1]!];
    const outcome = await bonuses(named, course, 30, { teacher });
    expect(saidOf(outcome)).toEqual(['paid', 'paid', 'paid']);
    expect(idsOf(outcome)).toEqual([students[2]!, students[0]!, students[1]!].map(String));
    await expectEachPaidOnce(students);
    expect(await storedActs(students[0]!)).toMatchObject([{ operation: 'grantBonuses', rewardIds: [] }]);
  });

  test('everybody in the course, and with the same key not those who join later', async () => {
    const { course, students, teacher } = await givenClassOf(3);
    const send = () => bonuses(null, course, 30, { teacher, key: 'everybody' });
    expect(saidOf(await send())).toEqual(['paid', 'paid', 'paid']);
    const late = await givenStudent({ courseIds: [course._id] });
    expect(saidOf(await send())).toEqual(['replayed', 'replayed', 'replayed']);
    await expectEachPaidOnce(students);
    expect(await expectExplained(late)).toEqual([]);
  });

  test('the others too, if some are refused: those keep their place, and nothing is written for them', async () => {
    const { course, students, teacher } = await givenClassOf(1);
    const other = await givenCourse({ teacherId: course.teacherId });
    const elsewhereOnly = await givenStudent({ courseIds: [other._id] });
    const named = [new Types.ObjectId(), 'no-such-id', elsewhereOnly, students[0]!];
    const outcome = await bonuses(named, course, 30, { teacher });
    expect(saidOf(outcome)).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_ENROLLED', 'paid']);
    expect(idsOf(outcome)).toEqual(named.map(String));
    await expectEachPaidOnce(students);
    expect(await expectExplained(elsewhereOnly)).toEqual([]);
  });

  test('500 students, one group after the other', async () => {
    const course = await givenCourse();
    const students = times(MAX_BONUSES).map(() => {
      const _id = new Types.ObjectId();
      const student = newStudentDocument({ _id, displayName: 'Ada', timeZone: 'UTC', createdAt: noon });
      return { ...student, courseIds: [course._id] };
    });
    await StudentModel.collection.insertMany(students);
    const { transactions } = await commandsOf(async () => {
      const outcome = await bonuses(null, course, 30);
      expect(new Set(saidOf(outcome))).toEqual(new Set(['paid']));
    });
    expect(transactions.length).toBeGreaterThanOrEqual(MAX_BONUSES / committerLimits.maxGroupSize);
    expect(await RewardModel.countDocuments({ courseId: course._id, xp: 30 })).toBe(MAX_BONUSES);

    await StudentModel.collection.insertOne({ ...students[0]!, _id: new Types.ObjectId() });
    const all = () => bonuses(null, course, 30);
    await expectNothingWritten(database, () => expect(all()).rejects.toThrow(BadInput));
  });
});

describe('replayed', () => {
  test('the same students in another order', async () => {
    const { course, students, teacher } = await givenClassOf(3);
    expect(saidOf(await bonuses(students, course, 30, { teacher, key: 'order' }))).not.toContain('replayed');
    const again = await bonuses(students.toReversed(), course, 30, { teacher, key: 'order' });
    expect(saidOf(again)).toEqual(['replayed', 'replayed', 'replayed']);
    expect(idsOf(again)).toEqual(students.toReversed().map(String));
    await expectEachPaidOnce(students);
  });

  test('interrupted in its middle: a repeat pays the others, and each once', async () => {
    const { course, students, teacher } = await givenClassOf(40);
    const send = (by = elsewhere) => bonuses(students, course, 30, { teacher, key: 'middle', by });
    // Every write after the first transaction fails, also when the committer tries each student alone.
    stepInAfter('insert rewards', () =>
      database.failCommand({ failCommands: ['update'], errorCode: 2, mode: 'alwaysOn' }),
    );
    await expect(send()).rejects.toThrow('failpoint');
    await elsewhere.idle();
    await database.failCommand({ failCommands: [], mode: 'alwaysOn' });
    const paid = await RewardModel.countDocuments({ studentId: { $in: students } });
    expect(paid).toBeGreaterThan(0);
    expect(paid).toBeLessThan(40);

    const said = saidOf(await send(createCommitter()));
    expect(said.filter((each) => each === 'replayed')).toHaveLength(paid);
    expect(said.filter((each) => each === 'paid')).toHaveLength(40 - paid);
    await expectEachPaidOnce(students);
    expect(new Set(saidOf(await send()))).toEqual(new Set(['replayed']));
  });

  test('a committer that gave up on it: a repeat pays each once', async () => {
    const { course, students, teacher } = await givenClassOf(20);
    const hasty = createCommitter({ ...committerLimits, deadlineMs: 300 });
    const send = (by = hasty) => bonuses(students, course, 30, { teacher, key: 'hasty', by });
    const failpoint = await database.failCommand({
      failCommands: ['commitTransaction'],
      mode: 'alwaysOn',
      closeConnection: true,
    });
    await expect(send()).rejects.toThrow(Unavailable);
    await failpoint.off();
    await hasty.idle();
    await send(elsewhere);
    await expectEachPaidOnce(students);
  });

  test('thrown away while it runs, and repeated at the same time by another process: each is paid once', async () => {
    const { course, students, teacher } = await givenClassOf(40);
    const send = (by = elsewhere) => bonuses(students, course, 30, { teacher, key: 'both', by });
    const [one, other] = await Promise.all([send(), send(createCommitter())]);
    const said = saidOf(one).map((each, position) => [each, saidOf(other)[position]].sort());
    expect(said).toEqual(times(40).map(() => ['paid', 'replayed']));
    await expectEachPaidOnce(students);
  });
});

describe('refused-IDEMPOTENCY_KEY_REUSED', () => {
  test.each([
    { other: 'other points', points: 31, note: 'Because.', count: 2 },
    { other: 'another note', points: 30, note: 'Other.', count: 2 },
    { other: 'one student less', points: 30, note: 'Because.', count: 1 },
    { other: 'everybody', points: 30, note: 'Because.', count: null },
  ])('the same key with $other', async ({ points, note, count }) => {
    const { course, students, teacher } = await givenClassOf(2);
    const key = 'reused';
    await bonuses(students, course, 30, { teacher, key });
    const named = count === null ? null : students.slice(0, count);
    await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () =>
      bonuses(named, course, points, { teacher, key, note }),
    );
  });

  test('"everybody" as if it were an id, after everybody was meant', async () => {
    const { course, teacher } = await givenClassOf(1);
    await bonuses(null, course, 30, { teacher, key: 'word' });
    await expectRefusal(database, 'IDEMPOTENCY_KEY_REUSED', () =>
      bonuses(['everybody'], course, 30, { teacher, key: 'word' }),
    );
  });
});

test('refused-NOT_FOUND: a course that the teacher does not teach, or that does not exist', async () => {
  const { course, students } = await givenClassOf(1);
  const teacher = teacherOf(await givenCourse());
  for (const each of [course, new Types.ObjectId(), 'no-such-id']) {
    await expectRefusal(database, 'NOT_FOUND', () => bonuses(students, each, 30, { teacher }));
  }
});
