import { describe, expect, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import { aggregateAll, insertAll, updateAll } from '../../src/storage/grant-commands.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { READ_TIMEOUT_MS } from '../../src/storage/read-timeout.js';
import { noon } from '../rewards/given.js';
import { documentsOf } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { givenClass, givenStudent, submit } from '../support/given.js';

const database = useDatabase();

const inTransaction = <Result>(work: (session: mongoose.ClientSession) => Promise<Result>): Promise<Result> =>
  mongoose.connection.getClient().withSession((session) => session.withTransaction(() => work(session)));

/** What the driver adds to a command, by the names of the fields. The values differ from one command to the next. */
const ADDED = ['lsid', 'txnNumber', 'startTransaction', 'autocommit', 'readConcern', '$clusterTime', '$db'];

const withoutAdded = (command: mongoose.mongo.Document) =>
  Object.fromEntries(Object.entries(command).filter(([field]) => !ADDED.includes(field)));
const addedTo = (command: mongoose.mongo.Document) => Object.keys(command).filter((field) => ADDED.includes(field));

/** The commands of two transactions, the first one as the methods of the driver's collections send them. */
async function sentBoth(
  byMethod: (session: mongoose.ClientSession) => Promise<unknown>,
  asTheyAre: (session: mongoose.ClientSession) => Promise<unknown>,
) {
  const rollBack = (work: (session: mongoose.ClientSession) => Promise<unknown>) =>
    documentsOf(() =>
      inTransaction(async (session) => {
        await work(session);
        await session.abortTransaction();
      }),
    );
  return [(await rollBack(byMethod))[0]!, (await rollBack(asTheyAre))[0]!] as const;
}

describe('a command of a grant is the same as that of the driver, but for the defaults that it spells out', () => {
  test('an update', async () => {
    const change = { q: { _id: await givenStudent() }, u: { $set: { displayName: 'Bob' } } };
    const [driver, ours] = await sentBoth(
      (session) =>
        StudentModel.collection.bulkWrite([{ updateOne: { filter: change.q, update: change.u } }], { session }),
      (session) => updateAll(StudentModel, [change], session),
    );
    expect(withoutAdded(ours)).toEqual({ update: 'students', updates: [change] });
    expect(withoutAdded(driver)).toEqual({ ...withoutAdded(ours), ordered: true });
    expect(addedTo(ours)).toEqual(addedTo(driver));
    expect(ours.readConcern).toEqual(driver.readConcern);
  });

  test('an insert', async () => {
    const row = { _id: new Types.ObjectId(), studentId: new Types.ObjectId(), content: 'Text', note: undefined };
    const [driver, ours] = await sentBoth(
      (session) => SubmissionModel.collection.insertMany([{ ...row }] as never, { session }),
      (session) => insertAll(SubmissionModel, [row], session),
    );
    expect(withoutAdded(ours)).toEqual({ insert: 'submissions', documents: [row] });
    expect(withoutAdded(driver)).toEqual({ ...withoutAdded(ours), ordered: true });
    expect(addedTo(ours)).toEqual(addedTo(driver));
  });

  test('a read, which sees what its session has seen', async () => {
    const pipeline = [{ $match: { _id: await givenStudent() } }];
    const send = (read: (session: mongoose.ClientSession) => Promise<unknown>) =>
      documentsOf(() =>
        mongoose.connection.getClient().withSession(async (session) => {
          session.advanceOperationTime(new mongoose.mongo.Timestamp({ t: 1, i: 2 }));
          await read(session);
        }),
      );
    const [driver] = await send((session) =>
      StudentModel.collection.aggregate(pipeline, { batchSize: 10_000, maxTimeMS: READ_TIMEOUT_MS, session }).toArray(),
    );
    const [ours] = await send((session) => aggregateAll(StudentModel, pipeline, session));
    const { lsid: _, $clusterTime: __, ...rest } = ours!;
    expect(driver).toMatchObject(rest);
    expect(Object.keys(ours!).sort()).toEqual(Object.keys(driver!).sort());
    expect(rest.readConcern).toEqual({
      level: 'majority',
      afterClusterTime: new mongoose.mongo.Timestamp({ t: 1, i: 2 }),
    });
  });
});

test('a duplicate key in one document of an insert is an error with its code and key, and nothing is written', async () => {
  const { student, assignment } = await givenClass();
  await submit(student, assignment, { at: noon });
  const row = await RewardModel.findOne({ studentId: student }).lean();
  const before = await database.snapshot();
  const inserted = inTransaction((session) =>
    insertAll(RewardModel, [{ ...row!, _id: new Types.ObjectId(), studentId: new Types.ObjectId() }, row!], session),
  );
  await expect(inserted).rejects.toBeInstanceOf(mongoose.mongo.MongoServerError);
  await expect(inserted).rejects.toMatchObject({
    code: 11_000,
    message: expect.stringMatching(/^E11000 duplicate key error collection: \S+ index: _id_ /),
    keyValue: { _id: row!._id },
  });
  expect(await database.snapshot()).toEqual(before);
});

test('an aggregation returns all its results, also those that fill several batches', async () => {
  const pipeline = [
    { $match: { _id: await givenStudent() } },
    { $project: { numbers: { $range: [0, 10_001] } } },
    { $unwind: '$numbers' },
  ];
  const rows = await mongoose.connection
    .getClient()
    .withSession((session) => aggregateAll<{ numbers: number }>(StudentModel, pipeline, session));
  expect(rows.map(({ numbers }) => numbers)).toEqual(Array.from({ length: 10_001 }, (_, number) => number));
});
