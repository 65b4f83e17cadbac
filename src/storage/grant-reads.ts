import type { ClientSession, Types } from 'mongoose';
import { AssignmentModel, type AssignmentTerms } from './models/assignment.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from './models/reward.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import { mapById } from './object-id.js';
import { SINGLE_BATCH } from './pages.js';
import { type SessionLookup, sessionFilters } from './pomodoro-store.js';
import { type RewardLookup, rewardFilters } from './reward-ledger.js';

/** What a group of requests must read. */
export interface GrantLookups {
  readonly studentIds: readonly Types.ObjectId[];
  readonly sessions: readonly SessionLookup[];
  readonly rewards: readonly RewardLookup[];
  readonly assignmentIds: readonly Types.ObjectId[];
}

/**
 * What was found. Sessions and rewards may include others of the same students, and the same one twice. Missing documents
 * are absent.
 */
export interface GrantReads {
  readonly students: ReadonlyMap<string, StudentRecord>;
  readonly sessions: readonly PomodoroSessionRecord[];
  readonly rewards: readonly RewardRecord[];
  readonly assignments: ReadonlyMap<string, AssignmentTerms>;
}

/** A result document: exactly one of these fields is set. */
interface Found {
  readonly student?: StudentRecord;
  readonly session?: PomodoroSessionRecord;
  readonly reward?: RewardRecord;
  readonly assignment?: AssignmentTerms;
}

/**
 * Reads everything in one command, students first. If another process commits while the command runs, its writes may be
 * missing in the student and present in what is read later, but never the other way round. Two guarantees follow:
 * - A session that ends moves from its student to the ended sessions. The read finds it in at least one of the two.
 * - If a student was read before another process paid it, the write of this group fails at the student's revision.
 */
export async function readForGrants(lookups: GrantLookups, clientSession: ClientSession): Promise<GrantReads> {
  const { studentIds, sessions, rewards, assignmentIds } = lookups;
  const pipeline = [
    { $match: { _id: { $in: studentIds } } },
    { $replaceWith: { student: '$$ROOT' } },
    ...sessionFilters(sessions).map((filter) => unionWith(PomodoroSessionModel, 'session', filter)),
    ...rewardFilters(rewards).map((filter) => unionWith(RewardModel, 'reward', filter)),
    ...(assignmentIds.length > 0
      ? [unionWith(AssignmentModel, 'assignment', { _id: { $in: assignmentIds } }, ASSIGNMENT_TERMS)]
      : []),
  ];
  const found = await StudentModel.collection
    .aggregate<Found>(pipeline, { batchSize: SINGLE_BATCH, session: clientSession })
    .toArray();
  return {
    students: mapById(found.flatMap(({ student }) => student ?? [])),
    sessions: found.flatMap(({ session }) => session ?? []),
    rewards: found.flatMap(({ reward }) => reward ?? []),
    assignments: mapById(found.flatMap(({ assignment }) => assignment ?? [])),
  };
}

const ASSIGNMENT_TERMS = { _id: '$_id', courseId: '$courseId', dueDate: '$dueDate', closesAt: '$closesAt' };

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
