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
/**
 * How long the stream stays open after the last listener has left. A page that is loaded again subscribes within
 * seconds. Milliseconds.
 */
const RESTS_AFTER_MS = 10_000;

export interface Followed {
  readonly onChange: (change: CommittedChange) => void;
  /** The stream starts again at the present. What was committed since it failed is only in the database. */
  readonly onHistoryLost: () => void;
  readonly onReopening: (error: unknown, historyLost: boolean) => void;
}

export interface FollowedChanges {
  /** The stream is open while there is a listener: without one, each commit would pay for it. @returns leaves */
  listen(): () => void;
  /** Resolves when the start of the stream is fixed: it delivers everything that is committed later. */
  begun(): Promise<void>;
  /** Closes the stream for ever. */
  stop(): Promise<void>;
  /**
   * All changes up to this time were delivered to those who were there. A read as of this time leaves no gap to what the
   * stream delivers. null before the first stream.
   */
  readonly position: ClusterTime | null;
  readonly isStopped: boolean;
}

/** Delivers every committed change in the order of the commits, across elections and network failures. */
export function followChanges(followed: Followed): FollowedChanges {
  let isStopped = false;
  let position: ClusterTime | null = null;
  let current: Run | null = null;
  const reached = (time: ClusterTime) => {
    if (!position || time.greaterThan(position)) position = time;
  };

  let listeners = 0;
  let resting: NodeJS.Timeout | undefined;

  async function rest(): Promise<void> {
    const run = current;
    current = null;
    await run?.end();
  }

  return {
    listen() {
      listeners += 1;
      clearTimeout(resting);
      if (!isStopped) current ??= new Run(followed, reached);
      return () => {
        listeners -= 1;
        if (listeners === 0) resting = setTimeout(rest, RESTS_AFTER_MS).unref();
      };
    },
    begun: async () => current?.begun,
    async stop() {
      isStopped = true;
      clearTimeout(resting);
      await rest();
    },
    get position() {
      return position;
    },
    get isStopped() {
      return isStopped;
    },
  };
}

/** One stream after another, until `end`. */
class Run {
  readonly begun: Promise<void>;
  #hasBegun = () => {};
  #isOver = false;
  #start: StreamStart | null = null;
  #stream: CommittedChanges | null = null;

  /** @param reached called with each time up to which everything was delivered */
  constructor(
    private readonly followed: Followed,
    private readonly reached: (time: ClusterTime) => void,
  ) {
    this.begun = new Promise((resolve) => {
      this.#hasBegun = resolve;
    });
    void this.#follow();
  }

  /** The pending getMore ends by itself within a second. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#hasBegun();
    await this.#stream?.close().catch(() => {});
  }

  async #follow(): Promise<void> {
    let isFirst = true;
    while (!this.#isOver) {
      try {
        if (!this.#start) {
          const after = await clusterTimeNow();
          // Nobody would close a stream that opens now.
          if (this.#isOver) return;
          this.reached(after);
          this.#start = { after };
          this.#hasBegun();
          if (!isFirst) this.followed.onHistoryLost();
        }
        isFirst = false;
        await this.#passOnAll(this.#start);
      } catch (error) {
        if (!this.#isOver) await this.#goOnAfter(error);
      }
    }
  }

  async #passOnAll(start: StreamStart): Promise<void> {
    const stream = watchChanges(start);
    this.#stream = stream;
    for (;;) {
      for (const change of await stream.next()) {
        if (this.#isOver) return;
        this.reached(change.at);
        this.followed.onChange(change);
      }
    }
  }

  async #goOnAfter(error: unknown): Promise<void> {
    const historyLost = isHistoryLost(error);
    const { resumeToken: resumeAfter = null } = this.#stream ?? {};
    if (historyLost) this.#start = null;
    else if (resumeAfter) this.#start = { resumeAfter };
    this.followed.onReopening(error, historyLost);
    await this.#stream?.close().catch(() => {});
    this.#stream = null;
    await sleep(PAUSE_MS, undefined, { ref: false });
  }
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
