import { type ClientSession, Types } from 'mongoose';
import { groupBy } from '../group-by.js';
import { insertAll, updateAll } from './grant-commands.js';
import { insertIfAbsent } from './insert-if-absent.js';
import { FormerTextModel, type FormerTextRecord } from './models/former-text.js';
import type { RewardRecord } from './models/reward.js';
import {
  type SubmissionChange,
  type SubmissionHead,
  SubmissionModel,
  type SubmissionRecord,
} from './models/submission.js';
import { SINGLE_BATCH } from './pages.js';

/** Inserts submissions, in one command. */
export async function appendSubmissions(
  submissions: readonly SubmissionRecord[],
  session: ClientSession,
): Promise<void> {
  await insertAll(SubmissionModel, submissions, session);
}

/** Changes submissions, in one command. A field that is undefined is removed. */
export async function changeSubmissions(
  changed: readonly {
    readonly studentId: Types.ObjectId;
    readonly id: Types.ObjectId;
    readonly change: SubmissionChange;
  }[],
  session: ClientSession,
): Promise<void> {
  const updates = changed.map(({ studentId, id, change }) => {
    const fields = Object.entries(change);
    const set = fields.filter(([, value]) => value !== undefined);
    const unset = fields.filter(([, value]) => value === undefined).map(([field]) => [field, true] as const);
    return {
      q: { studentId, _id: id },
      u: {
        ...(set.length > 0 && { $set: Object.fromEntries(set) }),
        ...(unset.length > 0 && { $unset: Object.fromEntries(unset) }),
      },
    };
  });
  await updateAll(SubmissionModel, updates, session);
}

/** Returns the submission with this id, without its text; null if there is none. */
export async function loadSubmissionHead(id: Types.ObjectId): Promise<SubmissionHead | null> {
  return SubmissionModel.findById(id, { content: 0 }).lean<SubmissionHead>();
}

/** Returns the submission that a row is about, discarded or not; null if the row is about none. */
export async function findSubmissionOfReward({
  _id,
  studentId,
  subject,
  submissionId,
}: RewardRecord): Promise<SubmissionHead | null> {
  if (submissionId) return loadSubmissionHead(submissionId);
  if (subject.kind !== 'assignment') return null;
  const paid = { studentId, assignmentId: subject.id, rewardId: _id };
  return SubmissionModel.findOne(paid, { content: 0 }).lean<SubmissionHead>();
}

/** Returns the same for several rows, none of which corrects another, in one command. */
export async function findSubmissionsOfRewards(
  rewards: readonly Pick<RewardRecord, '_id' | 'studentId' | 'subject' | 'submissionId'>[],
): Promise<(SubmissionHead | null)[]> {
  const first = rewards.filter(({ subject }) => subject.kind === 'assignment');
  const named = rewards.flatMap(({ submissionId }) => submissionId ?? []);
  const branches: object[] = [...groupBy(first, ({ studentId }) => `${studentId}`).values()].map((group) => ({
    studentId: group[0]!.studentId,
    assignmentId: { $in: group.map(({ subject }) => subject.id) },
    replaces: null,
  }));
  if (named.length > 0) branches.push({ _id: { $in: named } });
  if (branches.length === 0) return rewards.map(() => null);
  const found = await SubmissionModel.find({ $or: branches }, { content: 0 })
    .batchSize(SINGLE_BATCH)
    .lean<SubmissionHead[]>();
  const byReward = new Map(found.map((submission) => [`${submission.rewardId}`, submission]));
  const byId = new Map(found.map((submission) => [`${submission._id}`, submission]));
  return rewards.map(
    ({ _id, submissionId }) => (submissionId ? byId.get(`${submissionId}`) : byReward.get(`${_id}`)) ?? null,
  );
}

/** Returns how many submissions each assignment has, without discarded ones. Reads from indexes alone. */
export async function countSubmissions(assignmentIds: readonly string[]): Promise<number[]> {
  const ofAssignments = { assignmentId: { $in: assignmentIds.map((id) => new Types.ObjectId(id)) } };
  const counts = await SubmissionModel.aggregate<{ _id: Types.ObjectId; count: number }>([
    { $match: ofAssignments },
    { $group: { _id: '$assignmentId', count: { $sum: 1 } } },
    {
      $unionWith: {
        coll: SubmissionModel.collection.name,
        pipeline: [
          { $match: { ...ofAssignments, discardedAt: { $exists: true } } },
          { $group: { _id: '$assignmentId', count: { $sum: -1 } } },
        ],
      },
    },
    { $group: { _id: '$_id', count: { $sum: '$count' } } },
  ]).option({ batchSize: SINGLE_BATCH });
  const found = new Map(counts.map(({ _id, count }) => [_id.toHexString(), count]));
  return assignmentIds.map((id) => found.get(id) ?? 0);
}

/** Returns the student's submission with this id; null if there is none, or if it is another student's. */
export async function loadOwnSubmission(
  studentId: Types.ObjectId,
  submissionId: Types.ObjectId,
): Promise<SubmissionRecord | null> {
  return SubmissionModel.findOne({ _id: submissionId, studentId }).lean<SubmissionRecord>();
}

/**
 * Replaces the text of a submission and keeps the former text. It stores the former text first, so that a crash between
 * the two writes loses nothing: docs/adr/0013-former-texts.md.
 * @param read the submission as it was read
 * @returns the revised submission; null, without replacing the text, if it was revised or discarded since it was read
 */
export async function replaceSubmissionText(
  read: SubmissionRecord,
  content: string,
  at: Date,
): Promise<SubmissionRecord | null> {
  const { _id, studentId, revision } = read;
  await insertIfAbsent(FormerTextModel, [
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
    { _id, studentId, revision, discardedAt: null },
    { $set: { content, revision: revision + 1, revisedAt: at } },
    { returnDocument: 'after' },
  ).lean<SubmissionRecord>();
}

/** Identifies a text permanently: the submission, and the number of revisions before the text. */
export type SubmissionTextKey = Pick<SubmissionHead, '_id' | 'studentId' | 'revision'>;

/**
 * Returns the texts of submissions at the revisions that were read. Takes one command, or two if a submission has been
 * revised since, so that a text never appears with the data of another revision.
 * @throws Error if there is no such text
 */
export async function loadTexts(asked: readonly SubmissionTextKey[]): Promise<string[]> {
  const current = await SubmissionModel.find({ _id: { $in: asked.map(({ _id }) => _id) } }, { content: 1, revision: 1 })
    .batchSize(SINGLE_BATCH)
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

async function loadFormerTexts(asked: readonly SubmissionTextKey[]): Promise<FormerTextRecord[]> {
  if (asked.length === 0) return [];
  return FormerTextModel.find({
    $or: asked.map(({ _id, studentId, revision }) => ({ studentId, submissionId: _id, revision })),
  })
    .batchSize(SINGLE_BATCH)
    .lean<FormerTextRecord[]>();
}

const textKey = ({ _id, revision }: Pick<SubmissionHead, '_id' | 'revision'>): string => `${_id} ${revision}`;
