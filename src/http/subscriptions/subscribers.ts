/** Part of http/: which connections have subscriptions, how many there may be, and when they end. */
import type { EndedSignIns } from '../../auth/ended-sign-ins.js';
import type { Viewer } from '../../auth/policy.js';
import type { Kind } from '../holding.js';
import { Shares } from '../shares.js';
import { ENDINGS, type Ending } from './endings.js';

const MIB = 1_048_576;

/** Bytes of a message: an operation of 2,000 tokens with its variables. */
export const LARGEST_MESSAGE = 65_536;
/** 10,000 people at once and some more; each is a file descriptor: see MOST_OPEN in connections.ts. */
const MOST_SIGNED_IN = 12_000;
/** A browser has one for each tab. */
const MOST_OF_ACCOUNT = 32;
/** Connections that have not sent their token yet. A class of a thousand may connect again at the same moment. */
const MOST_ANONYMOUS = 4_000;

/** How often tokens and sign-ins are checked: a subscription has to end within five seconds of either. Milliseconds. */
const CHECK_MS = 1_000;
/** How often a client is asked whether it is still there, in checks: proxies close a connection after 30 to 60 s of silence. */
const CHECKS_PER_PING = 12;

/** Who has connected, and for how long. */
export interface Access {
  readonly viewer: Viewer;
  /** When the access token expires, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A connection, as the transports have it. */
export interface Peer {
  /** Ends the connection so that its client does what the ending says. Only the first call counts. */
  end(ending: Ending): void;
  /** Asks whether the client is still there, and ends the connection where the last question was not answered. */
  ping(): void;
}

/** What all connections with subscriptions hold together. All of it is 0 when there is none. */
export interface HeldBySubscriptions {
  readonly connections: number;
  readonly subscriptions: number;
  /** In the units of Kind. */
  readonly subscriptionRequests: number;
  readonly subscriptionAnswers: number;
}

export interface Subscribers {
  /** What starting a subscription and executing its events may hold, apart from other requests. */
  readonly kind: Kind;
  readonly isShutDown: boolean;
  /** Takes a place for a connection of this network; null where there is no room. */
  enter(network: string): Place | null;
  /** Counts a subscription. @returns what gives it back */
  count(): () => void;
  held(): HeldBySubscriptions;
  /** Ends all connections: their clients find another process. */
  shutDown(): void;
}

/** The place of one connection. */
export interface Place {
  /** From now on this connection can be ended. */
  opened(peer: Peer): void;
  /** From now on it is somebody's. @returns false where this account or network has too many */
  signIn(access: Access): boolean;
  /** Null until somebody has signed in. */
  readonly access: Access | null;
  /** Gives everything back; to be called when the connection has closed, once or more often. */
  leave(): void;
}

interface Rooms {
  readonly anonymous: Shares;
  readonly networks: Shares;
  readonly accounts: Shares;
}

export function createSubscribers(clock: () => Date, ended: Pick<EndedSignIns, 'has'>): Subscribers {
  const rooms: Rooms = {
    anonymous: new Shares(MOST_ANONYMOUS),
    networks: new Shares(MOST_SIGNED_IN),
    accounts: new Shares(MOST_SIGNED_IN, MOST_OF_ACCOUNT),
  };
  const kind: Kind = {
    // Each subscription executes one event at a time.
    running: new Shares(Number.POSITIVE_INFINITY),
    requests: new Shares(32 * MIB),
    answers: new Shares(32 * MIB),
    largestBody: LARGEST_MESSAGE,
  };
  const places = new Set<OccupiedPlace>();
  let subscriptions = 0;
  let isShutDown = false;
  let checks = 0;

  function check(): void {
    const now = clock().getTime();
    checks += 1;
    for (const place of places) {
      const ending = endingOf(place.access, now);
      if (ending) place.peer?.end(ending);
      else if ((checks + place.number) % CHECKS_PER_PING === 0) place.peer?.ping();
    }
  }

  function endingOf(access: Access | null, now: number): Ending | null {
    if (!access) return null;
    if (ended.has(access.viewer.signInId)) return ENDINGS.signedOut;
    return access.expiresAt <= now ? ENDINGS.tokenEnded : null;
  }

  const timer = setInterval(check, CHECK_MS).unref();
  return {
    kind,
    get isShutDown() {
      return isShutDown;
    },

    enter(network) {
      if (isShutDown || !rooms.anonymous.take(network, 1)) return null;
      const place = new OccupiedPlace(rooms, network, () => places.delete(place));
      places.add(place);
      return place;
    },

    count() {
      subscriptions += 1;
      let isCounted = true;
      return () => {
        if (isCounted) subscriptions -= 1;
        isCounted = false;
      };
    },

    held: () => ({
      connections: places.size,
      subscriptions,
      subscriptionRequests: kind.requests.held,
      subscriptionAnswers: kind.answers.held,
    }),

    shutDown() {
      isShutDown = true;
      clearInterval(timer);
      for (const { peer } of places) peer?.end(ENDINGS.shutdown);
    },
  };
}

class OccupiedPlace implements Place {
  private static entered = 0;
  /** Spreads the pings over time. */
  readonly number = OccupiedPlace.entered++;
  peer: Peer | null = null;
  access: Access | null = null;
  private isLeft = false;

  constructor(
    private readonly rooms: Rooms,
    private readonly network: string,
    private readonly onLeave: () => void,
  ) {}

  opened(peer: Peer): void {
    this.peer = peer;
  }

  signIn(access: Access): boolean {
    const { anonymous, networks, accounts } = this.rooms;
    const account = access.viewer.accountId.toHexString();
    if (this.isLeft || !accounts.take(account, 1)) return false;
    if (!networks.take(this.network, 1)) {
      accounts.give(account, 1);
      return false;
    }
    anonymous.give(this.network, 1);
    this.access = access;
    return true;
  }

  leave(): void {
    if (this.isLeft) return;
    this.isLeft = true;
    const { anonymous, networks, accounts } = this.rooms;
    if (this.access) {
      accounts.give(this.access.viewer.accountId.toHexString(), 1);
      networks.give(this.network, 1);
    } else {
      anonymous.give(this.network, 1);
    }
    this.onLeave();
  }
}
