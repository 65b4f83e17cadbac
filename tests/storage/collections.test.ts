import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import { prepareCollections } from '../../src/storage/collections.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { stepInBefore } from '../support/commands.js';
import { useDatabase } from '../support/database.js';

useDatabase({ prepare: false });

const db = () => mongoose.connection.db!;

beforeEach(async () => {
  await db().dropDatabase();
});

afterEach(() => {
  jest.restoreAllMocks();
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
    'manual_acts: _id 1',
    'manual_acts: actorId 1 operation 1 requestKey 1, unique',
    'manual_acts: assignmentId 1 studentIds 1, where assignmentId exists',
    'manual_acts: studentIds 1',
    'pomodoro_sessions: _id 1',
    'pomodoro_sessions: studentId 1 _id 1',
    'pomodoro_sessions: studentId 1 requestKey 1, unique, where requestKey exists',
    'rewards: _id 1',
    'rewards: studentId 1 corrects 1 sequence 1, where corrects exists',
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
    'submissions: assignmentId 1, where discardedAt exists',
    'submissions: studentId 1 assignmentId 1 replaces 1, unique',
    'submissions: studentId 1 submittedAt -1 _id -1',
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

describe('an index of an older version that another one replaces', () => {
  const FORMER = 'studentId_1_assignmentId_1';
  const dropping = { target: SubmissionModel.collection, method: 'dropIndex' };
  const dropFormer = () => db().collection('submissions').dropIndex(FORMER);

  /** Stores one submission, and the indexes that an older version declared for it. @returns today's indexes */
  async function givenOlderVersion(): Promise<string[]> {
    await prepareCollections();
    const declared = await indexes();
    const submissions = db().collection('submissions');
    for (const { name } of await submissions.indexes()) if (name !== '_id_') await submissions.dropIndex(name!);
    await submissions.createIndex({ studentId: 1, assignmentId: 1 }, { unique: true });
    await submissions.createIndex({ assignmentId: 1, submittedAt: -1, _id: -1 });
    await submissions.insertOne({ studentId: new Types.ObjectId(), assignmentId: new Types.ObjectId() });
    return declared;
  }

  test('is dropped, after the one that replaces it was created', async () => {
    const declared = await givenOlderVersion();
    let before: string[] = [];
    stepInBefore(dropping, async () => {
      before = await indexes();
    });
    await prepareCollections();
    const former = 'submissions: studentId 1 assignmentId 1, unique';
    expect(before).toEqual([...declared, former].sort());
    expect(await indexes()).toEqual(declared);
  });

  test('is dropped if an index of another collection replaces it', async () => {
    await prepareCollections();
    const declared = await indexes();
    const extended = { 'extensions.assignmentId': { $exists: true } };
    await db()
      .collection('students')
      .createIndex({ 'extensions.assignmentId': 1, _id: 1 }, { partialFilterExpression: extended });
    await db().collection('manual_acts').dropIndex('assignmentId_1_studentIds_1');
    await prepareCollections();
    expect(await indexes()).toEqual(declared);
  });

  test('is dropped once by two processes that start at the same time', async () => {
    const declared = await givenOlderVersion();
    await Promise.all([prepareCollections(), prepareCollections()]);
    expect(await indexes()).toEqual(declared);
  });

  test('may have been dropped by another process in the middle of the start', async () => {
    const declared = await givenOlderVersion();
    stepInBefore(dropping, dropFormer);
    await prepareCollections();
    expect(await indexes()).toEqual(declared);
  });

  test('stays, and stops the start, if it cannot be dropped', async () => {
    await givenOlderVersion();
    stepInBefore(dropping, async () => {
      throw new Error('planted by the test');
    });
    await expect(prepareCollections()).rejects.toThrow(
      `Cannot drop the index ${FORMER} of the collection submissions: `,
    );
    expect(await indexes()).toContain('submissions: studentId 1 assignmentId 1, unique');
  });

  test('does not excuse an unknown index of its collection: then both stay', async () => {
    await givenOlderVersion();
    await db().collection('submissions').createIndex({ late: 1 });
    const before = (await indexes()).filter((index) => index.startsWith('submissions'));
    await expect(prepareCollections()).rejects.toThrow(
      'The collection submissions has indexes that are not declared, or are declared differently: late_1.',
    );
    expect((await indexes()).filter((index) => index.startsWith('submissions'))).toEqual(before);
  });

  test('is unknown in any other collection', async () => {
    await prepareCollections();
    await db().collection('rewards').createIndex({ studentId: 1, assignmentId: 1 }, { name: FORMER });
    await expect(prepareCollections()).rejects.toThrow(`declared differently: ${FORMER}.`);
  });
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
