/** The backups that docs/operations.md describes, including one taken during writes. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import mongoose, { type Types } from 'mongoose';
import type { Drift } from '../../src/audit/drift.js';
import { verifyDatabase } from '../../src/audit/verify-database.js';
import { DataDirectory } from '../../src/embedded/data-directory.js';
import { type EmbeddedMongod, startEmbeddedMongod } from '../../src/embedded/embedded-mongod.js';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { committerLimits, createCommitter } from '../../src/granting/committer.js';
import type { Refused } from '../../src/granting/refusal.js';
import { Unavailable } from '../../src/granting/unavailable.js';
import { prepareCollections } from '../../src/storage/collections.js';
import { connect, disconnect } from '../../src/storage/connect.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { day, hour, later, minute, noon } from '../rewards/given.js';
import { givenAccounts } from '../support/accounts.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { end, focus, givenAssignment, givenCourse, givenStudent, start, submit } from '../support/given.js';
import { answered, expectPaid, type Granted, rewarded } from '../support/replays.js';

const STUDENTS = 6;
/** Far more than the students reach. */
const ASSIGNMENTS = 100;
/** Rewards acknowledged before the backup, and as many again after it. */
const ENOUGH_REWARDS = 60;
/** Has a short deadline, so that requests fail soon while the database is locked. */
const impatient = createCommitter({ ...committerLimits, deadlineMs: 500 });

let scratch: string;
let running: EmbeddedMongod[];

beforeEach(async () => {
  scratch = await mkdtemp(path.join(os.tmpdir(), 'auraledger-backup-'));
  running = [];
});

afterEach(async () => {
  await disconnect();
  for (const mongod of running) mongod.kill();
  await Promise.all(running.map((mongod) => mongod.stop()));
  await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts the database of this directory and connects to it. */
async function use(directory: DataDirectory): Promise<void> {
  const { path: binary } = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report: () => {} });
  const mongod = await startEmbeddedMongod({ binary, dataDir: directory.path, report: () => {} });
  running.push(mongod);
  await disconnect();
  await connect(mongod.uri);
}

interface School {
  readonly students: readonly Types.ObjectId[];
  readonly assignments: readonly AssignmentRecord[];
}

async function givenSchool(): Promise<School> {
  const course = await givenCourse();
  const assignments = await Promise.all(Array.from({ length: ASSIGNMENTS }, () => givenAssignment(course)));
  const students = await Promise.all(Array.from({ length: STUDENTS }, () => givenStudent({ courseIds: [course._id] })));
  await givenAccounts();
  return { students, assignments };
}

interface Rush {
  readonly acknowledged: RewardRecord[];
  /** How often a request was answered with Unavailable. */
  unavailable: number;
  /** Waits until the condition holds, while the students continue. */
  until(holds: () => boolean): Promise<void>;
  /** Stops the students. Resolves when every student knows the outcome of its last request. */
  stop(): Promise<void>;
}

/** Each student alternates submissions and sessions without a pause, and retries a request while it is Unavailable. */
function payContinuously({ students, assignments }: School): Rush {
  let isOver = false;
  const retryUntilAnswered = async <Outcome>(request: () => Promise<Outcome>): Promise<Outcome> => {
    for (;;) {
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        rush.unavailable += 1;
      }
    }
  };
  const note = (outcome: Granted | Refused) => {
    rush.acknowledged.push(rewarded(outcome).reward);
  };
  const payOne = async (student: Types.ObjectId) => {
    for (const [round, assignment] of assignments.entries()) {
      if (isOver) return;
      const at = later(noon, round * hour);
      const sending = { key: `round ${round}`, by: impatient };
      note(await retryUntilAnswered(() => submit(student, assignment, { at, ...sending })));
      const { session } = answered(await retryUntilAnswered(() => start(student, { at, ...sending })));
      note(await retryUntilAnswered(() => end(student, session.id, { at: later(at, 25 * minute), ...sending })));
    }
  };
  const rush: Rush = {
    acknowledged: [],
    unavailable: 0,
    async until(holds) {
      const waiting = async () => {
        while (!isOver && !holds()) await sleep(5);
      };
      await Promise.race([waiting(), everybody]);
    },
    async stop() {
      isOver = true;
      await everybody;
    },
  };
  const everybody = Promise.all(students.map(payOne)).finally(() => {
    isOver = true;
  });
  everybody.catch(() => {});
  return rush;
}

/** Expects that verify-ledger finds no drift in the connected database. @returns the number of rewards */
async function expectExact(): Promise<number> {
  const drifts: Drift[] = [];
  const { students, rewards } = await verifyDatabase((drift) => drifts.push(drift));
  expect({ drifts, students }).toEqual({ drifts: [], students: STUDENTS });
  return rewards;
}

async function expectStored(rewards: readonly RewardRecord[]): Promise<void> {
  const ids = rewards.map(({ _id }) => _id);
  const stored = await RewardModel.find({ _id: { $in: ids } }).lean<RewardRecord[]>();
  const byId = new Map(stored.map((reward) => [reward._id.toHexString(), reward]));
  expect(ids.map((id) => byId.get(id.toHexString()))).toEqual(rewards);
}

/** Pays each student once more, long after the rush, so that sessions that were running have expired. */
async function expectPayable(students: readonly Types.ObjectId[]): Promise<void> {
  for (const student of students) {
    const before = await RewardModel.countDocuments({ studentId: student });
    const { reward } = await expectPaid(await focus(student, 25, { from: later(noon, 30 * day) }));
    expect(reward.sequence).toBe(before + 1);
    await expectExactLedger(student);
  }
}

test('files copied under fsyncLock during writes contain every acknowledged reward, are exact, and accept new rewards', async () => {
  const original = new DataDirectory(path.join(scratch, 'original'));
  await use(original);
  await prepareCollections();
  const school = await givenSchool();
  const rush = payContinuously(school);
  await rush.until(() => rush.acknowledged.length >= ENOUGH_REWARDS);

  const admin = mongoose.connection.getClient().db('admin');
  await admin.command({ fsync: 1, lock: true });
  const copy = new DataDirectory(path.join(scratch, 'copy'));
  await cp(original.dbPath, copy.dbPath, { recursive: true });
  // Under the lock, grants wait and become Unavailable. Reads are answered, even behind waiting writes.
  await rush.until(() => rush.unavailable >= STUDENTS);
  expect(rush.unavailable).toBeGreaterThanOrEqual(STUDENTS);
  expect(await StudentModel.countDocuments()).toBe(STUDENTS);
  const acknowledged = [...rush.acknowledged];
  expect(acknowledged.length).toBeGreaterThanOrEqual(ENOUGH_REWARDS);
  await admin.command({ fsyncUnlock: 1 });

  await rush.until(() => rush.acknowledged.length >= acknowledged.length + ENOUGH_REWARDS);
  await rush.stop();
  const all = await expectExact();
  expect(all).toBe(rush.acknowledged.length);
  expect(all).toBeGreaterThanOrEqual(acknowledged.length + ENOUGH_REWARDS);
  await expectStored(rush.acknowledged);

  await use(copy);
  const copied = await expectExact();
  expect(copied).toBeGreaterThanOrEqual(acknowledged.length);
  // Each student has at most one reward that was committed but not acknowledged. So this is the copy, not the original.
  expect(copied).toBeLessThanOrEqual(acknowledged.length + STUDENTS);
  await expectStored(acknowledged);
  await expectPayable(school.students);
});

test('an embedded database copied while stopped is exact and accepts new rewards in another directory', async () => {
  const original = new DataDirectory(path.join(scratch, 'original'));
  await use(original);
  await prepareCollections();
  const { students } = await givenSchool();
  const rewards = await Promise.all(students.map(async (student) => rewarded(await focus(student, 25)).reward));
  await disconnect();
  await running[0]!.stop();

  const copy = new DataDirectory(path.join(scratch, 'copy'));
  await cp(original.path, copy.path, { recursive: true });
  await use(copy);
  expect(await expectExact()).toBe(rewards.length);
  await expectStored(rewards);
  await expectPayable(students);
});
