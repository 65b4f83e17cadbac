import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { newStudentDocument } from '../../src/granting/new-student.js';
import { type Claim, payReward } from '../../src/granting/pay-reward.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { StudentModel, type StudentRecord } from '../../src/storage/models/student.js';
import { hour, later, noon } from '../rewards/given.js';
import { bonus, done, extend, grade, restore, revoke } from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import { elsewhere, givenAssignment, givenCourse, requestOf, storedStudent, submit } from '../support/given.js';
import { rewarded } from '../support/replays.js';

useDatabase();

const ROWS = 5_000;

/** Inserts a student whose ledger has this many bonuses and sessions, as the committer would have written them. */
async function givenLongLedger(courseId: Types.ObjectId) {
  const _id = new Types.ObjectId();
  const createdAt = later(noon, -ROWS * hour);
  let student: StudentRecord = {
    ...newStudentDocument({ _id, displayName: 'Ada', timeZone: 'Asia/Tokyo', createdAt }),
    courseIds: [courseId],
  };
  const ledger: RewardRecord[] = [];
  for (let number = 0; number < ROWS; number++) {
    const at = later(createdAt, number * hour);
    const claim: Claim = {
      rewardId: new Types.ObjectId(),
      reason: 'POMODORO_ENDED',
      subject: { kind: 'pomodoro', id: new Types.ObjectId() },
      operation: 'endPomodoro',
      requestKey: `key ${number}`,
      fingerprint: 'of a test',
      facts: requestOf(_id, at),
    };
    const localDate = later(at, 9 * hour)
      .toISOString()
      .slice(0, 10);
    const action = { kind: 'PomodoroEnded', at, localDate, plannedMinutes: 25, focusedSeconds: 1_500 } as const;
    const paid = payReward(student, action, claim);
    student = paid.student;
    ledger.push(paid.reward);
  }
  await RewardModel.collection.insertMany(ledger);
  await StudentModel.collection.insertOne(student);
  return { student, ledger };
}

/** How long a process waits after a grant before it sends the student's next. Milliseconds. */
const BETWEEN_GRANTS_MS = 50;

test('a student with 5,000 rows is corrected before the deadline, while another process pays it again and again', async () => {
  const course = await givenCourse();
  const { student, ledger } = await givenLongLedger(course._id);
  const handedIn = rewarded(await submit(student._id, await givenAssignment(course), { at: later(noon, 1) }));
  const assignment = await givenAssignment(course, { dueDate: later(noon, -hour) });
  const late = rewarded(await submit(student._id, assignment));

  let isOver = false;
  let paid = 0;
  const paying = (async () => {
    for (; !isOver; paid++) {
      done(await bonus(student._id, course, 1, { by: elsewhere }));
      await sleep(BETWEEN_GRANTS_MS);
    }
  })();
  try {
    // Each of these rejects with Unavailable after its deadline.
    done(await revoke(ledger[0]!));
    done(await revoke(ledger.at(-1)!));
    done(await grade(handedIn.submission!, 100));
    done(await extend(student._id, assignment, { dueDate: noon }));
    done(await restore(ledger[0]!));
    done(await revoke(late.reward));
  } finally {
    isOver = true;
    await paying;
  }
  expect(paid).toBeGreaterThan(0);
  const now = await storedStudent(student._id);
  const [{ sum, rows }] = (await RewardModel.aggregate([
    { $match: { studentId: student._id } },
    { $group: { _id: null, sum: { $sum: '$xp' }, rows: { $sum: 1 } } },
  ])) as [{ sum: number; rows: number }];
  expect(now).toMatchObject({ lifetimeXp: sum, auraPoints: sum, sequence: rows });
  expect(rows).toBe(ROWS + 2 + 6 + paid);
  const first = now.badges.find(({ badgeId }) => badgeId === 'focus-minutes-25');
  expect(first?.rewardId).toEqual(ledger[0]!._id);
});
