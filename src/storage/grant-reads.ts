import type { ClientSession, Types } from 'mongoose';
import { AssignmentModel, type AssignmentTerms } from './models/assignment.js';
import { ManualActModel, type ManualActRecord } from './models/manual-act.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';
import { type LedgerRow, RewardModel, type RewardRecord } from './models/reward.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import { type SubmissionHead, SubmissionModel } from './models/submission.js';
import { mapById } from './object-id.js';
import { SINGLE_BATCH } from './pages.js';
import { type SessionLookup, sessionsFilter } from './pomodoro-store.js';
import { type RewardLookup, rewardsFilter } from './reward-ledger.js';

/** Looks up a submission: by its id, or the one of an assignment that was not discarded. */
export type SubmissionLookup = { readonly submissionId: Types.ObjectId } | { readonly assignmentId: Types.ObjectId };

/** Looks up a manual act by its key. */
export type ActLookup = Pick<ManualActRecord, 'actorId' | 'operation' | 'requestKey'>;

/** What a group of requests must read. */
export interface GrantLookups {
  readonly studentIds: readonly Types.ObjectId[];
  readonly sessions: readonly SessionLookup[];
  readonly rewards: readonly RewardLookup[];
  readonly assignmentIds: readonly Types.ObjectId[];
  readonly submissions: readonly ({ readonly studentId: Types.ObjectId } & SubmissionLookup)[];
  readonly acts: readonly ActLookup[];
  /** The students whose whole ledger is read. */
  readonly ledgersOf: readonly Types.ObjectId[];
}

/** What was found. Sessions and rewards may include others of the same students. Missing documents are absent. */
export interface GrantReads {
  readonly students: ReadonlyMap<string, StudentRecord>;
  readonly sessions: readonly PomodoroSessionRecord[];
  readonly rewards: readonly RewardRecord[];
  readonly assignments: ReadonlyMap<string, AssignmentTerms>;
  readonly submissions: readonly SubmissionHead[];
  readonly acts: readonly ManualActRecord[];
  /** In order for each student. */
  readonly ledger: readonly LedgerRow[];
}

/** A result document: exactly one of these fields is set. */
interface Found {
  readonly student?: StudentRecord;
  readonly session?: PomodoroSessionRecord;
  readonly reward?: RewardRecord;
  readonly assignment?: AssignmentTerms;
  readonly submission?: SubmissionHead;
  readonly act?: ManualActRecord;
  readonly row?: LedgerRow;
}

/**
 * Reads everything in one command, students first. If another process commits while the command runs, its writes may be
 * missing in the student and present in what is read later, but never the other way round. Two guarantees follow:
 * - A session that ends moves from its student to the ended sessions. The read finds it in at least one of the two.
 * - If a student was read before another process paid it, the write of this group fails at the student's revision.
 */
export async function readForGrants(lookups: GrantLookups, clientSession: ClientSession): Promise<GrantReads> {
  const { studentIds, sessions, rewards, assignmentIds, submissions, acts, ledgersOf } = lookups;
  const pipeline = [
    { $match: { _id: { $in: studentIds } } },
    { $replaceWith: { student: '$$ROOT' } },
    ...unionWith(PomodoroSessionModel, 'session', sessionsFilter(sessions)),
    ...unionWith(RewardModel, 'reward', rewardsFilter(rewards)),
    ...unionWith(
      AssignmentModel,
      'assignment',
      assignmentIds.length > 0 ? { _id: { $in: assignmentIds } } : null,
      TERMS,
    ),
    ...submissions.flatMap((lookup) => unionWith(SubmissionModel, 'submission', submissionFilter(lookup), HEAD)),
    ...acts.flatMap(({ actorId, operation, requestKey }) =>
      unionWith(ManualActModel, 'act', { actorId, operation, requestKey }),
    ),
    ...unionWith(RewardModel, 'row', ledgersOf.length > 0 ? { studentId: { $in: ledgersOf } } : null, LEDGER_ROW),
  ];
  const found = await StudentModel.collection
    .aggregate<Found>(pipeline, { batchSize: SINGLE_BATCH, session: clientSession })
    .toArray();
  return {
    students: mapById(found.flatMap(({ student }) => student ?? [])),
    sessions: found.flatMap(({ session }) => session ?? []),
    rewards: found.flatMap(({ reward }) => reward ?? []),
    assignments: mapById(found.flatMap(({ assignment }) => assignment ?? [])),
    submissions: found.flatMap(({ submission }) => submission ?? []),
    acts: found.flatMap(({ act }) => act ?? []),
    ledger: found.flatMap(({ row }) => row ?? []).sort((one, other) => one.sequence - other.sequence),
  };
}

const TERMS = { courseId: 1, dueDate: 1, closesAt: 1 };
/** Submissions without their texts. */
const HEAD = { content: 0 };
const LEDGER_ROW: { readonly [Field in Exclude<keyof LedgerRow, '_id'>]: 1 } = {
  studentId: 1,
  sequence: 1,
  subject: 1,
  xp: 1,
  localDate: 1,
  action: 1,
  dayZone: 1,
  rulesVersion: 1,
  grantedAt: 1,
  submissionId: 1,
  corrects: 1,
};

function submissionFilter(lookup: GrantLookups['submissions'][number]): object {
  const { studentId } = lookup;
  if ('submissionId' in lookup) return { _id: lookup.submissionId, studentId };
  return { studentId, assignmentId: lookup.assignmentId, discardedAt: null };
}

/** @param projection by default the whole document */
function unionWith(
  model: { readonly collection: { readonly name: string } },
  as: keyof Found,
  filter: object | null,
  projection?: object,
) {
  if (filter === null) return [];
  const pipeline = [
    { $match: filter },
    ...(projection ? [{ $project: projection }] : []),
    { $replaceWith: { [as]: '$$ROOT' } },
  ];
  return [{ $unionWith: { coll: model.collection.name, pipeline } }];
}
