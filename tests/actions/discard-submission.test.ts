import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { reviseSubmission } from '../../src/actions/revise-submission.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';
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
  teacherOf,
} from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import { changeAssignment, elsewhere, givenCourse, requestOf, storedStudent, submit } from '../support/given.js';
import { expectPaid, expectRefusal, expectRefused, rewarded } from '../support/replays.js';

const database = useDatabase();
const at = later(noon, 2 * day);

const again = (content: string, key: string | null = null) => ({ content, key, at });

describe('corrected', () => {
  test('the submission does not count, and its rewards are revoked, the one of its grade as well', async () => {
    const { student, submission, reward } = await givenSubmitted();
    const [graded] = done(await grade(submission, 100)).rewards;
    const { rewards, student: now } = done(await discard(submission, { at, note: 'The wrong file.' }));
    expect(rewards).toMatchObject([
      { reason: 'REVOCATION', corrects: reward._id, xp: -50 },
      { reason: 'REVOCATION', corrects: graded!._id, xp: -50, submissionId: submission._id },
    ]);
    expect(now).toMatchObject({ lifetimeXp: 0, submissionCount: 0, badges: [] });
    expect(await storedSubmission(submission._id)).toMatchObject({ discardedAt: at, grade: 100 });
    await expectExplained(student);
  });

  test('a submission whose reward is revoked already: a row of 0 says that it was discarded', async () => {
    const { student, submission, reward } = await givenSubmitted();
    done(await revoke(reward));
    expect(done(await discard(submission)).rewards).toMatchObject([{ xp: 0, worth: 0, corrects: reward._id }]);
    done(await restore(reward));
    expect((await storedStudent(student)).submissionCount).toBe(1);
    expect(await storedSubmission(submission._id)).not.toHaveProperty('discardedAt');
    await expectExplained(student);
  });
});

describe('the next submission', () => {
  test.each([
    { what: 'the same text without a key', content: 'My essay.', key: null },
    { what: 'the same text with a new key', content: 'My essay.', key: 'new' },
    { what: 'another text without a key', content: 'Better.', key: null },
    { what: 'another text with a new key', content: 'Better.', key: 'new' },
  ])('is paid anew, by the date of then: $what', async ({ content, key }) => {
    const { student, assignment, submission } = await givenSubmitted({}, { key: 'old' });
    done(await discard(submission));
    const { reward, submission: next } = await expectPaid(await submit(student, assignment, again(content, key)));
    expect(reward).toMatchObject({ xp: 30, subject: { kind: 'resubmission', id: submission._id } });
    expect(next).toMatchObject({ replaces: submission._id, late: true });
    expect(reward.submissionId).toEqual(next!._id);

    const repeat = rewarded(await submit(student, assignment, again(content)));
    expect(repeat).toMatchObject({ replayed: true, reward: { _id: reward._id } });
    expectRefused(await submit(student, assignment, again('A third text.')), 'ALREADY_SUBMITTED');
    await expectExplained(student);
  });

  test('under the old key is a replay of the old reward, also after it was handed in again', async () => {
    const { student, assignment, submission, reward } = await givenSubmitted({}, { key: 'old' });
    done(await discard(submission));
    const repeat = async () => rewarded(await submit(student, assignment, { key: 'old' }));
    expect(await repeat()).toMatchObject({ replayed: true, reward: { _id: reward._id } });
    await expectPaid(await submit(student, assignment, again('Better.')));
    expect(await repeat()).toMatchObject({ replayed: true, reward: { _id: reward._id } });
    expectRefused(await submit(student, assignment, again('Better.', 'old')), 'IDEMPOTENCY_KEY_REUSED');
    await expectExplained(student);
  });

  test('at once in two processes with the discard, and with itself: paid at most once for each', async () => {
    const { student, assignment, submission } = await givenSubmitted();
    await Promise.all([
      discard(submission),
      ...[1, 2, 3, 4].map(() => submit(student, assignment, { ...again('My essay.'), by: elsewhere })),
    ]);
    await Promise.all([
      submit(student, assignment, again('My essay.')),
      submit(student, assignment, { ...again('My essay.'), by: elsewhere }),
    ]);
    const ledger = await expectExplained(student);
    expect(ledger.map(({ reason }) => reason)).toEqual(['ASSIGNMENT_SUBMITTED', 'REVOCATION', 'ASSIGNMENT_SUBMITTED']);
  });

  test('is closed after closesAt, and accepted with an extension', async () => {
    const { student, assignment, submission } = await givenSubmitted({ closesAt: later(noon, minute) });
    done(await discard(submission));
    expectRefused(await submit(student, assignment, again('Better.')), 'ASSIGNMENT_CLOSED');
    done(await extend(student, assignment, { dueDate: at, closesAt: at }));
    const { reward } = await expectPaid(await submit(student, assignment, again('Better.')));
    expect(reward.xp).toBe(50);
  });

  test('may be discarded and restored in any order: each submission is paid once, and one counts', async () => {
    const { student, assignment, submission: first, reward: ofFirst } = await givenSubmitted();
    const handIn = async (content: string) => await expectPaid(await submit(student, assignment, again(content)));
    const counting = async () =>
      (await SubmissionModel.find({ studentId: student, discardedAt: null }).lean<SubmissionRecord[]>()).map(
        ({ _id }) => `${_id}`,
      );
    done(await discard(first));
    const second = await handIn('Second.');
    done(await discard(second.submission!));
    expect(await counting()).toEqual([]);

    done(await restore(ofFirst));
    expect(await counting()).toEqual([`${first._id}`]);
    await expectRefusal(database, 'NOTHING_TO_CHANGE', () => restore(second.reward));
    expect(rewarded(await submit(student, assignment))).toMatchObject({ replayed: true, reward: { _id: ofFirst._id } });

    done(await discard(first));
    const third = await handIn('Second.');
    expect(third.submission).toMatchObject({ replaces: second.submission!._id });
    done(await discard(third.submission!));
    done(await restore(second.reward));
    expect(await counting()).toEqual([`${second.submission!._id}`]);
    done(await discard(second.submission!));
    done(await restore(third.reward));
    expect(await counting()).toEqual([`${third.submission!._id}`]);
    expect(await storedStudent(student)).toMatchObject({ lifetimeXp: 30, submissionCount: 1 });
    await expectExplained(student);
  });
});

describe('a revision', () => {
  const revise = (studentId: Types.ObjectId, { _id }: SubmissionRecord, content: string) =>
    reviseSubmission({ studentId, submissionId: `${_id}`, content, facts: requestOf(studentId, at) });

  test('of a discarded submission is refused, of the one that replaces it accepted', async () => {
    const { student, assignment, submission } = await givenSubmitted();
    done(await discard(submission));
    const message = await expectRefusal(database, 'NOT_FOUND', () => revise(student, submission, 'Revised.'));
    expect(message).toContain('submitAssignment');
    const { submission: next } = await expectPaid(await submit(student, assignment, again('Second.')));
    expect(await revise(student, next!, 'Revised.')).toMatchObject({ submission: { content: 'Revised.' } });
  });

  test('after closing is allowed by an extension, until that ends', async () => {
    const { student, assignment, submission } = await givenSubmitted();
    await changeAssignment(assignment, { closesAt: later(noon, minute) });
    await expectRefusal(database, 'ASSIGNMENT_CLOSED', () => revise(student, submission, 'Revised.'));
    done(await extend(student, assignment, { dueDate: noon, closesAt: at }));
    expect(await revise(student, submission, 'Revised.')).toMatchObject({ kind: 'revised' });
    done(await extend(student, assignment, { dueDate: noon, closesAt: later(at, -1) }));
    await expectRefusal(database, 'ASSIGNMENT_CLOSED', () => revise(student, submission, 'Twice.'));
  });
});

describe('refused-NOT_FOUND', () => {
  test('a submission that does not exist, of the course of somebody else, or of the own account', async () => {
    const { student, submission } = await givenSubmitted();
    const stranger = teacherOf(await givenCourse());
    const own = { accountId: student, role: 'ADMIN' } as const;
    await expectRefusal(database, 'NOT_FOUND', () => discard(new Types.ObjectId()));
    await expectRefusal(database, 'NOT_FOUND', () => discard('no-such-id'));
    await expectRefusal(database, 'NOT_FOUND', () => discard(submission, { teacher: stranger }));
    await expectRefusal(database, 'NOT_FOUND', () => discard(submission, { teacher: own }));
  });
});

test('refused-NOTHING_TO_CHANGE: a submission that is discarded already', async () => {
  const { submission } = await givenSubmitted();
  done(await discard(submission));
  const message = await expectRefusal(database, 'NOTHING_TO_CHANGE', () => discard(submission, { by: elsewhere }));
  expect(message).toContain('restore its reward');
});
