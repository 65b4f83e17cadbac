import { isDeepStrictEqual } from 'node:util';
import type { Types } from 'mongoose';
import { endedSession } from '../granting/decide-group.js';
import { expiresAt, hasExpired } from '../rewards/index.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RunningPomodoroRecord } from '../storage/models/student.js';
import type { Inbox } from './subscription.js';

export type SessionRecord = RunningPomodoroRecord | PomodoroSessionRecord;

/** What the feed, or a timer, puts into the inbox of whoever waits for focus sessions. */
export type PomodoroNews =
  | { readonly kind: 'sessionRuns'; readonly session: RunningPomodoroRecord; readonly committedAt: Date }
  | { readonly kind: 'sessionEnded'; readonly session: PomodoroSessionRecord; readonly committedAt: Date }
  | { readonly kind: 'expires' }
  | { readonly kind: 'missed' };

export interface ToldSession {
  readonly session: SessionRecord;
  readonly committedAt: Date | null;
}

export interface PomodoroReads {
  readonly running: (studentId: Types.ObjectId) => Promise<RunningPomodoroRecord | null>;
  readonly ended: (sessionId: Types.ObjectId) => Promise<PomodoroSessionRecord | null>;
}

/** The student's focus session whenever it starts, is joined, ends or expires. */
export async function* pomodorosOfStudent(
  inbox: Inbox<PomodoroNews>,
  studentId: Types.ObjectId,
  reads: PomodoroReads,
  clock: () => Date,
): AsyncGenerator<ToldSession> {
  const state = new SessionState(studentId, clock, () => inbox.put({ kind: 'expires' }));
  try {
    state.knows(await reads.running(studentId));
    for (;;) {
      const news = await inbox.take();
      if (!news) return;
      yield* news.kind === 'missed' ? await state.missed(reads) : state.hears(news);
    }
  } finally {
    state.forget();
  }
}

/** What one subscription knows of the running session, so that it tells each change once and in order. */
class SessionState {
  #running: RunningPomodoroRecord | null = null;
  /** The last session of which it was told that it is over: one that expired is recorded later. */
  #over: Types.ObjectId | null = null;
  /** What it was told last of the running session. */
  #told: RunningPomodoroRecord | null = null;
  /** A start in whose commit the session before was recorded as well: the end of that one comes first. */
  #held: { readonly told: ToldSession; readonly before: Types.ObjectId } | null = null;
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

  hears(news: Exclude<PomodoroNews, { kind: 'missed' }>): ToldSession[] {
    switch (news.kind) {
      case 'sessionRuns':
        return this.#started(news);
      case 'sessionEnded':
        return this.#ended(news);
      case 'expires':
        return this.#expires();
    }
  }

  /** The latest state, where it is another than the one that was told. */
  async missed({ running: readRunning, ended }: PomodoroReads): Promise<ToldSession[]> {
    const before = this.#held ? null : this.#running;
    const knownId = this.#held?.before ?? before?.id;
    if (this.#held) this.#told = null;
    this.#held = null;
    const running = await readRunning(this.studentId);
    const session = knownId && !running?.id.equals(knownId) ? await ended(knownId) : null;
    const ends = session ? this.#ended({ session, committedAt: null }) : [];
    const hasChanged = running !== null && !isDeepStrictEqual(running, before);
    return [...ends, ...(hasChanged ? this.#started({ session: running, committedAt: null }) : [])];
  }

  #started(told: { readonly session: RunningPomodoroRecord; readonly committedAt: Date | null }): ToldSession[] {
    const { session } = told;
    const before = this.#running;
    // It may come late, behind a read that has shown what followed.
    if (isDeepStrictEqual(session, this.#told) || this.#over?.equals(session.id)) return [];
    if (before && session.startedAt < before.startedAt) return [];
    this.knows(session);
    this.#told = session;
    if (!before || before.id.equals(session.id) || this.#over?.equals(before.id)) return [told];
    this.#held = { told, before: before.id };
    return [];
  }

  #ended(told: { readonly session: PomodoroSessionRecord; readonly committedAt: Date | null }): ToldSession[] {
    if (this.#running?.id.equals(told.session._id)) this.knows(null);
    const held = this.#held ? [this.#held.told] : [];
    this.#held = null;
    if (this.#over?.equals(told.session._id)) return held;
    this.#over = told.session._id;
    return [told, ...held];
  }

  #expires(): ToldSession[] {
    const running = this.#running;
    if (!running || this.#over?.equals(running.id)) return [];
    // The clock was moved back meanwhile, or another session runs by now.
    if (!hasExpired(running, this.clock())) {
      this.knows(running);
      return [];
    }
    this.#over = running.id;
    return [{ session: endedSession({ _id: this.studentId }, running, this.clock()), committedAt: null }];
  }
}
