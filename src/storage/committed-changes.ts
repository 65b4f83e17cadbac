import mongoose, { type Types } from 'mongoose';
import { database } from './connect.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from './models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from './models/reward.js';
import { type RunningPomodoroRecord, StudentModel } from './models/student.js';

export type ClusterTime = mongoose.mongo.Timestamp;

/** A committed change that the live feed delivers. All changes of one transaction have the same time. */
export type CommittedChange = {
  readonly at: ClusterTime;
  /** By the clock of the database. */
  readonly committedAt: Date;
} & (
  | { readonly kind: 'rewarded'; readonly reward: RewardRecord }
  | { readonly kind: 'sessionEnded'; readonly session: PomodoroSessionRecord }
  /** A session was started or joined. */
  | { readonly kind: 'sessionRuns'; readonly studentId: Types.ObjectId; readonly session: RunningPomodoroRecord }
  | { readonly kind: 'coursesChanged'; readonly studentId: Types.ObjectId; readonly courseIds: Types.ObjectId[] }
);

/** Where a stream begins: after a time, or after the last change of another stream. */
export type StreamStart = { readonly after: ClusterTime } | { readonly resumeAfter: mongoose.mongo.ResumeToken };

export interface CommittedChanges {
  /** Waits for the next changes that a majority has, and returns all there are. Rejects if the stream fails or is closed. */
  next(): Promise<readonly CommittedChange[]>;
  /** Where another stream can continue; null if this one has returned nothing yet. */
  readonly resumeToken: mongoose.mongo.ResumeToken | null;
  close(): Promise<void>;
}

const ofStudents = { operationType: 'update', 'ns.coll': StudentModel.collection.name };
const UPDATED = 'updateDescription.updatedFields';

const pipeline = [
  {
    $match: {
      $or: [
        {
          operationType: 'insert',
          'ns.coll': { $in: [RewardModel.collection.name, PomodoroSessionModel.collection.name] },
        },
        { ...ofStudents, [`${UPDATED}.runningPomodoro`]: { $type: 'object' } },
        { ...ofStudents, [`${UPDATED}.courseIds`]: { $type: 'array' } },
      ],
    },
  },
];

/**
 * Opens one change stream for the whole database. It is a cursor of our own, because the driver's ChangeStream does not
 * say where one answer of the database ends, and resumes by itself.
 */
export function watchChanges(start: StreamStart): CommittedChanges {
  const from = 'after' in start ? { startAtOperationTime: nextAfter(start.after) } : start;
  const cursor = database().aggregate<Event>([{ $changeStream: from }, ...pipeline]);
  let resumeToken: mongoose.mongo.ResumeToken | null = null;
  return {
    async next() {
      const first = await cursor.next();
      if (!first) throw new Error('the change stream is closed');
      const events = [first, ...cursor.readBufferedDocuments()];
      resumeToken = events.at(-1)!._id;
      return events.flatMap(changesOf);
    },
    get resumeToken() {
      return resumeToken;
    },
    close: () => cursor.close(),
  };
}

/** The time of the primary's last write. A stream that starts after it delivers exactly what is committed later. */
export async function clusterTimeNow(): Promise<ClusterTime> {
  const { operationTime } = await database().admin().command({ ping: 1 });
  return operationTime;
}

/** A database that has no such time yet waits for it. */
const nextAfter = (time: ClusterTime): ClusterTime =>
  new mongoose.mongo.Timestamp({ t: time.getHighBitsUnsigned(), i: time.getLowBitsUnsigned() + 1 });

/** A cluster time counts seconds, and the changes within one. */
export const timeOf = (time: ClusterTime): Date => new Date(time.getHighBitsUnsigned() * 1000);

interface Event {
  readonly _id: mongoose.mongo.ResumeToken;
  readonly clusterTime: ClusterTime;
  readonly wallTime?: Date;
  readonly ns: { readonly coll: string };
  readonly fullDocument?: unknown;
  readonly documentKey: { readonly _id: Types.ObjectId };
  readonly updateDescription?: {
    readonly updatedFields: {
      readonly runningPomodoro?: RunningPomodoroRecord | null;
      readonly courseIds?: Types.ObjectId[];
    };
  };
}

function changesOf({ clusterTime: at, wallTime, ...event }: Event): CommittedChange[] {
  const when = { at, committedAt: wallTime ?? timeOf(at) };
  if (event.ns.coll === RewardModel.collection.name) {
    return [{ ...when, kind: 'rewarded', reward: event.fullDocument as RewardRecord }];
  }
  if (event.ns.coll === PomodoroSessionModel.collection.name) {
    return [{ ...when, kind: 'sessionEnded', session: event.fullDocument as PomodoroSessionRecord }];
  }
  const studentId = event.documentKey._id;
  const { runningPomodoro, courseIds } = event.updateDescription?.updatedFields ?? {};
  return [
    ...(courseIds ? [{ ...when, kind: 'coursesChanged' as const, studentId, courseIds }] : []),
    ...(runningPomodoro ? [{ ...when, kind: 'sessionRuns' as const, studentId, session: runningPomodoro }] : []),
  ];
}
