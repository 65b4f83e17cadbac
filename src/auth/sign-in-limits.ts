import { createHmac } from 'node:crypto';
import { networkOf } from './network.js';

/** How often something may happen within a window. The window opens with the first occurrence. */
export interface Limit {
  readonly max: number;
  readonly windowSeconds: number;
}

export interface SignInLimitSettings {
  readonly failuresPerPlace: Limit;
  readonly failuresPerAccount: Limit;
  readonly failuresPerNetwork: Limit;
  readonly signInsPerAccount: Limit;
  readonly signInsPerNetwork: Limit;
  readonly signUpsPerNetwork: Limit;
  readonly wrongCodesPerAccount: Limit;
  readonly wrongCodesPerNetwork: Limit;
}

const QUARTER_HOUR = 15 * 60;

export const defaultSignInLimits: SignInLimitSettings = {
  /** At 40 guesses an hour, a thousand common passwords take a day. */
  failuresPerPlace: { max: 10, windowSeconds: QUARTER_HOUR },
  /** The same for guesses from many networks. In a new place, the owner waits for one window at most. */
  failuresPerAccount: { max: 10, windowSeconds: QUARTER_HOUR },
  /** For attackers who try one password on many accounts. A class may mistype this often on its first day. */
  failuresPerNetwork: { max: 50, windowSeconds: QUARTER_HOUR },
  /** Nobody signs in every three seconds. A script that does should keep its session. */
  signInsPerAccount: { max: 300, windowSeconds: QUARTER_HOUR },
  /** A school of 5,000 on its first day, behind one address, each on two devices. */
  signInsPerNetwork: { max: 10_000, windowSeconds: QUARTER_HOUR },
  /** The same school, if all sign up in one lesson. */
  signUpsPerNetwork: { max: 5_000, windowSeconds: QUARTER_HOUR },
  /** More than anybody mistypes, and too few to guess one of 10^12 codes. */
  wrongCodesPerAccount: { max: 60, windowSeconds: QUARTER_HOUR },
  /** A school of 5,000 behind one address, each of whom mistypes a code once. */
  wrongCodesPerNetwork: { max: 5_000, windowSeconds: QUARTER_HOUR },
};

/** How long a place stays known after a sign-in: 30 days, because sign-ins are stored at least that long. */
export const KNOWN_FOR_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Maximum number of keys in one counter; beyond it, the oldest window is discarded. A process can verify about 150,000
 * passwords in 15 minutes. The maximum is larger, so an attacker cannot push out the count of an account with failures.
 */
const MAX_KEYS = 200_000;

/** Too many attempts. The client does not learn whether the password was right, even if it was checked. */
export class RateLimited extends Error {
  constructor(readonly retryAfterSeconds: number) {
    super(`Too many attempts. Try again in ${retryAfterSeconds} seconds.`);
  }
}

/** Somebody who claims to own an account, and the address of their client. */
export interface Claimant {
  /** In the form that normaliseEmail returns. Whether such an account exists makes no difference here. */
  readonly email: string;
  readonly clientAddress: string;
}

export interface SignInAttempt extends Claimant {
  /** Whether the account has signed in from this network within KNOWN_FOR_MS. */
  readonly isKnownPlace: boolean;
}

/** Somebody who is signed in and sends a join code. */
export interface Joining {
  readonly accountId: string;
  readonly clientAddress: string;
}

/**
 * Limits the attempts for each account, network and place. A network is an IPv4 address or an IPv6 /64, the smallest
 * block that a subscriber gets. A place is an account at a network. Each process counts separately. Who can delay whom,
 * and why: docs/adr/0016-sign-in-limits.md.
 *
 * A sign-in and a join code check the limits twice: check... before any work, settle... before the client learns the
 * outcome. So concurrent guesses get no more answers than sequential ones. Concurrent right ones, for example of a class
 * behind one address, do not count against each other.
 */
export interface SignInLimits {
  /** Returns the place to store with a sign-in: a keyed hash, which reveals neither the account nor the network. */
  placeOf(claimant: Claimant): string;
  /** @throws RateLimited if there were too many failures or sign-ins */
  checkSignIn(attempt: SignInAttempt): void;
  /**
   * Counts the outcome. A success resets the failures of the place.
   * @throws RateLimited if there were too many in the meantime. The client must not learn the outcome then.
   */
  settleSignIn(attempt: SignInAttempt, outcome: 'succeeded' | 'failed'): void;
  /**
   * Counts a sign-up, whatever its outcome: a refused sign-up reveals that the e-mail address is taken.
   * @throws RateLimited
   */
  countSignUp(clientAddress: string): void;
  /** @throws RateLimited if there were too many wrong join codes */
  checkJoin(joining: Joining): void;
  /**
   * Counts a join code if it was wrong.
   * @throws RateLimited if there were too many in the meantime. The client must not learn the outcome then.
   */
  settleJoin(joining: Joining, outcome: 'right' | 'wrong'): void;
}

/** @param secret the key of the hashes of places. After a change, no place is known. */
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
  const wrongCodes = {
    ofAccount: counter(settings.wrongCodesPerAccount),
    ofNetwork: counter(settings.wrongCodesPerNetwork),
  };
  const signUpsOfNetwork = counter(settings.signUpsPerNetwork);

  /** Returns a keyed hash. All keys have the same length, however long the e-mail address is. */
  const hashOf = (...parts: readonly string[]): string =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['sign-in', ...parts]))
      .digest('base64url');

  const keysOf = ({ email, clientAddress }: Claimant) => {
    const network = networkOf(clientAddress);
    return { network, account: hashOf(email), place: hashOf(email, network) };
  };

  /** In a known place, only the failures in that place delay a sign-in. */
  function checkSignIn(attempt: SignInAttempt): void {
    const { network, account, place } = keysOf(attempt);
    failures.ofPlace.check(place);
    signIns.ofNetwork.check(network);
    if (attempt.isKnownPlace) {
      // In an unknown place, this would reveal that the account exists to somebody without the password.
      signIns.ofAccount.check(account);
    } else {
      failures.ofAccount.check(account);
      failures.ofNetwork.check(network);
    }
  }

  function checkJoin({ accountId, clientAddress }: Joining): void {
    wrongCodes.ofAccount.check(accountId);
    wrongCodes.ofNetwork.check(networkOf(clientAddress));
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
      if (attempt.isKnownPlace) return;
      failures.ofAccount.count(account);
      failures.ofNetwork.count(network);
    },

    countSignUp(clientAddress) {
      signUpsOfNetwork.count(networkOf(clientAddress));
    },

    checkJoin,

    settleJoin(joining, outcome) {
      checkJoin(joining);
      if (outcome === 'right') return;
      wrongCodes.ofAccount.count(joining.accountId);
      wrongCodes.ofNetwork.count(networkOf(joining.clientAddress));
    },
  };
}

/**
 * Counts by key in windows of equal length. We do not use the memory store of rate-limiter-flexible: it has a timer for
 * each key, no bound on the number of keys, and its own clock.
 */
class WindowCounter {
  /** In the order in which the windows close, because all have the same length. */
  readonly #windows = new Map<string, { count: number; closesAt: number }>();

  constructor(
    private readonly clock: () => Date,
    private readonly limit: Limit,
  ) {}

  /** @throws RateLimited if the key has used up its window */
  check(key: string): void {
    const now = this.clock().getTime();
    const window = this.#windows.get(key);
    if (!window || window.closesAt <= now || window.count < this.limit.max) return;
    throw new RateLimited(Math.ceil((window.closesAt - now) / 1000));
  }

  /** Counts one occurrence. @throws RateLimited, without counting, if the key has used up its window */
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

  /** Deletes closed windows. If none has closed and the counter is full, deletes the window that closes first. */
  #makeRoom(now: number): void {
    for (const [key, window] of this.#windows) {
      if (window.closesAt > now && this.#windows.size < MAX_KEYS) return;
      this.#windows.delete(key);
    }
  }
}
