import type { ClientSession, Types } from 'mongoose';
import { AssignmentModel, type AssignmentTerms } from './models/assignment.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from './models/reward.js';
import { StudentModel, type StudentRecord } from './models/student.js';
import { ONE_BATCH } from './pages.js';
import { type SessionLookup, sessionsFound } from './pomodoro-store.js';
import { type RewardLookup, rewardsFound } from './reward-ledger.js';

/** What a group of requests needs to know. */
export interface GrantLookups {
  readonly studentIds: readonly Types.ObjectId[];
  readonly sessions: readonly SessionLookup[];
  readonly rewards: readonly RewardLookup[];
  readonly assignmentIds: readonly Types.ObjectId[];
}

/** Others of the same students may be among the sessions and rewards; those that do not exist are absent. */
export interface GrantReads {
  readonly students: ReadonlyMap<string, StudentRecord>;
  readonly sessions: readonly PomodoroSessionRecord[];
  readonly rewards: readonly RewardRecord[];
  readonly assignments: ReadonlyMap<string, AssignmentTerms>;
}

/** One of them. */
interface Found {
  readonly student?: StudentRecord;
  readonly session?: PomodoroSessionRecord;
  readonly reward?: RewardRecord;
  readonly assignment?: AssignmentTerms;
}

/**
 * Reads all of it in one command, and in this order: what somebody else commits meanwhile may be missing in the student
 * and there in what follows, never the other way round. A session, which goes from its student to the ended ones, is in
 * one of them; and whoever is paid on a student that has not seen a reward yet fails at the student's revision.
 */
export async function readForGrants(lookups: GrantLookups, session: ClientSession): Promise<GrantReads> {
  const { studentIds, sessions, rewards, assignmentIds } = lookups;
  const pipeline = [
    { $match: { _id: { $in: studentIds } } },
    { $replaceWith: { student: '$$ROOT' } },
    ...alsoFrom(PomodoroSessionModel, 'session', sessionsFound(sessions)),
    ...alsoFrom(RewardModel, 'reward', rewardsFound(rewards)),
    ...alsoFrom(AssignmentModel, 'assignment', assignmentIds.length > 0 ? { _id: { $in: assignmentIds } } : null, {
      _id: '$_id',
      courseId: '$courseId',
      dueDate: '$dueDate',
      closesAt: '$closesAt',
    }),
  ];
  const found = await StudentModel.collection.aggregate<Found>(pipeline, { batchSize: ONE_BATCH, session }).toArray();
  return {
    students: byId(found.flatMap(({ student }) => student ?? [])),
    sessions: found.flatMap(({ session }) => session ?? []),
    rewards: found.flatMap(({ reward }) => reward ?? []),
    assignments: byId(found.flatMap(({ assignment }) => assignment ?? [])),
  };
}

/** @param what of each document; absent: all of it */
function alsoFrom(
  model: { readonly collection: { readonly name: string } },
  as: keyof Found,
  filter: object | null,
  what: object | string = '$$ROOT',
) {
  if (filter === null) return [];
  const pipeline = [{ $match: filter }, { $replaceWith: { [as]: what } }];
  return [{ $unionWith: { coll: model.collection.name, pipeline } }];
}

const byId = <Row extends { readonly _id: Types.ObjectId }>(rows: readonly Row[]): Map<string, Row> =>
  new Map(rows.map((row) => [row._id.toHexString(), row]));
