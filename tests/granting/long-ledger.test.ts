import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { type mongo, Types } from 'mongoose';
import { newStudentDocument } from '../../src/granting/new-student.js';
import { type Claim, payReward } from '../../src/granting/pay-reward.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { StudentModel, type StudentRecord } from '../../src/storage/models/student.js';
import { SINGLE_BATCH } from '../../src/storage/pages.js';
import { hour, later, noon } from '../rewards/given.js';
import { bonus, done, extend, grade, restore, revoke } from '../support/by-hand.js';
import { documentsOf, stepInAfter, stepInWithinReads } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { elsewhere, givenAssignment, givenCourse, requestOf, storedStudent, submit } from '../support/given.js';
import { rewarded } from '../support/replays.js';

const database = useDatabase();

const ROWS = 5_000;

/** Inserts a student whose ledger has this many bonuses and sessions, as the committer would have written them. */
async function givenLongLedger(courseId: Types.ObjectId, rows: number) {
  const _id = new Types.ObjectId();
  const createdAt = later(noon, -rows * hour);
  let student: StudentRecord = {
    ...newStudentDocument({ _id, displayName: 'Ada', timeZone: 'Asia/Tokyo', createdAt }),
    courseIds: [courseId],
  };
  const ledger: RewardRecord[] = [];
  for (let number = 0; number < rows; number++) {
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

/** Asserts that a student has this many rows, and what they add up to. */
async function expectSum(studentId: Types.ObjectId, rows: number): Promise<void> {
  const ledger = await RewardModel.find({ studentId }).lean<RewardRecord[]>();
  const sum = ledger.reduce((total, { xp }) => total + xp, 0);
  expect(await storedStudent(studentId)).toMatchObject({ lifetimeXp: sum, auraPoints: sum, sequence: rows });
  expect(ledger).toHaveLength(rows);
}

/** How long a process waits after a grant before it sends the student's next. Milliseconds. */
const BETWEEN_GRANTS_MS = 50;

test('a student with 5,000 rows is corrected before the deadline, while another process pays it again and again', async () => {
  const course = await givenCourse();
  const { student, ledger } = await givenLongLedger(course._id, ROWS);
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
  await expectSum(student._id, ROWS + 2 + 6 + paid);
  const first = (await storedStudent(student._id)).badges.find(({ badgeId }) => badgeId === 'focus-minutes-25');
  expect(first?.rewardId).toEqual(ledger[0]!._id);
});

/** The last row that each read of a ledger leaves out because it is known. */
const knownIn = (commands: readonly mongo.Document[]): number[] =>
  commands.flatMap(({ pipeline = [] }) =>
    (pipeline as { $unionWith?: { pipeline: [{ $match: { sequence?: { $gt: number } } }] } }[]).flatMap(
      ({ $unionWith }) => $unionWith?.pipeline[0].$match.sequence?.$gt ?? [],
    ),
  );

describe('a correction whose student is paid by another process after the first read', () => {
  test.each([
    { when: 'once all is read', meanwhile: (pay: () => Promise<unknown>) => stepInAfter('aggregate students', pay) },
    {
      when: 'between the student and the ledger',
      meanwhile: (pay: () => Promise<unknown>) => stepInWithinReads(['student'], pay),
    },
  ])('$when: the retry reads only rows that the first read cannot have missed', async ({ meanwhile }) => {
    const course = await givenCourse();
    const { student, ledger } = await givenLongLedger(course._id, 10);
    meanwhile(async () => done(await bonus(student._id, course, 1, { by: elsewhere })));
    const commands = await documentsOf(async () => done(await revoke(ledger[0]!)));
    expect([...new Set(knownIn(commands))]).toEqual([0, 10]);
    await expectSum(student._id, 12);
  });
});

test.each([
  { cause: 'another node was elected', errorCode: 43 },
  { cause: 'an index was dropped', errorCode: 175 },
  { cause: 'somebody ended it', errorCode: 237 },
])('a correction that needs a second batch is retried if the cursor is gone: $cause', async ({ errorCode }) => {
  const course = await givenCourse();
  const { student, ledger } = await givenLongLedger(course._id, SINGLE_BATCH);
  const failpoint = await database.failCommand({ failCommands: ['getMore'], errorCode });
  done(await revoke(ledger[0]!));
  expect(await failpoint.off()).toBe(1);
  expect((await storedStudent(student._id)).sequence).toBe(SINGLE_BATCH + 1);
});
