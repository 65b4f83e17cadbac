import { type ClientSession, Types } from 'mongoose';
import { insertOnce } from './insert-once.js';
import { FormerTextModel, type FormerTextRecord } from './models/former-text.js';
import { type SubmissionHead, SubmissionModel, type SubmissionRecord } from './models/submission.js';
import { ONE_BATCH } from './pages.js';

/** Adds submissions, in one command. */
export async function appendSubmissions(
  submissions: readonly SubmissionRecord[],
  session: ClientSession,
): Promise<void> {
  await SubmissionModel.collection.insertMany([...submissions], { session });
}

/** The student's submission with this id; null where there is none, or it is somebody else's. */
export async function loadOwnSubmission(
  studentId: Types.ObjectId,
  submissionId: Types.ObjectId,
): Promise<SubmissionRecord | null> {
  return SubmissionModel.findOne({ _id: submissionId, studentId }).lean<SubmissionRecord>();
}

/**
 * Replaces the text of a submission, and keeps the one that was there. The former text is written first, so that a crash
 * between the two writes loses nothing: see docs/adr/0013-former-texts.md.
 * @param read the submission as it was read
 * @returns null, and replaces nothing, where it has been revised since
 */
export async function replaceSubmissionText(
  read: SubmissionRecord,
  content: string,
  at: Date,
): Promise<SubmissionRecord | null> {
  const { _id, studentId, revision } = read;
  await insertOnce(FormerTextModel, [
    {
      _id: new Types.ObjectId(),
      studentId,
      submissionId: _id,
      revision,
      content: read.content,
      writtenAt: read.revisedAt ?? read.submittedAt,
    },
  ]);
  return SubmissionModel.findOneAndUpdate(
    { _id, studentId, revision },
    { $set: { content, revision: revision + 1, revisedAt: at } },
    { returnDocument: 'after' },
  ).lean<SubmissionRecord>();
}

/** Names a text for ever: that of a submission after so many revisions. */
export type TextOfSubmission = Pick<SubmissionHead, '_id' | 'studentId' | 'revision'>;

/**
 * The texts that submissions had when they were read, in one command; in two where one has been revised since: a text
 * never stands beside the data of another one.
 * @throws Error where there is no such text
 */
export async function loadTexts(asked: readonly TextOfSubmission[]): Promise<string[]> {
  const current = await SubmissionModel.find({ _id: { $in: asked.map(({ _id }) => _id) } }, { content: 1, revision: 1 })
    .batchSize(ONE_BATCH)
    .lean<Pick<SubmissionRecord, '_id' | 'content' | 'revision'>[]>();
  const texts = new Map(current.map(({ _id, revision, content }) => [textKey({ _id, revision }), content]));
  const replaced = asked.filter((text) => !texts.has(textKey(text)));
  for (const { submissionId, revision, content } of await loadFormerTexts(replaced)) {
    texts.set(textKey({ _id: submissionId, revision }), content);
  }
  return asked.map((text) => {
    const content = texts.get(textKey(text));
    if (content === undefined) throw new Error(`submission ${text._id} has no text ${text.revision}`);
    return content;
  });
}

async function loadFormerTexts(asked: readonly TextOfSubmission[]): Promise<FormerTextRecord[]> {
  if (asked.length === 0) return [];
  return FormerTextModel.find({
    $or: asked.map(({ _id, studentId, revision }) => ({ studentId, submissionId: _id, revision })),
  })
    .batchSize(ONE_BATCH)
    .lean<FormerTextRecord[]>();
}

const textKey = ({ _id, revision }: Pick<SubmissionHead, '_id' | 'revision'>): string => `${_id} ${revision}`;
