/**
 * The ceiling of the usual design: the writes of one grant in one transaction each, by the driver alone, in a process
 * of its own. Usage: bare-driver.ts URI STUDENTS CLIENTS SECONDS; prints what it measured as JSON.
 */
import mongoose from 'mongoose';
import { newStudentDocument } from '../src/actions/new-student.js';
import { payReward } from '../src/actions/pay-reward.js';
import { measure } from './measured.js';

const { MongoClient, ObjectId } = mongoose.mongo;
const [uri, students, clients, seconds] = process.argv.slice(2);
const client = await MongoClient.connect(uri!, { readConcern: { level: 'majority' }, maxPoolSize: 100 });
const database = client.db('bare');
const now = new Date();
const template = newStudentDocument({ _id: new ObjectId(), displayName: 'Bare', timeZone: 'UTC', createdAt: now });
const ids = Array.from({ length: Number(students) }, () => new ObjectId());
await database.collection('students').insertMany(ids.map((_id) => ({ ...template, _id })));

const result = await measure(Number(clients), Number(seconds), async (count) => {
  const studentId = ids[count % ids.length]!;
  const subject = { kind: 'assignment' as const, id: new ObjectId() };
  const rewardId = new ObjectId();
  const facts = { requestId: 'bench', receivedAt: now, actorId: studentId };
  const { student, reward } = payReward(
    { ...template, _id: studentId, sequence: count },
    { kind: 'AssignmentSubmitted', at: now, localDate: '2026-01-01', dueDate: now },
    {
      rewardId,
      reason: 'ASSIGNMENT_SUBMITTED',
      subject,
      operation: 'submitAssignment',
      requestKey: null,
      fingerprint: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
      facts,
    },
  );
  const { _id, ...fields } = student;
  const submission = {
    _id: new ObjectId(),
    studentId,
    assignmentId: subject.id,
    rewardId,
    content: 'bench',
    submittedAt: now,
    late: false,
    revisedAt: null,
    formerTexts: [],
  };
  await client.withSession(async (session) =>
    session.withTransaction(
      async () => {
        await database.collection('students').updateOne({ _id }, { $set: fields }, { session });
        await database.collection('submissions').insertOne(submission, { session });
        await database.collection('rewards').insertOne({ ...reward, _id: rewardId }, { session });
      },
      { readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } },
    ),
  );
});
process.stdout.write(JSON.stringify(result));
await client.close();
