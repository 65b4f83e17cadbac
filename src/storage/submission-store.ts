import { type ClientSession, Types } from 'mongoose';
import { insertOnce } from './insert-once.js';
import { FormerTextModel } from './models/former-text.js';
import { SubmissionModel, type SubmissionRecord } from './models/submission.js';

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
