import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { type UpdateAssignment, updateAssignment } from '../../src/actions/update-assignment.js';
import type { Teacher } from '../../src/auth/course-access.js';
import { BadInput } from '../../src/granting/bad-input.js';
import { AssignmentModel, type AssignmentRecord } from '../../src/storage/models/assignment.js';
import { day, hour, later, noon } from '../rewards/given.js';
import { useDatabase } from '../support/database.js';
import { givenAssignment, givenCourse } from '../support/given.js';
import { answered, expectNothingWritten, expectRefusal } from '../support/replays.js';

const database = useDatabase();

const admin: Teacher = { accountId: new Types.ObjectId(), role: 'ADMIN' };

function update(
  assignmentId: Types.ObjectId | string,
  changes: UpdateAssignment['changes'],
  { teacher = admin }: { readonly teacher?: Teacher } = {},
) {
  return updateAssignment({ teacher, assignmentId: assignmentId.toString(), changes });
}

const givenOne = async (fields: Partial<AssignmentRecord> = {}) => givenAssignment(await givenCourse(), fields);

const stored = (id: Types.ObjectId) => AssignmentModel.findById(id).lean<AssignmentRecord>();

describe('updated', () => {
  test.each<UpdateAssignment['changes']>([
    { title: 'Another title' },
    { instructions: 'Other instructions' },
    { instructions: null },
    { dueDate: later(noon, day) },
    { closesAt: later(noon, hour) },
    { dueDate: later(noon, day), closesAt: later(noon, day) },
    {},
  ])('%j: absent fields stay unchanged', async (changes) => {
    const assignment = await givenOne();
    const { assignment: updated } = answered(await update(assignment._id, changes));
    expect(updated).toEqual({ ...assignment, ...changes });
    expect(await stored(assignment._id)).toEqual(updated);
  });

  test('null removes the closing date', async () => {
    const assignment = await givenOne({ closesAt: later(noon, hour) });
    const { assignment: updated } = answered(await update(assignment._id, { closesAt: null }));
    expect(updated.closesAt).toBeNull();
  });

  test('by the teacher of its course', async () => {
    const course = await givenCourse();
    const { _id } = await givenAssignment(course);
    const teacher = { accountId: course.teacherId, role: 'TEACHER' } as const;
    answered(await update(_id, { title: 'Another title' }, { teacher }));
  });
});

describe('bad input: the assignment would close before it is due', () => {
  test.each([
    { what: 'both dates', changes: { dueDate: later(noon, hour), closesAt: noon } },
    { what: 'a closing date before the stored due date', changes: { closesAt: later(noon, -1) } },
    { what: 'a due date after the stored closing date', changes: { dueDate: later(noon, 2 * hour) } },
  ])('$what: nothing is written', async ({ changes }) => {
    const { _id } = await givenOne({ dueDate: noon, closesAt: later(noon, hour) });
    await expectNothingWritten(database, () => expect(update(_id, changes)).rejects.toThrow(BadInput));
  });
});

describe('raced', () => {
  test('a later due date and an earlier closing date that contradict each other: only one succeeds', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { _id } = await givenOne({ dueDate: noon, closesAt: later(noon, 4 * hour) });
      const outcomes = await Promise.allSettled([
        update(_id, { dueDate: later(noon, 3 * hour) }),
        update(_id, { closesAt: later(noon, 2 * hour) }),
      ]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const { dueDate, closesAt } = (await stored(_id))!;
      expect(closesAt! >= dueDate).toBe(true);
    }
  });

  test('a title and a date at once: both are stored', async () => {
    const { _id } = await givenOne();
    await Promise.all([update(_id, { title: 'Another title' }), update(_id, { dueDate: later(noon, day) })]);
    expect(await stored(_id)).toMatchObject({ title: 'Another title', dueDate: later(noon, day) });
  });
});

describe('refused-NOT_FOUND', () => {
  test.each(['', 'no-such-id', '{"$ne":null}', '0'.repeat(24)])(
    'the assignment "%s", which does not exist',
    async (id) => {
      await expectRefusal(database, 'NOT_FOUND', () => update(id, { title: 'Another title' }));
    },
  );

  test("an assignment of another teacher's course", async () => {
    const { _id } = await givenOne();
    const teacher = { accountId: new Types.ObjectId(), role: 'TEACHER' } as const;
    await expectRefusal(database, 'NOT_FOUND', () => update(_id, { title: 'Another title' }, { teacher }));
  });
});
