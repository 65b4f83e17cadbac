import { networkOf } from './network.js';

/** How often something may happen within a window, which opens with the first time. */
export interface Limit {
  readonly most: number;
  readonly windowSeconds: number;
}

export interface SignInLimitSettings {
  readonly failuresPerAccount: Limit;
  readonly failuresPerAddress: Limit;
  readonly signUpsPerAddress: Limit;
}

export const defaultSignInLimits: SignInLimitSettings = {
  /** At 40 guesses an hour, a thousand common passwords take a day. */
  failuresPerAccount: { most: 10, windowSeconds: 15 * 60 },
  /** A school may share one address: generous enough for its honest mistakes. */
  failuresPerAddress: { most: 50, windowSeconds: 15 * 60 },
  /** The same school on its first day. */
  signUpsPerAddress: { most: 1_000, windowSeconds: 60 * 60 },
};

/**
 * Keys that one counter remembers; then the oldest window makes room. More than the failures that a process can verify
 * passwords for in a quarter of an hour (about 150,000), so that nobody can push out the count of an account.
 */
const MOST_KEYS = 200_000;

/** Too many attempts: neither was the password looked at nor, if it was, is said whether it was right. */
export class RateLimited extends Error {
  constructor(readonly retryAfterSeconds: number) {
    super(`Too many attempts. Try again in ${retryAfterSeconds} seconds.`);
  }
}

export interface SignInAttempt {
  /** As normaliseEmail makes it; of an account or of none, which makes no difference here. */
  readonly email: string;
  readonly clientAddress: string;
}

/**
 * Counts failed sign-ins for each account and each client address, and sign-ups for each address. An IPv6 client is its
 * /64, which is the least that a subscriber is given. Each process counts for itself.
 *
 * A sign-in asks twice: checkSignIn before any work is done, settleSignIn before the outcome is told. So guesses that are
 * sent all at once get no more answers than those sent one by one, and right passwords that arrive together, from a
 * class behind one address, are never held against each other.
 */
export interface SignInLimits {
  /** @throws RateLimited where the account or the address has failed too often */
  checkSignIn(attempt: SignInAttempt): void;
  /**
   * Counts a failure; after a success the account has a clean slate, and the address keeps its count.
   * @throws RateLimited where others have failed too often in the meantime; the outcome must not be told then
   */
  settleSignIn(attempt: SignInAttempt, outcome: 'succeeded' | 'failed'): void;
  /**
   * Counts a sign-up, whatever will come of it: one that is refused tells that the address is taken.
   * @throws RateLimited
   */
  countSignUp(clientAddress: string): void;
}

export function createSignInLimits(
  clock: () => Date,
  settings: SignInLimitSettings = defaultSignInLimits,
): SignInLimits {
  const accountFailures = new WindowCounter(clock, settings.failuresPerAccount);
  const addressFailures = new WindowCounter(clock, settings.failuresPerAddress);
  const addressSignUps = new WindowCounter(clock, settings.signUpsPerAddress);

  function checkSignIn({ email, clientAddress }: SignInAttempt): void {
    accountFailures.check(email);
    addressFailures.check(networkOf(clientAddress));
  }

  return {
    checkSignIn,

    settleSignIn(attempt, outcome) {
      checkSignIn(attempt);
      if (outcome === 'succeeded') {
        accountFailures.clear(attempt.email);
      } else {
        accountFailures.count(attempt.email);
        addressFailures.count(networkOf(attempt.clientAddress));
      }
    },

    countSignUp(clientAddress) {
      const network = networkOf(clientAddress);
      addressSignUps.check(network);
      addressSignUps.count(network);
    },
  };
}

/**
 * Our own rather than rate-limiter-flexible's memory store, which keeps a timer for each key, has no bound on their
 * number, and reads the clock itself.
 */
class WindowCounter {
  /** In the order in which the windows close, since all are equally long. */
  readonly #windows = new Map<string, { count: number; closesAt: number }>();

  constructor(
    private readonly clock: () => Date,
    private readonly limit: Limit,
  ) {}

  /** @throws RateLimited where the key has used up its window */
  check(key: string): void {
    const now = this.clock().getTime();
    const window = this.#windows.get(key);
    if (!window || window.closesAt <= now || window.count < this.limit.most) return;
    throw new RateLimited(Math.ceil((window.closesAt - now) / 1000));
  }

  count(key: string): void {
    const now = this.clock().getTime();
    const window = this.#windows.get(key);
    if (window && window.closesAt > now) {
      window.count += 1;
      return;
    }
    this.#makeRoom(now);
    this.#windows.set(key, { count: 1, closesAt: now + this.limit.windowSeconds * 1000 });
  }

  clear(key: string): void {
    this.#windows.delete(key);
  }

  /** Forgets the windows that have closed and, where none has and the memory is full, the one that will close first. */
  #makeRoom(now: number): void {
    for (const [key, window] of this.#windows) {
      if (window.closesAt > now && this.#windows.size < MOST_KEYS) return;
      this.#windows.delete(key);
    }
  }
}
