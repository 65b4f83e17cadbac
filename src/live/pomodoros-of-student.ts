import { isDeepStrictEqual } from 'node:util';
import type { Types } from 'mongoose';
import { endedSession } from '../granting/decide-group.js';
import { expiresAt, hasExpired } from '../rewards/index.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RunningPomodoroRecord } from '../storage/models/student.js';
import type { Inbox } from './subscription.js';

export type SessionRecord = RunningPomodoroRecord | PomodoroSessionRecord;

/** What the feed or a timer puts into the inbox of a subscription to sessions. */
export type PomodoroNews =
  | { readonly kind: 'sessionRuns'; readonly session: RunningPomodoroRecord; readonly committedAt: Date }
  | { readonly kind: 'sessionEnded'; readonly session: PomodoroSessionRecord; readonly committedAt: Date }
  | { readonly kind: 'expires' }
  | { readonly kind: 'missed' };

export interface DeliveredSession {
  readonly session: SessionRecord;
  readonly committedAt: Date | null;
}

export interface PomodoroReads {
  readonly running: (studentId: Types.ObjectId) => Promise<RunningPomodoroRecord | null>;
  readonly ended: (sessionId: Types.ObjectId) => Promise<PomodoroSessionRecord | null>;
}

/** Yields the student's focus session whenever it starts, is joined, ends or expires. */
export async function* pomodorosOfStudent(
  inbox: Inbox<PomodoroNews>,
  studentId: Types.ObjectId,
  reads: PomodoroReads,
  clock: () => Date,
): AsyncGenerator<DeliveredSession> {
  const state = new SessionState(studentId, clock, () => inbox.put({ kind: 'expires' }));
  try {
    state.knows(await reads.running(studentId));
    for (;;) {
      const news = await inbox.take();
      if (!news) return;
      yield* news.kind === 'missed' ? await state.missed(reads) : state.handle(news);
    }
  } finally {
    state.forget();
  }
}

/** What one subscription knows about the running session, so that it delivers each change once and in order. */
class SessionState {
  #running: RunningPomodoroRecord | null = null;
  /** The last session whose end was delivered. An expired session is recorded later, which is no second end. */
  #over: Types.ObjectId | null = null;
  /** The last delivered state of a running session. */
  #lastRunning: RunningPomodoroRecord | null = null;
  /** A start that waits for the end of the session before it, which the same commit records. */
  #held: { readonly event: DeliveredSession; readonly before: RunningPomodoroRecord } | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly studentId: Types.ObjectId,
    private readonly clock: () => Date,
    private readonly onTimer: () => void,
  ) {}

  knows(running: RunningPomodoroRecord | null): void {
    this.#running = running;
    clearTimeout(this.#timer);
    if (!running || hasExpired(running, this.clock())) return;
    const ms = expiresAt(running).getTime() - this.clock().getTime();
    this.#timer = setTimeout(this.onTimer, ms + 1).unref();
  }

  forget(): void {
    clearTimeout(this.#timer);
  }

  handle(news: Exclude<PomodoroNews, { kind: 'missed' }>): DeliveredSession[] {
    switch (news.kind) {
      case 'sessionRuns':
        return this.#started(news);
      case 'sessionEnded':
        return this.#ended(news);
      case 'expires':
        return this.#expires();
    }
  }

  /** Reads the state and returns what has changed. */
  async missed({ running: readRunning, ended }: PomodoroReads): Promise<DeliveredSession[]> {
    this.#dropHeld();
    const known = this.#running;
    const running = await readRunning(this.studentId);
    const session = known && !running?.id.equals(known.id) ? await ended(known.id) : null;
    const ends = session ? this.#ended({ session, committedAt: null }) : [];
    const hasChanged = running !== null && !isDeepStrictEqual(running, known);
    return [...ends, ...(hasChanged ? this.#started({ session: running, committedAt: null }) : [])];
  }

  /** A start that was held has not been delivered. If that session still runs, the next read shows it. */
  #dropHeld(): void {
    if (!this.#held) return;
    this.knows(this.#held.before);
    this.#lastRunning = null;
    this.#held = null;
  }

  #started(event: { readonly session: RunningPomodoroRecord; readonly committedAt: Date | null }): DeliveredSession[] {
    const { session } = event;
    const before = this.#running;
    // An event may be older than a state that was read.
    if (isDeepStrictEqual(session, this.#lastRunning) || this.#over?.equals(session.id)) return [];
    if (before && session.startedAt < before.startedAt) return [];
    this.knows(session);
    this.#lastRunning = session;
    if (!before || before.id.equals(session.id) || this.#over?.equals(before.id)) return [event];
    this.#held = { event, before };
    return [];
  }

  #ended(event: { readonly session: PomodoroSessionRecord; readonly committedAt: Date | null }): DeliveredSession[] {
    if (this.#running?.id.equals(event.session._id)) this.knows(null);
    const held = this.#held ? [this.#held.event] : [];
    this.#held = null;
    if (this.#over?.equals(event.session._id)) return held;
    this.#over = event.session._id;
    return [event, ...held];
  }

  #expires(): DeliveredSession[] {
    const running = this.#running;
    if (!running || this.#over?.equals(running.id)) return [];
    // The clock was moved back, or another session is running.
    if (!hasExpired(running, this.clock())) {
      this.knows(running);
      return [];
    }
    this.#over = running.id;
    return [{ session: endedSession({ _id: this.studentId }, running, this.clock()), committedAt: null }];
  }
}
