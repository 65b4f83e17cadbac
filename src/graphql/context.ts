import type { Types } from 'mongoose';
import { type Leaderboard, type RankCourse, rankCourse } from '../actions/rank-course.js';
import type { EndedSignIns } from '../auth/ended-sign-ins.js';
import { Policy, type Viewer } from '../auth/policy.js';
import type { SignInLimits } from '../auth/sign-in-limits.js';
import type { Tokens } from '../auth/tokens.js';
import { BadInput } from '../granting/bad-input.js';
import type { Committer } from '../granting/committer.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { type BatchLoader, createBatchLoader } from '../storage/batch-loader.js';
import { createLoaders, type Loaders, pageKey } from '../storage/loaders.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { RunningPomodoroRecord } from '../storage/models/student.js';
import type { Cursors } from './cursors.js';
import { forbidden, unauthenticated } from './errors.js';
import type { RightsChecks } from './rights-checks.js';

/** The services that resolvers use. The composition root creates them once; all requests share them. */
export interface Services {
  readonly committer: Committer;
  readonly tokens: Tokens;
  readonly ended: EndedSignIns;
  readonly limits: SignInLimits;
  readonly clock: () => Date;
  readonly cursors: Cursors;
  readonly feed: LiveFeed;
  readonly rightsChecks: RightsChecks;
}

/** The source of the subscriptions: see src/live/feed.ts. An iterator listens from the call on, until its return(). */
export interface LiveFeed {
  /** Asks the database once for all who ask at the same time. */
  studentExists(studentId: Types.ObjectId): Promise<boolean>;
  rewardsOf(studentId: Types.ObjectId, afterSequence: number | null): AsyncIterableIterator<RewardRecord>;
  rewardsOfCourse(courseId: Types.ObjectId, after: CourseCursor | null): AsyncIterableIterator<CourseReward>;
  pomodorosOf(studentId: Types.ObjectId): AsyncIterableIterator<RunningPomodoroRecord | PomodoroSessionRecord>;
}

export interface CourseReward {
  readonly reward: RewardRecord;
  /** The cursor to resume after this event. Call it before you request the next event. */
  readonly cursor: () => CourseCursor;
}

/** Which rows of a course a subscriber has received. */
export interface CourseCursor {
  readonly upTo: Date;
  readonly students: readonly { readonly studentId: Types.ObjectId; readonly sequence: number }[];
}

/** What the request's log line reports besides its duration. It never contains input. */
export interface RequestNotes {
  operation?: string;
  /** "ok", or the code of the refusal, or the code of the last error. */
  outcome: string;
}

/** The cookie in which a browser keeps its refresh token. Scripts cannot read it. */
export interface RefreshCookie {
  /** The refresh token; empty if the browser sent none. */
  readonly token: string;
  keep(token: string): void;
  clear(): void;
}

export interface Request {
  readonly requestId: string;
  readonly receivedAt: Date;
  readonly clientAddress: string;
  /** If present, the client's refresh token is in this cookie, and must never be in a payload. */
  readonly refreshCookie?: RefreshCookie;
}

type Leaderboards = BatchLoader<Omit<RankCourse, 'facts'>, Leaderboard, string>;

/** Limit on the long texts of one response, in bytes of JSON. A page of 100 texts of the maximum length fits. */
export const MAX_TEXT_BYTES = 13_000_000;

/** The memory and the time that the server grants one request. */
export interface Work {
  /** Aborted when the request must not start another read or write. Its reason is the error to respond with. */
  readonly signal: AbortSignal;
  /**
   * Waits until the server has the memory for an operation.
   * @param points its cost, as far as it is for memory
   * @param mutations the fields of a mutation, which continues even if its client disconnects; none for other operations
   * @throws UNAVAILABLE if no capacity becomes free in time
   */
  admitOperation(points: number, mutations: readonly string[]): Promise<void>;
}

/**
 * The state of one request: who sent it, when it arrived, and what it has read so far. Apollo passes a shallow copy to
 * the resolvers. Such a copy has no private fields (#viewer), so this class uses TypeScript's `private`.
 */
export class RequestContext {
  /** The fields of a mutation; none for other operations. An error says how they can be repeated. */
  mutations: readonly string[] = [];
  private currentLoaders: Loaders | null = null;
  private currentViewer: Viewer | null;
  private currentPolicy: Policy | null = null;
  private currentLeaderboards: Leaderboards | null = null;
  private textBytes = 0;

  constructor(
    readonly services: Services,
    public request: Request,
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

  /** Fields that lead to these rows then need no read. Call it after the mutation that wrote them. */
  primeRewards(rewards: readonly RewardRecord[]): void {
    for (const reward of rewards) this.loaders.reward.prime(reward._id.toHexString(), reward);
  }

  /**
   * Clears the loaders' caches before a mutation, so that it sees what earlier mutations of the same request wrote.
   * @throws UNAVAILABLE if the request's deadline has passed
   */
  resetLoaders(): void {
    this.work.signal.throwIfAborted();
    this.currentLoaders = null;
    this.currentPolicy = null;
    this.currentLeaderboards = null;
  }

  /** Each event of a subscription is a response of its own: with fresh caches, the current time and its own text limit. */
  beginEvent(): void {
    this.resetLoaders();
    this.textBytes = 0;
    this.request = { ...this.request, receivedAt: this.services.clock() };
  }

  /** The same request, as these loaders see the database. */
  withLoaders(loaders: Loaders): RequestContext {
    const context = new RequestContext(this.services, this.request, this.currentViewer, this.notes, this.work);
    context.currentLoaders = loaders;
    return context;
  }

  /**
   * Runs the rest of the request as this viewer. A client that signs in can read its own data in the same request.
   * @param viewer null after signing out
   */
  setViewer(viewer: Viewer | null): void {
    this.currentViewer = viewer;
    this.currentPolicy = null;
    this.currentLeaderboards = null;
  }

  /** @throws UNAUTHENTICATED if nobody is signed in */
  get self(): Viewer {
    if (!this.currentViewer) throw unauthenticated();
    return this.currentViewer;
  }

  /** Whether the viewer's account exists and has the role that its token claims. A valid signature proves neither. */
  async exists(): Promise<boolean> {
    const { accountId, role } = this.self;
    const id = accountId.toHexString();
    if (role === 'STUDENT') return (await this.loaders.student.load(id)) !== null;
    return (await this.loaders.account.load(id))?.role === role;
  }

  /** @throws UNAUTHENTICATED if the viewer's account does not exist, or has another role */
  async assertExists(): Promise<void> {
    if (!(await this.exists())) throw unauthenticated();
  }

  /** The same, when a subscription begins: a thousand clients may reconnect at the same moment. */
  async assertSubscriberExists(): Promise<void> {
    const { accountId, role } = this.self;
    if (role !== 'STUDENT') return this.assertExists();
    if (!(await this.services.feed.studentExists(accountId))) throw unauthenticated();
  }

  /** @throws UNAUTHENTICATED if nobody is signed in */
  get policy(): Policy {
    this.currentPolicy ??= new Policy(this.self, this.loaders);
    return this.currentPolicy;
  }

  /** A loader that ranks each requested leaderboard once, however often the query asks for it. */
  get leaderboards(): Leaderboards {
    const { facts, services, work } = this;
    this.currentLeaderboards ??= createBatchLoader(
      work.signal,
      (boards) => Promise.all(boards.map((board) => rankCourse(services.committer, { ...board, facts }))),
      ({ courseId, period, page }) => `${courseId} ${period} ${pageKey(page)}`,
    );
    return this.currentLeaderboards;
  }

  /**
   * Counts a long text towards the size limit of the response, and returns it.
   * @throws BadInput if the long texts of the response exceed MAX_TEXT_BYTES
   */
  countText<Text extends string | null>(text: Text): Text {
    this.textBytes += Buffer.byteLength(JSON.stringify(text));
    if (this.textBytes <= MAX_TEXT_BYTES) return text;
    const message = `The long texts of this answer have more than ${MAX_TEXT_BYTES / 1e6} MB. Ask for shorter pages.`;
    throw new BadInput([{ path: 'query', message }]);
  }

  /** The facts about the request that an action needs. */
  get facts(): RequestFacts {
    const { requestId, receivedAt } = this.request;
    return { requestId, receivedAt, actorId: this.self.accountId };
  }

  /**
   * The viewer, if it is a teacher or an admin.
   * @throws FORBIDDEN for a student
   */
  get teacher() {
    const { accountId, role } = this.self;
    if (role === 'STUDENT') throw forbidden();
    return { accountId, role };
  }
}
