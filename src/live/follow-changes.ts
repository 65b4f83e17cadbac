import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { isTransient } from '../granting/failure-kind.js';
import {
  type ClusterTime,
  type CommittedChange,
  type CommittedChanges,
  clusterTimeNow,
  type StreamStart,
  watchChanges,
} from '../storage/committed-changes.js';

/** Pause before the stream is opened again, in milliseconds. An election takes some seconds. */
const PAUSE_MS = 1_000;

export interface Followed {
  readonly onChange: (change: CommittedChange) => void;
  /** The stream starts again at the present. What was committed since it failed is only in the database. */
  readonly onHistoryLost: () => void;
  readonly onReopening: (error: unknown, historyLost: boolean) => void;
}

export interface FollowedChanges {
  /** Resolves when the start of the stream is fixed: it delivers everything that is committed later. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** All changes up to this time were delivered. A read as of this time leaves no gap to what the stream delivers. */
  readonly position: ClusterTime;
  readonly isStopped: boolean;
}

/** Delivers every committed change in the order of the commits, across elections and network failures. */
export function followChanges({ onChange, onHistoryLost, onReopening }: Followed): FollowedChanges {
  let stopped = false;
  let position: ClusterTime | null = null;
  let start: StreamStart | null = null;
  let stream: CommittedChanges | null = null;

  async function begin(): Promise<void> {
    const startAtOperationTime = await clusterTimeNow();
    if (!position || startAtOperationTime.greaterThan(position)) position = startAtOperationTime;
    start = { startAtOperationTime };
  }

  async function follow(): Promise<void> {
    while (!stopped) {
      try {
        await passOnAll();
      } catch (error) {
        if (!stopped) await goOnAfter(error);
      }
    }
  }

  async function passOnAll(): Promise<void> {
    if (!start) {
      await begin();
      onHistoryLost();
    }
    stream = watchChanges(start!);
    while (!stopped) {
      for (const change of await stream.next()) {
        position = change.at;
        onChange(change);
      }
    }
  }

  async function goOnAfter(error: unknown): Promise<void> {
    const historyLost = isHistoryLost(error);
    const { resumeToken: resumeAfter = null } = stream ?? {};
    if (historyLost) start = null;
    else if (resumeAfter) start = { resumeAfter };
    onReopening(error, historyLost);
    await stream?.close().catch(() => {});
    stream = null;
    await sleep(PAUSE_MS, undefined, { ref: false });
  }

  return {
    async start() {
      await begin();
      void follow();
    },
    async stop() {
      stopped = true;
      // The pending getMore ends by itself within a second.
      await stream?.close().catch(() => {});
    },
    get position() {
      if (!position) throw new Error('nobody can listen before the feed has started');
      return position;
    },
    get isStopped() {
      return stopped;
    },
  };
}

/**
 * Whether the stream cannot go on from where it was: the oplog no longer has that moment (ChangeStreamHistoryLost), or
 * the server does not accept the token. Starting anew is always correct, only more work.
 */
function isHistoryLost(error: unknown): boolean {
  return (
    error instanceof mongoose.mongo.MongoServerError &&
    !error.hasErrorLabel('ResumableChangeStreamError') &&
    !isTransient(error)
  );
}
