import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import type { StudentRecord } from '../../src/storage/models/student.js';
import { day, later, minute, noon } from '../rewards/given.js';
import {
  discard,
  done,
  expectExplained,
  extend,
  givenSubmitted,
  grade,
  restore,
  revoke,
  storedSubmission,
} from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import { elsewhere, focus, givenAssignment, storedStudent, submit } from '../support/given.js';
import { expectRefusal, rewarded } from '../support/replays.js';

const database = useDatabase();

/** Everything in a student that corrections may change and give back. */
const stateOf = ({ revision: _, sequence: __, ...state }: StudentRecord) => state;

describe('corrected', () => {
  test('restored after revoked: the student is exactly as before, each row of a history in turn', async () => {
    const { student, course, submission, reward } = await givenSubmitted({ student: { timeZone: 'Asia/Tokyo' } });
    const rows = [
      reward,
      rewarded(await focus(student, 90, { from: later(noon, minute) })).reward,
      rewarded(await submit(student, await givenAssignment(course), { at: later(noon, day) })).reward,
      rewarded(await focus(student, 25, { from: later(noon, 2 * day) })).reward,
      ...done(await grade(submission, 90, { at: later(noon, 3 * day) })).rewards,
    ];
    const before = stateOf(await storedStudent(student));
    const at = later(noon, 3 * day);
    for (const row of rows) {
      const revoked = done(await revoke(row, { at })).student;
      expect(stateOf(revoked)).not.toEqual(before);
      const { student: now, rewards } = done(await restore(row, { at }));
      expect(stateOf(now)).toEqual(before);
      expect(rewards).toMatchObject([{ reason: 'RESTORATION', worth: row.xp, xp: row.xp, corrects: row._id }]);
    }
    await expectExplained(student);
  });

  test('what a grade or an extension made of the row meanwhile counts, not what it paid at first', async () => {
    const { student, assignment, submission, reward } = await givenSubmitted({ dueDate: later(noon, -3 * day) });
    const [graded] = done(await grade(submission, 40)).rewards;
    done(await grade(submission, 100));
    done(await revoke(graded!));
    expect(done(await restore(graded!)).rewards).toMatchObject([{ worth: 50, xp: 50 }]);

    expect(reward.xp).toBe(20);
    done(await revoke(reward));
    const { rewards } = done(await extend(student, assignment, { dueDate: noon }));
    expect(rewards).toMatchObject([{ reason: 'EXTENSION', worth: 0, xp: 0 }]);
    expect(done(await restore(reward)).rewards).toMatchObject([{ worth: 50, xp: 50 }]);
    await expectExplained(student);
  });

  test('a late repeat of a revocation under its old key does not undo the restoration', async () => {
    const { student, reward } = await givenSubmitted();
    const first = done(await revoke(reward, { key: 'late' }));
    done(await restore(reward));
    const again = done(await revoke(reward, { key: 'late', by: elsewhere }));
    expect(again).toMatchObject({ replayed: true, rewards: first.rewards, student: { lifetimeXp: 50 } });
    await expectExplained(student);
  });

  test('the reward of a discarded submission: the submission counts again', async () => {
    const { student, assignment, submission, reward } = await givenSubmitted();
    const [graded] = done(await grade(submission, 100)).rewards;
    done(await discard(submission));
    done(await restore(reward));
    const { discardedAt: _, ...stored } = (await storedSubmission(submission._id))!;
    expect(stored).toMatchObject({ _id: submission._id, grade: 100 });
    expect(await storedSubmission(submission._id)).not.toHaveProperty('discardedAt');
    expect(rewarded(await submit(student, assignment))).toMatchObject({ replayed: true, reward: { _id: reward._id } });
    expect((await storedStudent(student)).lifetimeXp).toBe(50);
    done(await restore(graded!));
    expect((await storedStudent(student)).lifetimeXp).toBe(100);
    await expectExplained(student);
  });
});

describe('refused-NOTHING_TO_CHANGE', () => {
  test('a row that is not revoked', async () => {
    const { reward } = await givenSubmitted();
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => restore(reward));
    done(await revoke(reward));
    done(await restore(reward));
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => restore(reward));
  });

  test('the grade of a submission that is discarded', async () => {
    const { submission } = await givenSubmitted();
    const [graded] = done(await grade(submission, 100)).rewards;
    done(await discard(submission));
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => restore(graded!));
  });

  test('the reward of a discarded submission, while another submission of the student counts', async () => {
    const { student, assignment, submission, reward } = await givenSubmitted();
    done(await discard(submission));
    rewarded(await submit(student, assignment, { content: 'Another.', at: later(noon, 2 * day) }));
    const message = await expectRefusal(database, 'NOTHING_TO_CHANGE', () => restore(reward));
    expect(message).toContain('Discard that one first');
  });

  test('a row that corrects another: the message names the row to correct instead', async () => {
    const { reward } = await givenSubmitted();
    const [correcting] = done(await revoke(reward)).rewards;
    const message = await expectRefusal(database, 'NOTHING_TO_CHANGE', () => restore(correcting!));
    expect(message).toContain(reward._id.toHexString());
  });
});

test('refused-NOT_FOUND: a row that does not exist', async () => {
  for (const each of [new Types.ObjectId(), 'no-such-id']) {
    await expectRefusal(database, 'NOT_FOUND', () => restore(each));
  }
});
