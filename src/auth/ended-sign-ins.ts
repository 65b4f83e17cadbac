import { endSignIn, findSignInsEndedSince } from '../storage/account-store.js';
import { ACCESS_TOKEN_SECONDS } from './tokens.js';

/** Two seconds, so that a subscription can be closed within five of a sign-out on another node. */
const POLL_MS = 2_000;

/**
 * How far each poll reaches back behind the one before: what was still being written then, and what a node wrote
 * whose clock is up to this much behind.
 */
const OVERLAP_MS = 60_000;

const ACCESS_TOKEN_MS = ACCESS_TOKEN_SECONDS * 1000;

/** The sign-ins that have ended so lately that access tokens of theirs may not have expired. */
export interface EndedSignIns {
  /** Whether this sign-in's access tokens are to be refused. */
  has(signInId: string): boolean;
  /** Ends a sign-in for good, at once in this process and after the next poll in the others. */
  end(signInId: string): Promise<void>;
  /** Asks the database once what other processes have ended. @throws where the database does not answer */
  poll(): Promise<void>;
  /** Polls now and then every two seconds; resolves after the first poll, whatever came of it. */
  start(): Promise<void>;
  stop(): void;
}

/**
 * Knows, in memory, which sign-ins have ended, so that their access tokens can be refused without a query per request.
 * @param onPollFailed is told why a poll failed; the next one makes up for it
 */
export function createEndedSignIns(clock: () => Date, onPollFailed: (error: unknown) => void = () => {}): EndedSignIns {
  /** When each was learned of, in milliseconds since the epoch; the order is that of the learning. */
  const learnedAt = new Map<string, number>();
  let lastPoll: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  let started = false;

  function remember(signInId: string): void {
    if (!learnedAt.has(signInId)) learnedAt.set(signInId, clock().getTime());
  }

  /** The last access token of a sign-in was issued before it ended, and so before that was learned of. */
  function forgetTheLongEnded(): void {
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
    forgetTheLongEnded();
  }

  async function pollAgainAndAgain(): Promise<void> {
    await poll().catch(onPollFailed);
    if (started) timer = setTimeout(pollAgainAndAgain, POLL_MS).unref();
  }

  return {
    has: (signInId) => learnedAt.has(signInId),

    async end(signInId) {
      // First the database: were it away after we had refused the access token, a sign-out could not be repeated.
      await endSignIn(signInId, clock());
      remember(signInId);
    },

    poll,

    async start() {
      if (started) return;
      started = true;
      await pollAgainAndAgain();
    },

    stop() {
      started = false;
      clearTimeout(timer);
    },
  };
}
