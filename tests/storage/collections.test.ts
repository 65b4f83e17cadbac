import { beforeEach, describe, expect, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import { prepareCollections } from '../../src/storage/collections.js';
import { useDatabase } from '../support/database.js';

useDatabase({ prepare: false });

const db = () => mongoose.connection.db!;

beforeEach(async () => {
  await db().dropDatabase();
});

/** Returns every index of every collection, for example "rewards: studentId 1 sequence 1, unique". */
async function indexes(): Promise<string[]> {
  const all = await Promise.all(
    (await db().listCollections().toArray()).map(async ({ name }) =>
      (await db().collection(name).indexes()).map(({ key, unique, partialFilterExpression, expireAfterSeconds }) =>
        [
          `${name}: ${Object.entries(key).flat().join(' ')}`,
          ...(unique ? ['unique'] : []),
          ...(partialFilterExpression ? [`where ${Object.keys(partialFilterExpression)} exists`] : []),
          ...(expireAfterSeconds === undefined ? [] : ['expires']),
        ].join(', '),
      ),
    ),
  );
  return all.flat().sort();
}

test('creates all collections, with exactly these indexes', async () => {
  await prepareCollections();
  expect(await indexes()).toEqual([
    'accounts: _id 1',
    'accounts: email 1, unique',
    'assignments: _id 1',
    'assignments: courseId 1 dueDate 1 _id 1',
    'courses: _id 1',
    'courses: joinCode 1, unique',
    'courses: teacherId 1 _id 1',
    'former_texts: _id 1',
    'former_texts: studentId 1 submissionId 1 revision 1, unique',
    'pomodoro_sessions: _id 1',
    'pomodoro_sessions: studentId 1 _id 1',
    'pomodoro_sessions: studentId 1 requestKey 1, unique, where requestKey exists',
    'rewards: _id 1',
    'rewards: studentId 1 localDate 1 xp 1 auraPoints 1 action.focusedSeconds 1 subject.kind 1',
    'rewards: studentId 1 operation 1 requestKey 1, unique, where requestKey exists',
    'rewards: studentId 1 sequence 1, unique',
    'rewards: studentId 1 subject.kind 1 subject.id 1, unique',
    'sign_ins: _id 1',
    'sign_ins: endedAt 1',
    'sign_ins: expiresAt 1, expires',
    'sign_ins: place 1 createdAt -1',
    'students: _id 1',
    'students: courseIds 1 _id 1',
    'students: courseIds 1 auraPoints -1 _id 1',
    'students: courseIds 1 auraWindow.month -1 _id 1',
    'students: courseIds 1 auraWindow.untilDay 1',
    'students: courseIds 1 auraWindow.week -1 _id 1',
    'submissions: _id 1',
    'submissions: assignmentId 1 submittedAt -1 _id -1',
    'submissions: studentId 1 assignmentId 1, unique',
    'submissions: studentId 1, where formerTexts exists',
  ]);
});

test('changes nothing when it runs again', async () => {
  await prepareCollections();
  const before = await indexes();
  await prepareCollections();
  expect(await indexes()).toEqual(before);
});

test('creates missing collections and indexes', async () => {
  await prepareCollections();
  const before = await indexes();
  await db().collection('submissions').drop();
  await db().collection('rewards').dropIndex('studentId_1_sequence_1');
  await prepareCollections();
  expect(await indexes()).toEqual(before);
});

describe('refuses, without changing it,', () => {
  test('an index that is not declared', async () => {
    await prepareCollections();
    await db().collection('rewards').createIndex({ grantedAt: 1 });
    const before = await indexes();
    await expect(prepareCollections()).rejects.toThrow(
      'The collection rewards has indexes that are not declared, or are declared differently: grantedAt_1.',
    );
    expect(await indexes()).toEqual(before);
  });

  test.each([
    { what: 'is not unique', options: {} },
    { what: 'does not contain all documents', options: { unique: true, partialFilterExpression: { xp: { $gt: 0 } } } },
    { what: 'expires documents', options: { unique: true, expireAfterSeconds: 60 } },
  ])('a declared index that $what', async ({ options }) => {
    await db().collection('accounts').createIndex({ email: 1 }, options);
    await expect(prepareCollections()).rejects.toThrow(
      'The collection accounts has indexes that are not declared, or are declared differently: email_1.',
    );
  });

  test('a collection whose documents violate a unique index', async () => {
    const row = { studentId: new Types.ObjectId(), sequence: 1 };
    await db()
      .collection('rewards')
      .insertMany([
        { ...row, subject: { kind: 'assignment' } },
        { ...row, subject: { kind: 'pomodoro' } },
      ]);
    await expect(prepareCollections()).rejects.toThrow(
      /^Cannot create the indexes of the collection rewards: .* studentId_1_sequence_1 /,
    );
  });
});
