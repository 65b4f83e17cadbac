import { endSignIn, findSignInsEndedSince } from '../storage/account-store.js';
import { ACCESS_TOKEN_SECONDS } from './tokens.js';

/** A subscription must close within 5 s after a sign-out in another process. Milliseconds. */
const POLL_MS = 2_000;

/**
 * How far each poll reaches back before the previous poll. This finds sign-outs whose write was in progress then, and
 * sign-outs of processes whose clock is behind by up to this much. Milliseconds.
 */
const OVERLAP_MS = 60_000;

const ACCESS_TOKEN_MS = ACCESS_TOKEN_SECONDS * 1000;

/** The sign-ins that have ended, but whose access tokens may not have expired yet. */
export interface EndedSignIns {
  /** Returns whether the access tokens of this sign-in must be refused. */
  has(signInId: string): boolean;
  /** Ends a sign-in permanently. Takes effect immediately in this process, and after the next poll in others. */
  end(signInId: string): Promise<void>;
  /** Reads once from the database which sign-ins other processes have ended. @throws if the database does not answer */
  poll(): Promise<void>;
  /** Polls now, and then every two seconds. Resolves after the first poll, even if that fails. */
  start(): Promise<void>;
  stop(): void;
}

/**
 * Keeps the ended sign-ins in memory, so that access tokens can be refused without a query for each request.
 * @param onPollFailed receives the error of a failed poll; the next poll also covers the time of the failed one
 */
export function createEndedSignIns(clock: () => Date, onPollFailed: (error: unknown) => void = () => {}): EndedSignIns {
  /** When this process learned of each, in milliseconds since the epoch, oldest first. */
  const learnedAt = new Map<string, number>();
  let lastPoll: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  let started = false;

  function remember(signInId: string): void {
    if (!learnedAt.has(signInId)) learnedAt.set(signInId, clock().getTime());
  }

  /** A sign-in issues no access token after it has ended, so all of them expire one token lifetime later. */
  function forgetExpired(): void {
    const expiredBefore = clock().getTime() - ACCESS_TOKEN_MS - OVERLAP_MS;
    for (const [signInId, at] of learnedAt) {
      if (at > expiredBefore) break;
      learnedAt.delete(signInId);
    }
  }

  async function poll(): Promise<void> {
    const now = clock().getTime();
    const from = Math.min(now, Math.max(lastPoll ?? 0, now - ACCESS_TOKEN_MS));
    const ended = await findSignInsEndedSince(new Date(from - OVERLAP_MS));
    for (const signInId of ended) remember(signInId);
    lastPoll = now;
    forgetExpired();
  }

  async function pollRepeatedly(): Promise<void> {
    await poll().catch(onPollFailed);
    if (started) timer = setTimeout(pollRepeatedly, POLL_MS).unref();
  }

  return {
    has: (signInId) => learnedAt.has(signInId),

    async end(signInId) {
      // Database first: if it failed after we refused the access token, the client could not retry the sign-out.
      await endSignIn(signInId, clock());
      remember(signInId);
    },

    poll,

    async start() {
      if (started) return;
      started = true;
      await pollRepeatedly();
    },

    stop() {
      started = false;
      clearTimeout(timer);
    },
  };
}
