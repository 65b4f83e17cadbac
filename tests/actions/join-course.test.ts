import { describe, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { joinCourse } from '../../src/actions/join-course.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import {
  elsewhere,
  givenAssignment,
  givenClass,
  givenCourse,
  givenStudent,
  here,
  requestOf,
  storedStudent,
  submit,
} from '../support/given.js';
import { answered, expectNothingWritten, expectPaid, expectRefusal } from '../support/replays.js';

const database = useDatabase();

const join = (studentId: Types.ObjectId, { joinCode }: Pick<CourseRecord, 'joinCode'>, by = here) =>
  joinCourse(by, { studentId, joinCode, facts: requestOf(studentId) });

describe('joined', () => {
  test('the student is enrolled, and the answer has the course', async () => {
    const student = await givenStudent();
    const course = await givenCourse();
    expect(await join(student, course)).toEqual({ kind: 'joined', course });
    expect((await storedStudent(student)).courseIds).toEqual([course._id]);
  });

  test('a second course: both', async () => {
    const { student, course } = await givenClass();
    const another = await givenCourse();
    await join(student, another);
    expect((await storedStudent(student)).courseIds).toEqual([course._id, another._id]);
  });

  test('its assignments can be submitted', async () => {
    const student = await givenStudent();
    const course = await givenCourse();
    const assignment = await givenAssignment(course);
    await join(student, course);
    await expectPaid(await submit(student, assignment));
    await expectExactLedger(student);
  });
});

describe('replayed', () => {
  test('a repeat has the same answer and writes nothing', async () => {
    const student = await givenStudent();
    const course = await givenCourse();
    const once = await join(student, course);
    expect(await expectNothingWritten(database, () => join(student, course))).toEqual(once);
  });
});

describe('raced', () => {
  test('one course 20 times at once on two committers: the student is enrolled once', async () => {
    const student = await givenStudent();
    const course = await givenCourse();
    await Promise.all(
      Array.from({ length: 20 }, (_, each) => join(student, course, each % 2 === 0 ? here : elsewhere)),
    );
    expect((await storedStudent(student)).courseIds).toEqual([course._id]);
  });

  test('10 courses and 10 submissions at once on two committers: none is lost', async () => {
    const { student, course } = await givenClass();
    const assignments = await Promise.all(Array.from({ length: 10 }, () => givenAssignment(course)));
    const courses = await Promise.all(Array.from({ length: 10 }, () => givenCourse()));
    const [joined, submitted] = await Promise.all([
      Promise.all(courses.map((each) => join(student, each, elsewhere))),
      Promise.all(assignments.map((each) => submit(student, each, { by: here }))),
    ]);

    for (const outcome of joined) answered(outcome);
    for (const outcome of submitted) expect(answered(outcome).replayed).toBe(false);
    const enrolled = (await storedStudent(student)).courseIds.map(String);
    expect(enrolled.sort()).toEqual([course, ...courses].map(({ _id }) => _id.toHexString()).sort());
    expect(await expectExactLedger(student)).toHaveLength(10);
  });
});

describe('settled', () => {
  test('before anything is written: a code that may not be answered enrols nobody', async () => {
    const student = await givenStudent();
    const { joinCode } = await givenCourse();
    const sent = { studentId: student, joinCode, facts: requestOf(student) };
    const tooMany = new Error('too many');
    await expectNothingWritten(database, () =>
      expect(
        joinCourse(here, sent, (outcome) => {
          expect(outcome).toBe('right');
          throw tooMany;
        }),
      ).rejects.toBe(tooMany),
    );
  });
});

describe('refused-INVALID_JOIN_CODE', () => {
  test.each(['', 'NO-SUCH-CODE', '{"$ne":null}', '.*'])('the code "%s", which no course has', async (joinCode) => {
    const student = await givenStudent();
    await givenCourse();
    await expectRefusal(database, 'INVALID_JOIN_CODE', () => join(student, { joinCode }));
  });
});
