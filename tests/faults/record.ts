/** What the kit asked of the product and what it was told: the one witness of a run beside the database. */

export type Operation = 'submitAssignment' | 'endPomodoro' | 'startPomodoro';

/** The id of no assignment and no session. */
export const NO_SUBJECT = '0'.repeat(24);

/** One thing that a client wants, and repeats with the same key and content until it is told what became of it. */
export interface Wanted {
  /** Begins the x-request-id of each of its tries. */
  readonly id: string;
  readonly studentId: string;
  readonly operation: Operation;
  /** The assignment, or the session to end; null: a session is to be started. */
  readonly subjectId: string | null;
  readonly key: string | null;
  /** null where the operation has none. */
  readonly content: string | null;
  /** Sent once that other request is resolved. */
  readonly after?: string;
  /** Nobody repeats it: it may stay without an outcome. */
  readonly isOnce?: true;
  /** The only right outcome, whatever else happens: a refusal, or an error of its own. */
  readonly mustBe?: string;
}

export interface ToldProgress {
  readonly level: number;
  readonly xp: number;
  readonly lifetimeXp: number;
  readonly auraPoints: number;
}

/** The student as an answer shows it. */
export interface ToldStudent extends ToldProgress {
  readonly submissionCount: number;
  readonly pomodoroCount: number;
  readonly totalPomodoroSeconds: number;
  readonly runningPomodoro: { readonly id: string } | null;
}

export interface ToldReward {
  readonly id: string;
  readonly sequence: number;
  readonly reason: string;
  readonly xp: number;
  readonly auraPoints: number;
  readonly before: ToldProgress;
  readonly after: ToldProgress;
  readonly lines: readonly { readonly rule: string; readonly text: string; readonly points: number }[];
  readonly leveledUp: boolean;
  readonly surplusDiscarded: number;
  readonly newBadges: readonly { readonly id: string }[];
  readonly rulesVersion: number;
  readonly grantedAt: string;
}

export interface ToldSession {
  readonly id: string;
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly focusedSeconds: number | null;
}

export interface Granted {
  readonly kind: 'granted';
  readonly replayed: boolean;
  readonly leveledUp: boolean;
  readonly level: number;
  readonly newBadges: readonly { readonly id: string }[];
  readonly badges: readonly { readonly badge: { readonly id: string } }[];
  /** null: the session ended unpaid. */
  readonly reward: ToldReward | null;
  readonly student: ToldStudent;
  readonly submission?: { readonly id: string; readonly content: string };
  readonly session?: ToldSession;
}

export interface Started {
  readonly kind: 'started';
  readonly joined: boolean;
  readonly session: ToldSession;
  readonly student: ToldStudent;
}

/** What became of one try, as its client sees it. */
export type Told =
  | Granted
  | Started
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly retryAfter: string | null }
  /** No byte of an answer came: the connection was refused or reset, or the time bound passed. */
  | { readonly kind: 'no answer'; readonly why: string }
  /** The answer began and did not end. */
  | { readonly kind: 'cut'; readonly why: string };

export interface Try {
  readonly wanted: Wanted;
  /** Its x-request-id, by which the ledger row that it was paid with names it. */
  readonly requestId: string;
  readonly server: string;
  /** Milliseconds, monotonic: they order the tries of all clients. */
  readonly sentAt: number;
  endedAt: number;
  /** Milliseconds since the epoch, by the server's clock, between which the request arrived there. */
  arrivedAfter: number;
  arrivedBefore: number;
  /** It is known to have arrived: what the clock does from now on does not concern it. */
  hasArrived: boolean;
  told: Told;
}

/** Whether the client knows now what became of its request; otherwise it has to repeat it. */
export function isDefinitive(told: Told, { mustBe }: Wanted): boolean {
  if (told.kind === 'error') return told.code === mustBe;
  return told.kind === 'granted' || told.kind === 'started' || told.kind === 'refused';
}

/** Which of the outcomes that exclude each other an answer tells; null: none yet. */
export function outcomeOf({ told, wanted }: Pick<Try, 'told' | 'wanted'>): string | null {
  if (!isDefinitive(told, wanted)) return null;
  if (told.kind === 'refused' || told.kind === 'error') return told.code;
  if (told.kind === 'started') return told.kind;
  return told.kind === 'granted' ? `granted ${told.reward?.id ?? 'nothing'}` : null;
}

/** How many answers there were of each kind, for people. */
export function answersIn(tries: readonly Try[]): string {
  const counts = new Map<string, number>();
  for (const { told } of tries) {
    const kind =
      told.kind === 'error' ? `${told.status} ${told.code}` : told.kind === 'no answer' ? told.why : told.kind;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
}
