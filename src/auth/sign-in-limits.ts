import { createHmac } from 'node:crypto';
import { networkOf } from './network.js';

/** How often something may happen within a window, which opens with the first time. */
export interface Limit {
  readonly most: number;
  readonly windowSeconds: number;
}

export interface SignInLimitSettings {
  readonly failuresPerPlace: Limit;
  readonly failuresPerAccount: Limit;
  readonly failuresPerNetwork: Limit;
  readonly signInsPerAccount: Limit;
  readonly signInsPerNetwork: Limit;
  readonly signUpsPerNetwork: Limit;
  readonly joinsPerAccount: Limit;
  readonly joinsPerNetwork: Limit;
}

const QUARTER_HOUR = 15 * 60;

export const defaultSignInLimits: SignInLimitSettings = {
  /** At 40 guesses an hour, a thousand common passwords take a day. */
  failuresPerPlace: { most: 10, windowSeconds: QUARTER_HOUR },
  /** The same for whoever guesses from many networks: what the owner waits in a new place, at most, is the window. */
  failuresPerAccount: { most: 10, windowSeconds: QUARTER_HOUR },
  /** For whoever tries one password on many accounts; a class that is there for the first time may mistype as often. */
  failuresPerNetwork: { most: 50, windowSeconds: QUARTER_HOUR },
  /** Nobody signs in every 15 seconds; a script that does should keep its session. */
  signInsPerAccount: { most: 60, windowSeconds: QUARTER_HOUR },
  /** A school of 5,000 on its first day, behind one address. */
  signInsPerNetwork: { most: 5_000, windowSeconds: QUARTER_HOUR },
  /** A class of 1,000 on its first day. */
  signUpsPerNetwork: { most: 1_000, windowSeconds: 60 * 60 },
  /** More courses than anybody takes; too few to guess one code of 10^12. */
  joinsPerAccount: { most: 60, windowSeconds: QUARTER_HOUR },
  joinsPerNetwork: { most: 5_000, windowSeconds: QUARTER_HOUR },
};

/** How long a network remains known to an account after a sign-in: a month, as long as the sign-in is stored. */
export const KNOWN_FOR_MS = 30 * 24 * 60 * 60 * 1000;

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

/** Somebody at a client's address who says to be this account. */
export interface Claimant {
  /** As normaliseEmail makes it; of an account or of none, which makes no difference here. */
  readonly email: string;
  readonly clientAddress: string;
}

export interface SignInAttempt extends Claimant {
  /** Whether this account has signed in from this network within KNOWN_FOR_MS. */
  readonly isKnownThere: boolean;
}

/**
 * Bounds what can be tried, for each account, each network and each place, which is an account at a network. A network
 * is an IPv4 address or a /64 of IPv6, the least that a subscriber is given. Each process counts for itself. Who is held
 * up by whom, and why: docs/adr/0016-sign-in-limits.md.
 *
 * A sign-in asks twice: checkSignIn before any work is done, settleSignIn before the outcome is told. So guesses that are
 * sent all at once get no more answers than those sent one by one, and right passwords that arrive together, from a
 * class behind one address, are never held against each other.
 */
export interface SignInLimits {
  /** The place of a claimant, to be kept with its sign-ins: a keyed hash, which tells neither of the two. */
  placeOf(claimant: Claimant): string;
  /** @throws RateLimited where there were too many failures, or sign-ins */
  checkSignIn(attempt: SignInAttempt): void;
  /**
   * Counts the outcome; after a success the place has a clean slate.
   * @throws RateLimited where there were too many in the meantime; the outcome must not be told then
   */
  settleSignIn(attempt: SignInAttempt, outcome: 'succeeded' | 'failed'): void;
  /**
   * Counts a sign-up, whatever will come of it: one that is refused tells that the address is taken.
   * @throws RateLimited
   */
  countSignUp(clientAddress: string): void;
  /**
   * Counts a join code that was sent, right or wrong.
   * @throws RateLimited
   */
  countJoin(accountId: string, clientAddress: string): void;
}

/** @param secret makes the hashes of places: with another one, no network is known to any account */
export function createSignInLimits(
  clock: () => Date,
  secret: string,
  settings: SignInLimitSettings = defaultSignInLimits,
): SignInLimits {
  const counter = (limit: Limit) => new WindowCounter(clock, limit);
  const failures = {
    ofPlace: counter(settings.failuresPerPlace),
    ofAccount: counter(settings.failuresPerAccount),
    ofNetwork: counter(settings.failuresPerNetwork),
  };
  const signIns = { ofAccount: counter(settings.signInsPerAccount), ofNetwork: counter(settings.signInsPerNetwork) };
  const joins = { ofAccount: counter(settings.joinsPerAccount), ofNetwork: counter(settings.joinsPerNetwork) };
  const signUpsOfNetwork = counter(settings.signUpsPerNetwork);

  /** Of one length, however long an e-mail address is. */
  const hashOf = (...parts: readonly string[]): string =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['sign-in', ...parts]))
      .digest('base64url');

  const keysOf = ({ email, clientAddress }: Claimant) => {
    const network = networkOf(clientAddress);
    return { network, account: hashOf(email), place: hashOf(email, network) };
  };

  /** Where an account is known, only what failed in this very place holds it up. */
  function checkSignIn(attempt: SignInAttempt): void {
    const { network, account, place } = keysOf(attempt);
    failures.ofPlace.check(place);
    signIns.ofNetwork.check(network);
    if (attempt.isKnownThere) {
      // Elsewhere it would tell that there is such an account before the password was right.
      signIns.ofAccount.check(account);
    } else {
      failures.ofAccount.check(account);
      failures.ofNetwork.check(network);
    }
  }

  return {
    placeOf: (claimant) => keysOf(claimant).place,
    checkSignIn,

    settleSignIn(attempt, outcome) {
      checkSignIn(attempt);
      const { network, account, place } = keysOf(attempt);
      if (outcome === 'succeeded') {
        signIns.ofAccount.count(account);
        signIns.ofNetwork.count(network);
        failures.ofPlace.clear(place);
        return;
      }
      failures.ofPlace.count(place);
      if (attempt.isKnownThere) return;
      failures.ofAccount.count(account);
      failures.ofNetwork.count(network);
    },

    countSignUp(clientAddress) {
      signUpsOfNetwork.count(networkOf(clientAddress));
    },

    countJoin(accountId, clientAddress) {
      joins.ofAccount.count(accountId);
      joins.ofNetwork.count(networkOf(clientAddress));
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

  /** @throws RateLimited where the key has used up its window; it is not counted then */
  count(key: string): void {
    this.check(key);
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
