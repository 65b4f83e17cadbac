import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Types } from 'mongoose';
import { prepareCollections } from '../../src/storage/collections.js';
import { FormerTextModel, type FormerTextRecord } from '../../src/storage/models/former-text.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { moveFormerTexts } from '../../src/storage/move-former-texts.js';
import { later, minute, noon } from '../rewards/given.js';
import { commandsOf, stepInBefore } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { givenAssignment, givenClass, submit } from '../support/given.js';

const database = useDatabase();

beforeEach(() => database.empty());
afterEach(() => {
  jest.restoreAllMocks();
});

/** Stores a paid submission like an older version, with its former texts embedded. The first text was submitted first. */
async function givenEmbedding(...texts: readonly string[]) {
  const { course, student } = await givenClass();
  const assignment = await givenAssignment(course);
  await submit(student, assignment, { content: texts[0]! });
  const submission = await SubmissionModel.findOne({ studentId: student }).lean();
  const formerTexts = texts
    .slice(0, -1)
    .map((content, each) => ({ content, replacedAt: later(noon, (each + 1) * minute) }));
  const revisedAt = formerTexts.at(-1)?.replacedAt ?? null;
  const { revision: _, ...rest } = submission!;
  const stored = { ...rest, content: texts.at(-1)!, formerTexts, revisedAt };
  await SubmissionModel.collection.replaceOne({ _id: rest._id }, stored);
  return { student, submission: stored };
}

async function expectMoved({ student, submission }: Awaited<ReturnType<typeof givenEmbedding>>): Promise<void> {
  const { formerTexts, ...rest } = submission;
  expect(await SubmissionModel.collection.findOne({ _id: rest._id })).toEqual({
    ...rest,
    revision: formerTexts.length,
  });
  const moved = await FormerTextModel.find({ submissionId: rest._id }).sort({ revision: 1 }).lean<FormerTextRecord[]>();
  expect(moved).toEqual(
    formerTexts.map(({ content }, revision) => ({
      _id: expect.any(Types.ObjectId),
      studentId: student,
      submissionId: rest._id,
      revision,
      content,
      writtenAt: later(noon, revision * minute),
    })),
  );
  await expectExactLedger(student);
}

describe('former texts embedded in their submission', () => {
  test('are moved when the server starts; a submission without former texts gets none', async () => {
    const given = [await givenEmbedding('One.', 'Two.', 'Three.'), await givenEmbedding('Only one.')];
    await prepareCollections();
    for (const each of given) await expectMoved(each);
  });

  test('are moved once: a second run writes nothing', async () => {
    await givenEmbedding('One.', 'Two.');
    await moveFormerTexts();
    const before = await database.snapshot();
    const { reads } = await commandsOf(moveFormerTexts);
    expect(await database.snapshot()).toEqual(before);
    expect(reads).toEqual(['find submissions', 'update submissions']);
  });

  test.each([
    ['in the middle of the texts', ['insert'], 0],
    ['between the texts and their submission', ['update'], 1],
  ])('are moved by the next start if the first was interrupted %s', async (_, failCommands, skip) => {
    const given = await givenEmbedding('One.', 'Two.', 'Three.', 'Four.');
    if (skip === 0) {
      const { _id, studentId } = given.submission;
      const text = { _id: new Types.ObjectId(), studentId, submissionId: _id, revision: 1, content: 'Two.' };
      await FormerTextModel.collection.insertOne({ ...text, writtenAt: later(noon, minute) });
    }
    const fault = await database.failCommand({ failCommands, mode: { skip }, errorCode: 2 });
    await expect(moveFormerTexts()).rejects.toThrow();
    expect(await fault.off()).toBeGreaterThan(0);
    await moveFormerTexts();
    await expectMoved(given);
  });

  test('are moved once by several concurrent starts', async () => {
    const given = [];
    for (let each = 0; each < 10; each++) given.push(await givenEmbedding('One.', 'Two.', `Three ${each}.`, 'Four.'));
    await Promise.all([moveFormerTexts(), moveFormerTexts(), moveFormerTexts()]);
    for (const each of given) await expectMoved(each);
  });

  test('are moved together with one that an older process adds during the move', async () => {
    const { student, submission } = await givenEmbedding('One.', 'Two.');
    const added = { content: 'Two.', replacedAt: later(noon, 2 * minute) };
    stepInBefore({ target: SubmissionModel.collection, method: 'updateOne' }, async () => {
      await SubmissionModel.collection.bulkWrite([
        {
          updateOne: {
            filter: { _id: submission._id },
            update: {
              $push: { formerTexts: added },
              $set: { content: 'Three.', revisedAt: added.replacedAt },
            } as object,
          },
        },
      ]);
    });
    await moveFormerTexts();
    await expectMoved({
      student,
      submission: {
        ...submission,
        content: 'Three.',
        revisedAt: added.replacedAt,
        formerTexts: [...submission.formerTexts, added],
      },
    });
  });

  test('are moved even if they fill a whole document', async () => {
    const texts = Array.from({ length: 200 }, (_, each) => `${each}${'😀'.repeat(19_996)}`);
    const given = await givenEmbedding(...texts);
    await moveFormerTexts();
    await expectMoved(given);
  });

  test('are left to the verifier if they are not an array', async () => {
    const { submission } = await givenEmbedding('One.');
    await SubmissionModel.collection.updateOne({ _id: submission._id }, { $set: { formerTexts: 'x' } } as object);
    await moveFormerTexts();
    expect(await SubmissionModel.collection.findOne({ _id: submission._id })).toMatchObject({ formerTexts: 'x' });
  });
});
