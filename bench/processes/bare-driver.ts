/**
 * The upper bound: the MongoDB driver alone makes exactly the writes of the product's grants, to the same collections
 * with the same indexes. There is no HTTP, no GraphQL and no read.
 *
 * It runs in a child process. The parent sends a BareJob and waits for "ready"; then it sends "go" and receives a
 * Measurement. Each further "go" continues with the next grants.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import mongoose from 'mongoose';
import { payReward } from '../../src/granting/pay-reward.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import type { SubmissionRecord } from '../../src/storage/models/submission.js';
import { SUBMISSION_TEXT } from '../load/load-job.js';
import { runClosedLoops, sequenceBelow } from '../load/measured.js';

export interface BareJob {
  readonly uri: string;
  /** New students, enough that clients seldom wait for the earlier grant of the same student. */
  readonly students: readonly string[];
  readonly assignments: readonly string[];
  /** The due date of all assignments. */
  readonly dueDate: string;
  /** The number of concurrent grants. */
  readonly clients: number;
  /** The number of grants in one transaction. */
  readonly groupSize: number;
  /** The number of grants in a slice. */
  readonly grants: number;
  readonly warmUpSeconds: number;
  /** The value of `clients` during the warm-up. More grants compile the code sooner. */
  readonly warmUpClients: number;
}

interface Grant {
  readonly before: StudentRecord;
  readonly after: StudentRecord;
  readonly submission: SubmissionRecord;
  readonly reward: RewardRecord;
}

const { MongoClient, ObjectId } = mongoose.mongo;
const [job] = (await once(process, 'message')) as [BareJob];
const client = await MongoClient.connect(job.uri, { maxPoolSize: 100, w: 'majority', journal: true });
const database = client.db();
const studentsCollection = database.collection<StudentRecord>('students');
const submissions = database.collection<SubmissionRecord>('submissions');
const rewards = database.collection<RewardRecord>('rewards');
const ids = job.students.map((id) => new ObjectId(id));
const students = await studentsCollection.find({ _id: { $in: ids } }).toArray();
const assignments = job.assignments.map((id) => new ObjectId(id));
const dueDate = new Date(job.dueDate);

/** The last grant of each student, by its position in `students`. */
const lastWritten = new Map<number, Promise<void>>();

const next = sequenceBelow(Math.floor((students.length * assignments.length) / job.groupSize));
const loopCountFor = (clients: number) => Math.max(1, Math.floor(clients / job.groupSize));
const source = { next, send: job.groupSize === 1 ? payOne : payGroup };
await runClosedLoops(loopCountFor(job.warmUpClients), { seconds: job.warmUpSeconds }, source);
process.send!('ready');
process.once('disconnect', () => process.exit());
for (;;) {
  await once(process, 'message');
  const requests = Math.ceil(job.grants / job.groupSize);
  const measured = await runClosedLoops(loopCountFor(job.clients), { requests }, source);
  process.send!({ ...measured, count: measured.count * job.groupSize });
}

function decide(number: number): Grant {
  const before = students[number % students.length]!;
  const assignmentId = assignments[Math.floor(number / students.length)]!;
  const rewardId = new ObjectId();
  const receivedAt = new Date();
  const action = {
    kind: 'AssignmentSubmitted' as const,
    at: receivedAt,
    localDate: receivedAt.toISOString().slice(0, 10),
    dueDate,
  };
  const { student, reward } = payReward(before, action, {
    rewardId,
    reason: 'ASSIGNMENT_SUBMITTED',
    subject: { kind: 'assignment', id: assignmentId },
    operation: 'submitAssignment',
    // As long and as random as the product's keys. Otherwise the journal would compress better.
    requestKey: randomBytes(16).toString('hex'),
    fingerprint: randomBytes(32).toString('base64'),
    facts: { requestId: randomUUID(), receivedAt, actorId: before._id },
  });
  const after = { ...student, revision: before.revision + 1 };
  const submission = {
    _id: new ObjectId(),
    studentId: before._id,
    assignmentId,
    rewardId,
    content: SUBMISSION_TEXT,
    submittedAt: receivedAt,
    late: false,
    revisedAt: null,
    revision: 0,
  };
  students[number % students.length] = after;
  return { before, after, submission, reward };
}

/**
 * Pays after the earlier grants of the same students are written. When one transaction takes long, the other clients may
 * otherwise come round to its students again.
 */
function afterEarlierGrants(numbers: readonly number[], pay: () => Promise<void>): Promise<void> {
  const positions = numbers.map((number) => number % students.length);
  const written = Promise.all(positions.map((position) => lastWritten.get(position))).then(pay);
  for (const position of positions) lastWritten.set(position, written);
  return written;
}

function filterOf({ before: { _id, revision } }: Grant): Pick<StudentRecord, '_id' | 'revision'> {
  return { _id, revision };
}

function updateOf({ before, after }: Grant): { $set: Partial<StudentRecord> } {
  const fields = Object.keys(after) as (keyof StudentRecord)[];
  const changed = fields.filter((field) => after[field] !== before[field]).map((field) => [field, after[field]]);
  return { $set: Object.fromEntries(changed) };
}

async function payOne(number: number): Promise<void> {
  await afterEarlierGrants([number], async () => {
    const grant = decide(number);
    await inTransaction(async (session) => {
      const { matchedCount } = await studentsCollection.updateOne(filterOf(grant), updateOf(grant), { session });
      assertAllMatched(matchedCount, 1);
      await submissions.insertOne(grant.submission, { session });
      await rewards.insertOne(grant.reward, { session });
    });
  });
}

async function payGroup(number: number): Promise<void> {
  const numbers = Array.from({ length: job.groupSize }, (_, position) => number * job.groupSize + position);
  await afterEarlierGrants(numbers, () => payTogether(numbers.map(decide)));
}

async function payTogether(grants: readonly Grant[]): Promise<void> {
  const updates = grants.map((grant) => ({ updateOne: { filter: filterOf(grant), update: updateOf(grant) } }));
  await inTransaction(async (session) => {
    const { matchedCount } = await studentsCollection.bulkWrite(updates, { session });
    assertAllMatched(matchedCount, grants.length);
    await submissions.insertMany(
      grants.map(({ submission }) => submission),
      { session },
    );
    await rewards.insertMany(
      grants.map(({ reward }) => reward),
      { session },
    );
  });
}

/** With another writer, this would measure conflicts instead of the upper bound. */
function assertAllMatched(matched: number, expected: number): void {
  if (matched !== expected) throw new Error('another process writes to the students of the bare driver');
}

async function inTransaction(write: (session: mongoose.mongo.ClientSession) => Promise<void>): Promise<void> {
  await client.withSession((session) =>
    session.withTransaction(() => write(session), {
      readConcern: { level: 'snapshot' },
      writeConcern: { w: 'majority' },
      readPreference: 'primary',
    }),
  );
}
