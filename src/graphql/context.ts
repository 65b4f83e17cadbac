import type { Types } from 'mongoose';
import { type Leaderboard, type RankCourse, rankCourse } from '../actions/rank-course.js';
import type { EndedSignIns } from '../auth/ended-sign-ins.js';
import { Policy, type Viewer } from '../auth/policy.js';
import type { SignInLimits } from '../auth/sign-in-limits.js';
import type { Tokens } from '../auth/tokens.js';
import { BadInput } from '../granting/bad-input.js';
import type { Committer } from '../granting/committer.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { type Batched, batched, createLoaders, type Loaders, pageKey } from '../storage/loaders.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { RunningPomodoroRecord } from '../storage/models/student.js';
import type { Cursors } from './cursors.js';
import { forbidden, unauthenticated } from './errors.js';

/** What the resolvers are given by the composition root; the same for all requests. */
export interface Services {
  readonly committer: Committer;
  readonly tokens: Tokens;
  readonly ended: EndedSignIns;
  readonly limits: SignInLimits;
  readonly clock: () => Date;
  readonly cursors: Cursors;
  readonly feed: LiveFeed;
}

/** What the subscriptions listen to: see src/live/feed.ts. Each listens from the call on, until it is returned. */
export interface LiveFeed {
  rewardsOf(studentId: Types.ObjectId, afterSequence: number | null): AsyncIterableIterator<RewardRecord>;
  rewardsOfCourse(courseId: Types.ObjectId, after: CourseCursor | null): AsyncIterableIterator<CourseReward>;
  pomodorosOf(studentId: Types.ObjectId): AsyncIterableIterator<RunningPomodoroRecord | PomodoroSessionRecord>;
}

export interface CourseReward {
  readonly reward: RewardRecord;
  /** Where to go on after this event; to be asked for before the next event is. */
  readonly cursor: () => CourseCursor;
}

/** What a subscriber of a course has been told. */
export interface CourseCursor {
  readonly upTo: Date;
  readonly students: readonly { readonly studentId: Types.ObjectId; readonly sequence: number }[];
}

/** What the log line of a request tells beside its duration. Never an input. */
export interface RequestNotes {
  operation?: string;
  /** "ok", or the code of the refusal or of the last error. */
  outcome: string;
}

type Leaderboards = Batched<Omit<RankCourse, 'facts'>, Leaderboard, string>;

/** Bytes that the long texts of one answer may have, as JSON: a page of a hundred of the longest. */
export const MOST_TEXT_BYTES = 13_000_000;

/** The room and the time that a request has. */
export interface Work {
  /** Aborted where nothing more is to be read or begun for it; its reason is what to answer. */
  readonly signal: AbortSignal;
  /**
   * Waits until there is room for an operation of this cost.
   * @param mustFinish it goes on where its client is gone
   * @throws UNAVAILABLE
   */
  admit(points: number, mustFinish: boolean): Promise<void>;
}

/**
 * One request: who asks, when, and what it has read so far. Apollo hands a shallow copy to the resolvers, which private
 * names (#viewer) would not survive.
 */
export class RequestContext {
  private currentLoaders: Loaders | null = null;
  private currentViewer: Viewer | null;
  private currentPolicy: Policy | null = null;
  private currentLeaderboards: Leaderboards | null = null;
  private textBytes = 0;

  constructor(
    readonly services: Services,
    public request: { readonly requestId: string; readonly receivedAt: Date; readonly clientAddress: string },
    viewer: Viewer | null,
    readonly notes: RequestNotes,
    readonly work: Work,
  ) {
    this.currentViewer = viewer;
  }

  get viewer(): Viewer | null {
    return this.currentViewer;
  }

  get loaders(): Loaders {
    this.currentLoaders ??= createLoaders(this.work.signal);
    return this.currentLoaders;
  }

  /**
   * Forgets what was read before something is written: mutations of one request see what those before them wrote.
   * @throws UNAVAILABLE where it is too late to begin anything
   */
  readAfresh(): void {
    this.work.signal.throwIfAborted();
    this.currentLoaders = null;
    this.currentPolicy = null;
    this.currentLeaderboards = null;
  }

  /** Each event of a subscription is an answer of its own: as of now, and with its own share of long texts. */
  beginEvent(): void {
    this.readAfresh();
    this.textBytes = 0;
    this.request = { ...this.request, receivedAt: this.services.clock() };
  }

  /**
   * The rest of the request is made by whoever has just shown to be this account: its own data may follow at once.
   * @param viewer null: by nobody any more
   */
  signedInAs(viewer: Viewer | null): void {
    this.currentViewer = viewer;
    this.currentPolicy = null;
    this.currentLeaderboards = null;
  }

  /** @throws UNAUTHENTICATED where nobody is signed in */
  get self(): Viewer {
    if (!this.currentViewer) throw unauthenticated();
    return this.currentViewer;
  }

  /**
   * A token may be rightly signed and yet speak of an account that does not exist, or had another role.
   * @throws UNAUTHENTICATED
   */
  async assertExists(): Promise<void> {
    const { accountId, role } = this.self;
    const id = accountId.toHexString();
    const exists =
      role === 'STUDENT' ? await this.loaders.student.load(id) : (await this.loaders.account.load(id))?.role === role;
    if (!exists) throw unauthenticated();
  }

  /** @throws UNAUTHENTICATED where nobody is signed in */
  get policy(): Policy {
    this.currentPolicy ??= new Policy(this.self, this.loaders);
    return this.currentPolicy;
  }

  /** Each board that is asked for, however often, is ranked once. */
  get leaderboards(): Leaderboards {
    const { facts, services, work } = this;
    this.currentLeaderboards ??= batched(
      work.signal,
      (boards) => Promise.all(boards.map((board) => rankCourse(services.committer, { ...board, facts }))),
      ({ courseId, period, page }) => `${courseId} ${period} ${pageKey(page)}`,
    );
    return this.currentLeaderboards;
  }

  /**
   * Counts a long text that becomes part of the answer.
   * @throws BadInput where the long texts of the answer have more than MOST_TEXT_BYTES
   */
  showText<Text extends string | null>(text: Text): Text {
    this.textBytes += text === null ? 0 : Buffer.byteLength(JSON.stringify(text));
    if (this.textBytes <= MOST_TEXT_BYTES) return text;
    const message = `The long texts of this answer have more than ${MOST_TEXT_BYTES / 1e6} MB. Ask for shorter pages.`;
    throw new BadInput([{ path: 'query', message }]);
  }

  /** What an action is told of the request. */
  get facts(): RequestFacts {
    const { requestId, receivedAt } = this.request;
    return { requestId, receivedAt, actorId: this.self.accountId };
  }

  /** @throws FORBIDDEN for a student */
  get teacher() {
    const { accountId, role } = this.self;
    if (role === 'STUDENT') throw forbidden();
    return { accountId, role };
  }
}
