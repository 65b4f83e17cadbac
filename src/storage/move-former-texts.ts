import { Types } from 'mongoose';
import { insertIfAbsent } from './insert-if-absent.js';
import { FormerTextModel } from './models/former-text.js';
import { SubmissionModel } from './models/submission.js';

/** A submission as older versions stored it, with its former texts embedded. */
interface EmbeddingSubmission {
  readonly _id: Types.ObjectId;
  readonly studentId: Types.ObjectId;
  readonly submittedAt: Date;
  readonly formerTexts: readonly { readonly content: string; readonly replacedAt: Date }[];
}

/** No version stored anything but an array here. The ledger verifier reports other values. */
const EMBEDDING = { formerTexts: { $exists: true, $type: 'array' } };

/** This partial index contains only these submissions. Without the hint, MongoDB reads all submissions. */
const OF_THEM = { hint: 'with_embedded_texts' };

/**
 * Moves former texts that are embedded in submissions into their own collection. If all have been moved, it only reads
 * one index.
 *
 * It can be interrupted at any point, and several processes can run it at the same time. It inserts the texts first,
 * each once. Then it removes the array from the submission, if the array still has the length that was read. One batch
 * of the cursor is in memory at a time, at most 16 MB.
 */
export async function moveFormerTexts(): Promise<void> {
  await SubmissionModel.collection.updateMany({ ...EMBEDDING, 'formerTexts.0': { $exists: false } }, moved(0), OF_THEM);
  for (;;) {
    const left = SubmissionModel.collection.find(EMBEDDING, OF_THEM).project<EmbeddingSubmission>({
      studentId: 1,
      submittedAt: 1,
      formerTexts: 1,
    });
    let count = 0;
    for await (const submission of left) {
      count += 1;
      await moveTextsOf(submission);
    }
    if (count === 0) return;
  }
}

async function moveTextsOf({ _id, studentId, submittedAt, formerTexts }: EmbeddingSubmission): Promise<void> {
  const rows = formerTexts.map(({ content }, revision) => ({
    _id: new Types.ObjectId(),
    studentId,
    submissionId: _id,
    revision,
    content,
    writtenAt: formerTexts[revision - 1]?.replacedAt ?? submittedAt,
  }));
  await insertIfAbsent(FormerTextModel, rows);
  await SubmissionModel.collection.updateOne({ _id, formerTexts: { $size: rows.length } }, moved(rows.length));
}

const moved = (revision: number) => ({ $set: { revision }, $unset: { formerTexts: true } });
