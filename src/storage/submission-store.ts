import type { ClientSession, Types } from 'mongoose';
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
 * Replaces the text of a student's own submission and keeps the former one, atomically: each of two revisions at
 * once keeps the text that it found. The same text twice in a row counts as one revision.
 * @throws Error where the student has no such submission
 */
export async function replaceSubmissionText(
  studentId: Types.ObjectId,
  submissionId: Types.ObjectId,
  content: string,
  at: Date,
): Promise<SubmissionRecord> {
  const isNew = { $ne: ['$content', { $literal: content }] };
  const formerText = { content: '$content', replacedAt: at };
  const revised = await SubmissionModel.findOneAndUpdate(
    { _id: submissionId, studentId },
    [
      {
        $set: {
          formerTexts: { $cond: [isNew, { $concatArrays: ['$formerTexts', [formerText]] }, '$formerTexts'] },
          revisedAt: { $cond: [isNew, at, '$revisedAt'] },
          content: { $literal: content },
        },
      },
    ],
    { returnDocument: 'after', updatePipeline: true },
  ).lean<SubmissionRecord>();
  if (!revised) throw new Error(`student ${studentId} has no submission ${submissionId}`);
  return revised;
}
