import { Types } from 'mongoose';
import { insertOnce } from './insert-once.js';
import { FormerTextModel } from './models/former-text.js';
import { SubmissionModel } from './models/submission.js';

/** A submission as it was stored while its former texts were inside. */
interface EmbeddingSubmission {
  readonly _id: Types.ObjectId;
  readonly studentId: Types.ObjectId;
  readonly submittedAt: Date;
  readonly formerTexts: readonly { readonly content: string; readonly replacedAt: Date }[];
}

/** Anything else than an array was no text of ours: the verifier names it. */
const EMBEDDING = { formerTexts: { $exists: true, $type: 'array' } };

/** Only this index has them; without the hint all submissions would be read. */
const OF_THEM = { hint: 'with_embedded_texts' };

/**
 * Moves former texts that are inside their submissions into their own collection. Nothing is left to do where all have
 * been moved, which one look into an index tells. It may be interrupted anywhere, and several processes may do it at
 * once: the texts are written first, each once, and a submission changes only where its texts are those that were read.
 * One batch of the cursor is in memory at a time, at most 16 MB.
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
  await insertOnce(FormerTextModel, rows);
  await SubmissionModel.collection.updateOne({ _id, formerTexts: { $size: rows.length } }, moved(rows.length));
}

const moved = (revision: number) => ({ $set: { revision }, $unset: { formerTexts: true } });
