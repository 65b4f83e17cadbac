import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { createCourse } from '../../src/actions/create-course.js';
import { CourseModel, type CourseRecord } from '../../src/storage/models/course.js';
import { noon } from '../rewards/given.js';
import { useDatabase } from '../support/database.js';
import { requestOf } from '../support/given.js';

const database = useDatabase();

describe('created', () => {
  test('a course taught by the account that asks, as stored', async () => {
    const teacherId = new Types.ObjectId();
    const course = await createCourse({ name: 'Logic', facts: requestOf(teacherId) });
    expect(course).toEqual({
      _id: expect.any(Types.ObjectId),
      name: 'Logic',
      joinCode: expect.stringMatching(/^[A-HJ-NP-Z2-9]{4}-[A-HJ-NP-Z2-9]{4}$/),
      teacherId,
      createdAt: noon,
    });
    expect(await CourseModel.findById(course._id).lean<CourseRecord>()).toEqual(course);
  });

  test('50 at once: each has its own join code', async () => {
    const facts = requestOf(new Types.ObjectId());
    const courses = await Promise.all(Array.from({ length: 50 }, () => createCourse({ name: 'Logic', facts })));
    expect(new Set(courses.map(({ joinCode }) => joinCode)).size).toBe(50);
  });
});

test('the database refuses the insert for another reason than a taken join code: the error comes through', async () => {
  const before = await database.snapshot();
  await database.failCommand({ failCommands: ['insert'], errorCode: 8_000 });
  const creating = createCourse({ name: 'Logic', facts: requestOf(new Types.ObjectId()) });
  await expect(creating).rejects.toMatchObject({ code: 8_000 });
  expect(await database.snapshot()).toEqual(before);
});
