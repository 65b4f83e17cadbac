import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ClusterTime,
  type CommittedChange,
  type CommittedChanges,
  clusterTimeNow,
  isHistoryLost,
  type StreamStart,
  watchChanges,
} from '../storage/committed-changes.js';

/** The pause before the stream is opened again: an election takes some seconds. Milliseconds. */
const PAUSE_MS = 1_000;

export interface Followed {
  readonly onChange: (change: CommittedChange) => void;
  /** The stream had to begin anew, now: what was committed since it failed is in the database only. */
  readonly onHistoryLost: () => void;
  readonly onReopening: (error: unknown, historyLost: boolean) => void;
}

export interface FollowedChanges {
  /** Resolves when it is known from which moment on nothing is missed. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** The time up to which all changes have been passed on. What is read as of this time has no gap to what follows. */
  readonly position: ClusterTime;
  readonly isStopped: boolean;
}

/** Passes on every change that is committed, in the order of the commits, across elections and failures of the network. */
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
      // The command that waits for changes ends by itself, within a second.
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
