import type { ClientSession, Types } from 'mongoose';
import { aggregateAll } from './grant-commands.js';
import { AssignmentModel, type AssignmentTerms } from './models/assignment.js';
import { ManualActModel, type ManualActRecord } from './models/manual-act.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';
import { type LedgerRow, RewardModel, type RewardRecord } from './models/reward.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import { type SubmissionHead, SubmissionModel } from './models/submission.js';
import { mapById } from './object-id.js';
import { isLookedUp, type SessionLookup, sessionFilters } from './pomodoro-store.js';
import { type RewardLookup, rewardFilters } from './reward-ledger.js';

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
  /** The student whose whole ledger is needed, and its first rows, which are not read again. */
  readonly ledger: { readonly studentId: Types.ObjectId; readonly known: readonly LedgerRow[] } | undefined;
}

/**
 * What was found. Rewards may include others of the same students. Rewards and sessions may include the same one twice.
 * Missing documents are absent.
 */
export interface GrantReads {
  readonly students: ReadonlyMap<string, StudentRecord>;
  readonly sessions: readonly PomodoroSessionRecord[];
  readonly rewards: readonly RewardRecord[];
  readonly assignments: ReadonlyMap<string, AssignmentTerms>;
  readonly submissions: readonly SubmissionHead[];
  readonly acts: readonly ManualActRecord[];
  /** In order. */
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
  const { studentIds, sessions, rewards, assignmentIds, submissions, acts, ledger } = lookups;
  const pipeline = [
    { $match: { _id: { $in: studentIds } } },
    { $replaceWith: { student: '$$ROOT' } },
    ...sessionFilters(sessions).map((filter) => unionWith(PomodoroSessionModel, 'session', filter)),
    ...rewardFilters(rewards).map((filter) => unionWith(RewardModel, 'reward', filter)),
    ...(assignmentIds.length > 0
      ? [unionWith(AssignmentModel, 'assignment', { _id: { $in: assignmentIds } }, ASSIGNMENT_TERMS)]
      : []),
    ...submissions.map((lookup) => unionWith(SubmissionModel, 'submission', submissionFilter(lookup), SUBMISSION_HEAD)),
    ...acts.map(({ actorId, operation, requestKey }) =>
      unionWith(ManualActModel, 'act', { actorId, operation, requestKey }),
    ),
    ...(ledger ? [unionWith(RewardModel, 'row', rowsAfter(ledger), LEDGER_ROW)] : []),
  ];
  const found = await aggregateAll<Found>(StudentModel, pipeline, clientSession);
  return {
    students: mapById(found.flatMap(({ student }) => student ?? [])),
    // The reward of a session that nobody looked up may not have been read.
    sessions: found.flatMap(({ session }) => (session && isLookedUp(session, sessions) ? session : [])),
    rewards: found.flatMap(({ reward }) => reward ?? []),
    assignments: mapById(found.flatMap(({ assignment }) => assignment ?? [])),
    submissions: found.flatMap(({ submission }) => submission ?? []),
    acts: found.flatMap(({ act }) => act ?? []),
    ledger: [...(ledger?.known ?? []), ...found.flatMap(({ row }) => row ?? []).sort(bySequence)],
  };
}

const ASSIGNMENT_TERMS = { _id: '$_id', courseId: '$courseId', dueDate: '$dueDate', closesAt: '$closesAt' };
const SUBMISSION_HEAD = { $unsetField: { field: 'content', input: '$$ROOT' } };
const LEDGER_ROW: { readonly [Field in keyof LedgerRow]: `$${Field}` } = {
  _id: '$_id',
  studentId: '$studentId',
  sequence: '$sequence',
  subject: '$subject',
  xp: '$xp',
  localDate: '$localDate',
  action: '$action',
  dayZone: '$dayZone',
  rulesVersion: '$rulesVersion',
  grantedAt: '$grantedAt',
  submissionId: '$submissionId',
  corrects: '$corrects',
};

const rowsAfter = ({ studentId, known }: NonNullable<GrantLookups['ledger']>) => ({
  studentId,
  sequence: { $gt: known.at(-1)?.sequence ?? 0 },
});

const bySequence = (one: LedgerRow, other: LedgerRow): number => one.sequence - other.sequence;

function submissionFilter(lookup: GrantLookups['submissions'][number]): object {
  const { studentId } = lookup;
  if ('submissionId' in lookup) return { studentId, _id: lookup.submissionId };
  return { studentId, assignmentId: lookup.assignmentId, discardedAt: null };
}

/**
 * Each filter has a stage of its own. With several filters under one `$or`, mongod plans each of them again in every
 * command, because it keeps no plan for a branch that finds nothing. The usual grant finds no session and no reward.
 * @param what the part of each document to return; by default the whole document
 */
const unionWith = (
  model: { readonly collection: { readonly name: string } },
  as: keyof Found,
  filter: object,
  what: object | string = '$$ROOT',
) => ({
  $unionWith: {
    coll: model.collection.name,
    pipeline: [{ $match: filter }, { $replaceWith: { [as]: what } }],
  },
});
