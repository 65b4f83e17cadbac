import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import {
  type UpdateStudentProfile,
  updateStaffProfile,
  updateStudentProfile,
} from '../../src/actions/update-profile.js';
import { BadInput } from '../../src/granting/bad-input.js';
import { AccountModel } from '../../src/storage/models/account.js';
import { noon } from '../rewards/given.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import {
  elsewhere,
  givenAssignment,
  givenClass,
  givenStudent,
  here,
  requestOf,
  storedStudent,
  submit,
} from '../support/given.js';
import { expectNothingWritten, expectPaid } from '../support/replays.js';

const database = useDatabase();

const update = (studentId: Types.ObjectId, changes: UpdateStudentProfile['changes'], by = here) =>
  updateStudentProfile(by, { studentId, changes, facts: requestOf(studentId) });

describe('updated: a student', () => {
  test.each([
    { displayName: 'Grace' },
    { timeZone: 'Asia/Tokyo' },
    { showOnLeaderboard: false },
    { displayName: 'Grace', timeZone: 'Asia/Tokyo', showOnLeaderboard: false },
  ])('%j: absent fields stay unchanged', async (changes) => {
    const student = await givenStudent();
    const before = await storedStudent(student);
    const now = await update(student, changes);
    expect(now).toEqual({ ...before, ...changes, revision: before.revision + 1 });
    expect(await storedStudent(student)).toEqual(now);
  });

  test('progress and past rewards do not change', async () => {
    const { student, assignment } = await givenClass();
    const { reward } = await expectPaid(await submit(student, assignment));
    await update(student, { timeZone: 'Pacific/Kiritimati', displayName: 'Grace' });
    expect(await expectExactLedger(student)).toEqual([reward]);
  });

  test('20 changes and 10 submissions at once on two committers: none is lost', async () => {
    const { student, course } = await givenClass();
    const assignments = await Promise.all(Array.from({ length: 10 }, () => givenAssignment(course)));
    await Promise.all([
      ...Array.from({ length: 10 }, (_, each) => update(student, { displayName: `Name ${each}` }, elsewhere)),
      ...Array.from({ length: 10 }, () => update(student, { showOnLeaderboard: false }, here)),
      ...assignments.map((each) => submit(student, each)),
    ]);
    expect(await storedStudent(student)).toMatchObject({
      displayName: expect.stringMatching(/^Name \d$/),
      showOnLeaderboard: false,
    });
    expect(await expectExactLedger(student)).toHaveLength(10);
  });
});

describe('a change of time zone', () => {
  // To the east the local date is later at the same moment: see docs/adr/0010-a-day-goes-on.md.
  test('to the east does not turn one moment into three days of a streak', async () => {
    const { course, student } = await givenClass();
    for (const timeZone of ['Pacific/Pago_Pago', 'UTC', 'Pacific/Kiritimati']) {
      await update(student, { timeZone });
      await submit(student, await givenAssignment(course), { at: new Date('2026-03-11T10:30:00.000Z') });
    }
    expect((await storedStudent(student)).streak.days).toBe(1);
  });
});

describe('updated: a teacher', () => {
  async function givenTeacher() {
    const account = {
      _id: new Types.ObjectId(),
      email: `${new Types.ObjectId()}@test.example`,
      passwordHash: 'none',
      role: 'TEACHER' as const,
      displayName: 'Miss Honey',
      createdAt: noon,
    };
    await AccountModel.collection.insertOne(account);
    return account;
  }

  test('only the display name changes', async () => {
    const teacher = await givenTeacher();
    await updateStaffProfile(teacher._id, { displayName: 'Dr Honey' });
    expect(await AccountModel.findById(teacher._id).lean()).toEqual({ ...teacher, displayName: 'Dr Honey' });
  });

  test('no changes: nothing is written', async () => {
    const teacher = await givenTeacher();
    await expectNothingWritten(database, () => updateStaffProfile(teacher._id, {}));
  });

  test.each([{ timeZone: 'UTC' }, { showOnLeaderboard: true }, { displayName: 'Dr Honey', timeZone: 'UTC' }])(
    'bad input: %j has fields that only students have',
    async (changes) => {
      const teacher = await givenTeacher();
      await expectNothingWritten(database, () =>
        expect(updateStaffProfile(teacher._id, changes)).rejects.toThrow(BadInput),
      );
    },
  );
});
