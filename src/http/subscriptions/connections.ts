/** Part of http/: the open connections with subscriptions, their number, and the checks that end them. */
import type { EndedSignIns } from '../../auth/ended-sign-ins.js';
import type { Viewer } from '../../auth/policy.js';
import type { Quotas } from '../reservation.js';
import { Shares } from '../shares.js';
import { CLOSE_REASONS, type CloseReason } from './close-reasons.js';

const MIB = 1_048_576;

/** Bytes of one WebSocket message: an operation of 2,000 tokens with its variables. */
export const MAX_MESSAGE_BYTES = 65_536;
/** 10,000 people at once, and some more. Each takes a file descriptor: see MAX_OPEN in ../connections.ts. */
const MAX_CONNECTIONS = 12_000;
/** A browser opens one for each tab. */
const MAX_PER_ACCOUNT = 32;
/** Connections that have not sent their token yet. A class of a thousand may reconnect at the same moment. */
const MAX_ANONYMOUS = 4_000;

/** A subscription must end within 5 s of its token's expiry or of a sign-out, and other processes learn of one after 2 s. */
const CHECK_INTERVAL_MS = 1_000;
/** Checks between two pings of a connection. Proxies close a connection after 30 to 60 s of silence. */
const CHECKS_PER_PING = 12;

/** Who is signed in on a connection. */
export interface Access {
  readonly viewer: Viewer;
  /** When the access token expires, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** What a transport lets the server do with a connection. */
export interface Peer {
  /** Closes the connection so that the client does what the reason says. Only the first call has an effect. */
  close(reason: CloseReason): void;
  /** Sends a ping, or closes the connection if the last ping has no pong yet. */
  ping(): void;
}

/** What all connections with subscriptions use together. An idle server uses 0 of each. */
export interface SubscriptionUsage {
  readonly connections: number;
  readonly subscriptions: number;
  /** In the units of Quotas. */
  readonly subscriptionRequests: number;
  readonly subscriptionAnswers: number;
}

export interface Connections {
  /** For starting subscriptions and executing their events. HTTP requests have quotas of their own. */
  readonly quotas: Quotas;
  readonly isShutDown: boolean;
  /** Takes a slot for a connection from this network. @returns null if there is none */
  open(network: string): Slot | null;
  /** Counts a subscription. @returns the function that ends the count */
  countSubscription(): () => void;
  usage(): SubscriptionUsage;
  /** Closes all connections, and opens no more. */
  shutDown(): void;
}

/** The slot of one connection. */
export interface Slot {
  /** The connection that the checks close. */
  attach(peer: Peer): void;
  /** @returns false if the account or the network has too many connections */
  signIn(access: Access): boolean;
  /** Null before the sign-in. */
  readonly access: Access | null;
  /** Releases the slot. Call it when the connection has closed; further calls have no effect. */
  release(): void;
}

interface Limits {
  readonly anonymous: Shares;
  readonly networks: Shares;
  readonly accounts: Shares;
}

export function createConnections(clock: () => Date, ended: Pick<EndedSignIns, 'has'>): Connections {
  const limits: Limits = {
    anonymous: new Shares(MAX_ANONYMOUS),
    networks: new Shares(MAX_CONNECTIONS),
    accounts: new Shares(MAX_CONNECTIONS, MAX_PER_ACCOUNT),
  };
  const quotas: Quotas = {
    // Each subscription executes one event at a time, and the number of subscriptions has a limit.
    running: new Shares(Number.POSITIVE_INFINITY),
    requests: new Shares(32 * MIB),
    answers: new Shares(32 * MIB),
    maxBodyBytes: MAX_MESSAGE_BYTES,
  };
  const slots = new Set<OccupiedSlot>();
  let subscriptions = 0;
  let isShutDown = false;
  let checks = 0;

  function checkAll(): void {
    const now = clock().getTime();
    checks += 1;
    for (const slot of slots) {
      const reason = reasonToClose(slot.access, now);
      if (reason) slot.peer?.close(reason);
      else if ((checks + slot.number) % CHECKS_PER_PING === 0) slot.peer?.ping();
    }
  }

  function reasonToClose(access: Access | null, now: number): CloseReason | null {
    if (!access) return null;
    if (ended.has(access.viewer.signInId)) return CLOSE_REASONS.signedOut;
    return access.expiresAt <= now ? CLOSE_REASONS.tokenExpired : null;
  }

  const timer = setInterval(checkAll, CHECK_INTERVAL_MS).unref();
  return {
    quotas,
    get isShutDown() {
      return isShutDown;
    },

    open(network) {
      if (isShutDown || !limits.anonymous.tryAcquire(network, 1)) return null;
      const slot = new OccupiedSlot(limits, network, () => slots.delete(slot));
      slots.add(slot);
      return slot;
    },

    countSubscription() {
      subscriptions += 1;
      return () => {
        subscriptions -= 1;
      };
    },

    usage: () => ({
      connections: slots.size,
      subscriptions,
      subscriptionRequests: quotas.requests.inUse,
      subscriptionAnswers: quotas.answers.inUse,
    }),

    shutDown() {
      isShutDown = true;
      clearInterval(timer);
      for (const { peer } of slots) peer?.close(CLOSE_REASONS.shutdown);
    },
  };
}

class OccupiedSlot implements Slot {
  private static opened = 0;
  /** Spreads the pings of all connections evenly. */
  readonly number = OccupiedSlot.opened++;
  peer: Peer | null = null;
  access: Access | null = null;
  private isReleased = false;

  constructor(
    private readonly limits: Limits,
    private readonly network: string,
    private readonly onRelease: () => void,
  ) {}

  attach(peer: Peer): void {
    this.peer = peer;
  }

  signIn(access: Access): boolean {
    const { anonymous, networks, accounts } = this.limits;
    const account = access.viewer.accountId.toHexString();
    if (this.isReleased || !accounts.tryAcquire(account, 1)) return false;
    if (!networks.tryAcquire(this.network, 1)) {
      accounts.release(account, 1);
      return false;
    }
    anonymous.release(this.network, 1);
    this.access = access;
    return true;
  }

  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    const { anonymous, networks, accounts } = this.limits;
    if (this.access) {
      accounts.release(this.access.viewer.accountId.toHexString(), 1);
      networks.release(this.network, 1);
    } else {
      anonymous.release(this.network, 1);
    }
    this.onRelease();
  }
}
