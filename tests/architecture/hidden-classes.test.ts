import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { project } from './project-copy.js';

/** Runs in a process of its own, because only a flag makes V8 tell whether two objects share a hidden class. */
const SCRIPT = `
  import { payReward } from './src/granting/pay-reward.js';
  import { newStudentDocument } from './src/granting/new-student.js';
  import mongoose from 'mongoose';
  const { BSON, ObjectId } = mongoose.mongo;
  const at = new Date('2026-03-11T12:00:00Z');
  // As it comes from the database.
  const student = () => BSON.deserialize(BSON.serialize(
    newStudentDocument({ _id: new ObjectId(), displayName: 'Ada', timeZone: 'UTC', createdAt: at })));
  const pay = () => payReward(student(), { kind: 'AssignmentSubmitted', at, localDate: '2026-03-11', dueDate: at }, {
    rewardId: new ObjectId(), reason: 'ASSIGNMENT_SUBMITTED', subject: { kind: 'assignment', id: new ObjectId() },
    operation: 'submitAssignment', requestKey: 'key', fingerprint: 'hash',
    facts: { receivedAt: at, requestId: 'request', actorId: new ObjectId() },
  });
  // V8 caches how an object is built only after some calls.
  for (let count = 0; count < 1_000; count += 1) pay();
  const [one, other] = [pay(), pay()];
  const share = new Function('one', 'other', 'return %HaveSameMap(one, other)');
  console.log(JSON.stringify({ rows: share(one.reward, other.reward), students: share(one.student, other.student) }));
`;

test('the ledger rows and students of two grants share their hidden classes', async () => {
  const node = ['--allow-natives-syntax', '--import', './scripts/typescript.mjs', '--input-type=module', '-e', SCRIPT];
  const { stdout } = await promisify(execFile)(process.execPath, node, { cwd: project });
  expect(JSON.parse(stdout)).toEqual({ rows: true, students: true });
});
