import type { Types } from 'mongoose';
import { type ClusterTime, clusterTimeNow, timeOf } from '../storage/committed-changes.js';
import {
  findEndedSessions,
  findLastGranted,
  findLiveStudents,
  findRosters,
  findRowsBehind,
} from '../storage/live-reads.js';
import type { FollowedChanges } from './follow-changes.js';
import { inBatches } from './in-batches.js';
import type { PomodoroReads } from './pomodoros-of-student.js';
import type { CourseReads } from './rewards-of-course.js';
import type { RewardReads } from './rewards-of-student.js';
import type { Rosters } from './rosters.js';

/** Number of students whose missed rows are read in one command: with 50 rows each about 8 MB. */
const STUDENTS_BEHIND = 100;
/** Number of ids in one command. */
const MOST_IDS = 1_000;
/** Number of courses in one command: each may have thousands of students. */
const MOST_COURSES = 20;
/** While the database is away, every read fails twice a second. One report in this time is enough. Milliseconds. */
const REPORT_INTERVAL_MS = 10_000;

interface StudentReads {
  readonly studentExists: (studentId: Types.ObjectId) => Promise<boolean>;
}

/**
 * The batched reads of all subscriptions. Each read shows at least what the change stream has delivered when the read is
 * sent. So every row is in the result, or the stream delivers it later.
 * @param onFailed receives the error of a failed read, at most once in REPORT_INTERVAL_MS; the read is repeated
 */
export function createReads(
  changes: Pick<FollowedChanges, 'position' | 'isStopped'>,
  rosters: Rosters,
  clock: () => Date,
  onFailed: (error: unknown) => void,
): RewardReads & CourseReads & PomodoroReads & StudentReads {
  let reportedAt = Number.NEGATIVE_INFINITY;
  function report(error: unknown): void {
    if (performance.now() - reportedAt < REPORT_INTERVAL_MS) return;
    reportedAt = performance.now();
    onFailed(error);
  }
  const batched = <Key, Value>(
    most: number,
    find: (keys: readonly Key[], asOf: ClusterTime | null) => Promise<readonly Value[]>,
  ) =>
    inBatches<Key, Value>(
      most,
      () => changes.isStopped,
      report,
      (keys) => find(keys, changes.position),
    );
  const student = batched(MOST_IDS, findLiveStudents);
  const readRoster = batched(MOST_COURSES, findRosters);
  const clusterTime = batched(MOST_IDS, async (askers: readonly 'now'[]) => {
    const time = await clusterTimeNow();
    return askers.map(() => time);
  });
  return {
    rowsBehind: batched(STUDENTS_BEHIND, findRowsBehind),
    lastGranted: batched(MOST_IDS, findLastGranted),
    ended: batched(MOST_IDS, findEndedSessions),
    studentExists: async (studentId) => (await student(studentId)) !== null,
    lastSequence: async (studentId) => (await student(studentId))?.sequence ?? 0,
    running: async (studentId) => (await student(studentId))?.runningPomodoro ?? null,
    async roster(courseId: Types.ObjectId) {
      // Taken before the read: a later subscription has another one, which has not heard of who joined in between.
      const roster = rosters.of(courseId);
      const known = await readRoster(courseId);
      roster?.fill(known.map(({ studentId }) => studentId));
      return known;
    },
    clusterTime: () => clusterTime('now'),
    isMember: (courseId, studentId) => rosters.has(courseId, studentId),
    position: () => timeOf(changes.position!),
    now: clock,
  };
}
