import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { type CreateAssignment, createAssignment } from '../../src/actions/create-assignment.js';
import type { Teacher } from '../../src/auth/course-access.js';
import { BadInput } from '../../src/granting/bad-input.js';
import { AssignmentModel, type AssignmentRecord } from '../../src/storage/models/assignment.js';
import { day, later, noon } from '../rewards/given.js';
import { useDatabase } from '../support/database.js';
import { givenCourse, requestOf } from '../support/given.js';
import { answered, expectNothingWritten, expectRefusal } from '../support/replays.js';

const database = useDatabase();

const teacherOfCourse = new Types.ObjectId();

function create(teacher: Teacher, courseId: Types.ObjectId | string, changes: Partial<CreateAssignment> = {}) {
  const assignment = { title: 'Sort ten cards', instructions: 'By hand.', dueDate: later(noon, day), closesAt: null };
  const facts = requestOf(teacher.accountId);
  return createAssignment({ teacher, courseId: courseId.toString(), ...assignment, ...changes, facts });
}

describe('created', () => {
  test.each(['TEACHER', 'ADMIN'] as const)('by the %s of the course: it is stored as it was sent', async (role) => {
    const course = await givenCourse({ teacherId: teacherOfCourse });
    const accountId = role === 'ADMIN' ? new Types.ObjectId() : teacherOfCourse;
    const { assignment } = answered(await create({ accountId, role }, course._id, { closesAt: later(noon, 2 * day) }));
    expect(assignment).toEqual({
      _id: expect.any(Types.ObjectId),
      courseId: course._id,
      title: 'Sort ten cards',
      instructions: 'By hand.',
      dueDate: later(noon, day),
      closesAt: later(noon, 2 * day),
      createdAt: noon,
    });
    expect(await AssignmentModel.findById(assignment._id).lean<AssignmentRecord>()).toEqual(assignment);
  });

  test('an assignment that closes when it is due', async () => {
    const { _id, teacherId } = await givenCourse();
    const dates = { dueDate: noon, closesAt: noon };
    answered(await create({ accountId: teacherId, role: 'TEACHER' }, _id, dates));
  });
});

describe('bad input', () => {
  test('an assignment that closes a millisecond before it is due: nothing is written', async () => {
    const { _id, teacherId } = await givenCourse();
    const dates = { dueDate: noon, closesAt: later(noon, -1) };
    await expectNothingWritten(database, () =>
      expect(create({ accountId: teacherId, role: 'TEACHER' }, _id, dates)).rejects.toThrow(BadInput),
    );
  });
});

describe('refused-NOT_FOUND', () => {
  test.each(['', 'no-such-id', '{"$ne":null}', '0'.repeat(24)])('the course "%s", which does not exist', async (id) => {
    const admin = { accountId: new Types.ObjectId(), role: 'ADMIN' } as const;
    await expectRefusal(database, 'NOT_FOUND', () => create(admin, id));
  });

  test("another teacher's course", async () => {
    const { _id } = await givenCourse();
    const another = { accountId: new Types.ObjectId(), role: 'TEACHER' } as const;
    await expectRefusal(database, 'NOT_FOUND', () => create(another, _id));
  });
});
