import { describe, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { reviseSubmission } from '../../src/actions/revise-submission.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';
import { day, hour, later, minute, noon } from '../rewards/given.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { givenClass, givenStudent, leaveCourses, requestOf, storedStudent, submit } from '../support/given.js';
import { answered, expectNothingWritten, expectRefusal, rewarded } from '../support/replays.js';

const database = useDatabase();

function revise(studentId: Types.ObjectId, submissionId: Types.ObjectId | string, content: string, at = noon) {
  const facts = requestOf(studentId, at);
  return reviseSubmission({ studentId, submissionId: submissionId.toString(), content, facts });
}

/** A submission of the text "First." that was paid, of an assignment that closes in an hour. */
async function givenSubmission() {
  const { student, assignment } = await givenClass({ closesAt: later(noon, hour) });
  const { submission, reward } = rewarded(await submit(student, assignment, { content: 'First.' }));
  return { student, assignment, submission: submission!, reward };
}

const stored = (submissionId: Types.ObjectId) => SubmissionModel.findById(submissionId).lean<SubmissionRecord>();

describe('revised', () => {
  test('the text is the new one, and the former ones are kept in order', async () => {
    const { student, submission } = await givenSubmission();
    await revise(student, submission._id, 'Second.', later(noon, minute));
    const { submission: revised } = answered(await revise(student, submission._id, 'Third.', later(noon, 2 * minute)));

    expect(revised).toEqual({
      ...submission,
      content: 'Third.',
      revisedAt: later(noon, 2 * minute),
      formerTexts: [
        { content: 'First.', replacedAt: later(noon, minute) },
        { content: 'Second.', replacedAt: later(noon, 2 * minute) },
      ],
    });
    expect(await stored(submission._id)).toEqual(revised);
  });

  test('it pays nothing and writes nothing to the student', async () => {
    const { student, submission, reward } = await givenSubmission();
    const before = await storedStudent(student);
    answered(await revise(student, submission._id, 'Second.'));
    expect(await storedStudent(student)).toEqual(before);
    expect(await expectExactLedger(student)).toEqual([reward]);
  });

  test('whether it was late does not change with it', async () => {
    const { student, submission } = await givenSubmission();
    const { submission: revised } = answered(await revise(student, submission._id, 'Second.', later(noon, hour)));
    expect(revised.late).toBe(false);
  });

  test.each(['$content', '$$NOW', '{"$literal": 1}'])('the text "%s" is a text', async (text) => {
    const { student, submission } = await givenSubmission();
    const { submission: revised } = answered(await revise(student, submission._id, text));
    expect(revised.content).toBe(text);
  });

  test('at the very moment in which the assignment closes', async () => {
    const { student, submission } = await givenSubmission();
    answered(await revise(student, submission._id, 'Second.', later(noon, hour)));
  });
});

describe('replayed', () => {
  test.each([
    { when: 'at once', at: noon },
    { when: 'after the assignment has closed', at: later(noon, day) },
  ])('the text that is there, $when: nothing is written', async ({ at }) => {
    const { student, submission } = await givenSubmission();
    const revised = answered(await revise(student, submission._id, 'Second.'));
    const again = await expectNothingWritten(database, () => revise(student, submission._id, 'Second.', at));
    expect(again).toEqual(revised);
  });
});

describe('raced', () => {
  test('the same text 20 times at once: one former text', async () => {
    const { student, submission } = await givenSubmission();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => revise(student, submission._id, 'Second.', later(noon, minute))),
    );
    const now = await stored(submission._id);
    expect(now?.formerTexts).toEqual([{ content: 'First.', replacedAt: later(noon, minute) }]);
    for (const outcome of outcomes) expect(answered(outcome).submission).toEqual(now);
  });

  test('20 texts at once: each is kept, and the last one stands', async () => {
    const { student, submission } = await givenSubmission();
    const texts = Array.from({ length: 20 }, (_, each) => `Text ${each}.`);
    await Promise.all(texts.map((text) => revise(student, submission._id, text)));

    const now = await stored(submission._id);
    const kept = [...now!.formerTexts.map(({ content }) => content), now!.content];
    expect(kept[0]).toBe('First.');
    expect(kept.slice(1).sort()).toEqual([...texts].sort());
  });
});

describe('refused-NOT_FOUND', () => {
  test.each(['', 'no-such-id', '{"$ne":null}', 'g'.repeat(24), '0'.repeat(24)])(
    'the submission "%s", which does not exist',
    async (id) => {
      const { student } = await givenSubmission();
      await expectRefusal(database, 'NOT_FOUND', () => revise(student, id, 'Second.'));
    },
  );

  test("somebody else's submission", async () => {
    const { submission } = await givenSubmission();
    const stranger = await givenStudent();
    await expectRefusal(database, 'NOT_FOUND', () => revise(stranger, submission._id, 'Second.'));
  });

  test('the id of the assignment is none of a submission', async () => {
    const { student, assignment } = await givenSubmission();
    await expectRefusal(database, 'NOT_FOUND', () => revise(student, assignment._id, 'Second.'));
  });
});

describe('refused-ASSIGNMENT_CLOSED', () => {
  test('a moment after it has closed', async () => {
    const { student, submission } = await givenSubmission();
    const tooLate = later(noon, hour + 1);
    await expectRefusal(database, 'ASSIGNMENT_CLOSED', () => revise(student, submission._id, 'Second.', tooLate));
  });
});

test('a student who left the course may still revise what it handed in', async () => {
  const { student, submission } = await givenSubmission();
  await leaveCourses(student);
  expect(answered(await revise(student, submission._id, 'Second.')).submission.content).toBe('Second.');
});
