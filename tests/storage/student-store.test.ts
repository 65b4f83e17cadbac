import { describe, expect, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import { ManualActModel } from '../../src/storage/models/manual-act.js';
import { StudentModel, type StudentRecord } from '../../src/storage/models/student.js';
import { applyStudentChanges, loadExtendedStudents, StaleRevision } from '../../src/storage/student-store.js';
import { noon } from '../rewards/given.js';
import { commandsOf } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { givenStudent, storedStudent } from '../support/given.js';

const database = useDatabase();

/** Builds a change like a group does: changed fields are new, the others are identical, the revision is incremented. */
async function changeOf(studentId: Types.ObjectId, changes: Partial<StudentRecord>) {
  const before = await storedStudent(studentId);
  return { before, after: { ...before, ...changes, revision: before.revision + 1 } };
}

const apply = (changes: Parameters<typeof applyStudentChanges>[0]) =>
  mongoose.connection
    .getClient()
    .withSession((session) => session.withTransaction(() => applyStudentChanges(changes, session)));

describe('applyStudentChanges', () => {
  test('writes the changes of all students, in one command', async () => {
    const changes = await Promise.all([
      changeOf(await givenStudent(), {
        level: 1,
        streak: { days: 1, longest: 1, freezes: 0, lastActiveOn: '2026-03-11' },
      }),
      changeOf(await givenStudent(), { displayName: 'Bob' }),
    ]);
    const { transactions } = await commandsOf(() => apply(changes));
    expect(transactions).toEqual([['update students', 'commitTransaction']]);
    for (const { after } of changes) expect(await storedStudent(after._id)).toEqual(after);
  });

  test('writes only the fields that changed', async () => {
    const change = await changeOf(await givenStudent(), { timeZone: 'Asia/Tokyo' });
    await StudentModel.collection.updateOne({ _id: change.before._id }, { $set: { displayName: 'Of somebody else' } });
    await apply([change]);
    expect(await storedStudent(change.before._id)).toEqual({ ...change.after, displayName: 'Of somebody else' });
  });

  test('writes null for a field that became null', async () => {
    const runningPomodoro = {
      id: new Types.ObjectId(),
      startedAt: noon,
      plannedMinutes: 25,
      device: null,
      assignmentId: null,
    };
    const change = await changeOf(await givenStudent({ runningPomodoro }), { runningPomodoro: null });
    await apply([change]);
    expect(await storedStudent(change.before._id)).toEqual(change.after);
  });

  test.each([
    {
      what: 'was changed after it was read',
      meddle: (_id: Types.ObjectId) => StudentModel.collection.updateOne({ _id }, { $inc: { revision: 1 } }),
    },
    { what: 'no longer exists', meddle: (_id: Types.ObjectId) => StudentModel.collection.deleteOne({ _id }) },
  ])('throws and writes nothing if a student $what', async ({ meddle }) => {
    const changes = await Promise.all(
      [await givenStudent(), await givenStudent(), await givenStudent()].map((student) =>
        changeOf(student, { level: 1 }),
      ),
    );
    await meddle(changes[1]!.before._id);
    const before = await database.snapshot();
    await expect(apply(changes)).rejects.toThrow(StaleRevision);
    expect(await database.snapshot()).toEqual(before);
  });
});

test('the students of a page who have an extension may have more than 16 MB, the maximum of a document', async () => {
  const [extended, other] = [new Types.ObjectId(), new Types.ObjectId()];
  const extensions = [{ assignmentId: extended, note: 'x'.repeat(6_000_000) }];
  const ids = [new Types.ObjectId(), new Types.ObjectId(), new Types.ObjectId()];
  await StudentModel.collection.insertMany(ids.map((_id) => ({ _id, extensions })) as never);
  await ManualActModel.collection.insertOne({ assignmentId: extended, studentIds: ids } as never);
  const asked = [other, extended].map((parentId) => ({ parentId }));
  const pages = await loadExtendedStudents(asked, { first: 2, after: null });
  expect(pages.map(({ rows, hasNextPage }) => [rows.map(({ _id }) => _id), hasNextPage])).toEqual([
    [[], false],
    [ids.slice(0, 2), true],
  ]);
});
