import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Types } from 'mongoose';
import { reviseSubmission, revisionsInProgress } from '../../src/actions/revise-submission.js';
import { Unavailable } from '../../src/granting/unavailable.js';
import { FormerTextModel, type FormerTextRecord } from '../../src/storage/models/former-text.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';
import { replaceSubmissionText } from '../../src/storage/submission-store.js';
import { day, hour, later, minute, noon } from '../rewards/given.js';
import { commandsOf, stepInBefore } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { givenClass, givenStudent, leaveCourses, requestOf, storedStudent, submit } from '../support/given.js';
import { answered, expectNothingWritten, expectRefusal, rewarded } from '../support/replays.js';

const database = useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

function revise(studentId: Types.ObjectId, submissionId: Types.ObjectId | string, content: string, at = noon) {
  const facts = requestOf(studentId, at);
  return reviseSubmission({ studentId, submissionId: submissionId.toString(), content, facts });
}

/** A paid submission with the text "First.", of an assignment that closes in an hour. */
async function givenSubmission() {
  const { student, assignment } = await givenClass({ closesAt: later(noon, hour) });
  const { submission, reward } = rewarded(await submit(student, assignment, { content: 'First.' }));
  return { student, assignment, submission: submission!, reward };
}

const stored = (submissionId: Types.ObjectId) => SubmissionModel.findById(submissionId).lean<SubmissionRecord>();

/** The former texts, each with the time when it was written. */
async function formerTexts(submissionId: Types.ObjectId): Promise<(readonly [string, Date])[]> {
  const texts = await FormerTextModel.find({ submissionId }).sort({ revision: 1 }).lean<FormerTextRecord[]>();
  expect(texts.map(({ revision }) => revision)).toEqual([...texts.keys()]);
  return texts.map(({ content, writtenAt }) => [content, writtenAt]);
}

/** All texts in order. The current text is last. */
async function allTexts(submissionId: Types.ObjectId): Promise<string[]> {
  return [...(await formerTexts(submissionId)).map(([content]) => content), (await stored(submissionId))!.content];
}

/** A revision by another process, which does not wait for the revisions of this process. */
async function reviseElsewhere(submissionId: Types.ObjectId, content: string, at = noon): Promise<void> {
  while (!(await replaceSubmissionText((await stored(submissionId))!, content, at)));
}

describe('revised', () => {
  test('the text is replaced, and the former texts are kept in order', async () => {
    const { student, submission } = await givenSubmission();
    await revise(student, submission._id, 'Second.', later(noon, minute));
    const { submission: revised } = answered(await revise(student, submission._id, 'Third.', later(noon, 2 * minute)));

    expect(revised).toEqual({
      ...submission,
      content: 'Third.',
      revision: 2,
      revisedAt: later(noon, 2 * minute),
    });
    expect(await stored(submission._id)).toEqual(revised);
    expect(await formerTexts(submission._id)).toEqual([
      ['First.', noon],
      ['Second.', later(noon, minute)],
    ]);
  });

  test('a revision pays nothing and does not write to the student', async () => {
    const { student, submission, reward } = await givenSubmission();
    const before = await storedStudent(student);
    answered(await revise(student, submission._id, 'Second.'));
    expect(await storedStudent(student)).toEqual(before);
    expect(await expectExactLedger(student)).toEqual([reward]);
  });

  test('a revision does not change whether the submission was late', async () => {
    const { student, submission } = await givenSubmission();
    const { submission: revised } = answered(await revise(student, submission._id, 'Second.', later(noon, hour)));
    expect(revised.late).toBe(false);
  });

  test.each(['$content', '$$NOW', '{"$literal": 1}'])('the text "%s" is stored as it is', async (text) => {
    const { student, submission } = await givenSubmission();
    const { submission: revised } = answered(await revise(student, submission._id, text));
    expect(revised.content).toBe(text);
  });

  test('more texts than fit into one document', async () => {
    const { student, submission } = await givenSubmission();
    const longest = '😀'.repeat(19_996);
    // 80 kB each: 16 MB are full after 209 of them.
    for (let each = 0; each < 212; each++) answered(await revise(student, submission._id, `${each}${longest}`));
    expect(await FormerTextModel.countDocuments({ submissionId: submission._id })).toBe(212);
    await expectExactLedger(student);
  });

  test('a revision sends five commands, however many came before', async () => {
    const { student, submission } = await givenSubmission();
    const commands = async (text: string) => (await commandsOf(() => revise(student, submission._id, text))).reads;
    const first = await commands('Second.');
    expect(first).toEqual([
      ...['find assignments', 'find students', 'find submissions', 'findAndModify submissions', 'insert former_texts'],
    ]);
    expect(await commands('Third.')).toEqual(first);
  });

  test('40 revisions at once send as many commands as one after another', async () => {
    const { student, submission } = await givenSubmission();
    const texts = Array.from({ length: 40 }, (_, each) => `Text ${each}.`);
    const { reads } = await commandsOf(() => Promise.all(texts.map((text) => revise(student, submission._id, text))));
    expect(reads).toHaveLength(5 * texts.length);
  });

  test('at the moment at which the assignment closes', async () => {
    const { student, submission } = await givenSubmission();
    answered(await revise(student, submission._id, 'Second.', later(noon, hour)));
  });
});

test('revisions that have ended, also those that failed, leave nothing behind', async () => {
  const first = await givenSubmission();
  const second = await givenSubmission();
  const texts = ['One.', 'Two.', 'Three.'];
  const running = [first, second].flatMap(({ student, submission }) =>
    texts.map((text) => revise(student, submission._id, text)),
  );
  expect(revisionsInProgress()).toBe(2);
  await Promise.all(running);
  expect(revisionsInProgress()).toBe(0);
  await revise(first.student, new Types.ObjectId(), 'Of none.');
  expect(revisionsInProgress()).toBe(0);
});

describe('replayed', () => {
  test.each([
    { when: 'immediately', at: noon },
    { when: 'after the assignment closed', at: later(noon, day) },
  ])('the current text again, $when: nothing is written', async ({ at }) => {
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
    expect(await formerTexts(submission._id)).toEqual([['First.', noon]]);
    for (const outcome of outcomes) expect(answered(outcome).submission).toEqual(now);
  });

  test('20 texts at once: each is kept, and the last one is current', async () => {
    const { student, submission } = await givenSubmission();
    const texts = Array.from({ length: 20 }, (_, each) => `Text ${each}.`);
    await Promise.all(texts.map((text) => revise(student, submission._id, text)));

    const kept = await allTexts(submission._id);
    expect(kept[0]).toBe('First.');
    expect(kept.slice(1).sort()).toEqual([...texts].sort());
    await expectExactLedger(student);
  });

  test('by several processes at once: each text is kept', async () => {
    const { student, submission } = await givenSubmission();
    const texts = Array.from({ length: 12 }, (_, each) => `Text ${each}.`);
    await Promise.all(
      texts.map((text, each) =>
        each % 3 === 0 ? revise(student, submission._id, text) : reviseElsewhere(submission._id, text),
      ),
    );
    const kept = await allTexts(submission._id);
    expect(kept[0]).toBe('First.');
    expect(kept.slice(1).sort()).toEqual([...texts].sort());
    await expectExactLedger(student);
  });

  test.each([
    { what: 'before the former text is kept', target: FormerTextModel.collection, method: 'insertMany' },
    { what: 'before the text is replaced', target: SubmissionModel.collection, method: 'findOneAndUpdate' },
  ])('by another process $what: both texts are kept', async (step) => {
    const { student, submission } = await givenSubmission();
    stepInBefore(step, () => reviseElsewhere(submission._id, 'Second.', later(noon, minute)));
    answered(await revise(student, submission._id, 'Third.', later(noon, 2 * minute)));
    expect(await formerTexts(submission._id)).toEqual([
      ['First.', noon],
      ['Second.', later(noon, minute)],
    ]);
    expect((await stored(submission._id))?.content).toBe('Third.');
    await expectExactLedger(student);
  });

  test('by another process with the same text: revised once', async () => {
    const { student, submission } = await givenSubmission();
    stepInBefore({ target: FormerTextModel.collection, method: 'insertMany' }, () =>
      reviseElsewhere(submission._id, 'Second.', later(noon, minute)),
    );
    const { submission: revised } = answered(await revise(student, submission._id, 'Second.', later(noon, hour)));
    expect(revised).toMatchObject({ revision: 1, revisedAt: later(noon, minute) });
    expect(await formerTexts(submission._id)).toEqual([['First.', noon]]);
  });

  test('by another process that is always first: Unavailable, and no text is lost', async () => {
    const { student, submission } = await givenSubmission();
    const insert = FormerTextModel.collection.insertMany;
    let rivals = 0;
    jest.spyOn(FormerTextModel.collection, 'insertMany').mockImplementation(async function (
      this: typeof FormerTextModel.collection,
      ...args
    ) {
      const result = await insert.apply(this, args);
      rivals += 1;
      await SubmissionModel.collection.updateOne({ _id: submission._id }, [
        { $set: { revision: { $add: ['$revision', 1] }, content: `Rival ${rivals}.`, revisedAt: noon } },
      ]);
      return result;
    });
    await expect(revise(student, submission._id, 'Mine.')).rejects.toThrow(Unavailable);
    expect(await allTexts(submission._id)).toEqual([
      'First.',
      ...Array.from({ length: rivals }, (_, n) => `Rival ${n + 1}.`),
    ]);
  });
});

describe('crashed', () => {
  test('between storing the former text and replacing it: nothing is lost, and the next revision succeeds', async () => {
    const { student, submission } = await givenSubmission();
    // 2: BadValue, which the driver does not retry.
    const fault = await database.failCommand({ failCommands: ['findAndModify'], errorCode: 2 });
    await expect(revise(student, submission._id, 'Second.')).rejects.toThrow();
    expect(await fault.off()).toBe(1);
    expect(await stored(submission._id)).toEqual(submission);
    expect(await formerTexts(submission._id)).toEqual([['First.', noon]]);
    await expectExactLedger(student);

    answered(await revise(student, submission._id, 'Third.', later(noon, minute)));
    expect(await formerTexts(submission._id)).toEqual([['First.', noon]]);
    expect(await allTexts(submission._id)).toEqual(['First.', 'Third.']);
    await expectExactLedger(student);
  });

  test('with the reply lost: a repeat has the same answer', async () => {
    const { student, submission } = await givenSubmission();
    await database.failCommand({ failCommands: ['findAndModify'], closeConnection: true });
    answered(await revise(student, submission._id, 'Second.', later(noon, minute)));
    const { submission: again } = answered(await revise(student, submission._id, 'Second.', later(noon, hour)));
    expect(again).toMatchObject({ content: 'Second.', revision: 1, revisedAt: later(noon, minute) });
    expect(await formerTexts(submission._id)).toEqual([['First.', noon]]);
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

  test("another student's submission", async () => {
    const { submission } = await givenSubmission();
    const stranger = await givenStudent();
    await expectRefusal(database, 'NOT_FOUND', () => revise(stranger, submission._id, 'Second.'));
  });

  test('the id of an assignment, which is no submission', async () => {
    const { student, assignment } = await givenSubmission();
    await expectRefusal(database, 'NOT_FOUND', () => revise(student, assignment._id, 'Second.'));
  });
});

describe('refused-ASSIGNMENT_CLOSED', () => {
  test('a millisecond after it closed', async () => {
    const { student, submission } = await givenSubmission();
    const tooLate = later(noon, hour + 1);
    await expectRefusal(database, 'ASSIGNMENT_CLOSED', () => revise(student, submission._id, 'Second.', tooLate));
  });
});

test('a student who left the course may still revise the submission', async () => {
  const { student, submission } = await givenSubmission();
  await leaveCourses(student);
  expect(answered(await revise(student, submission._id, 'Second.')).submission.content).toBe('Second.');
});
