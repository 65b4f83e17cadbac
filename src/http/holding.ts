/** Part of http/: what one request holds, from its head to the last byte of its answer, and how long it may be executed. */
import type { Work } from '../graphql/context.js';
import { unavailable } from '../graphql/errors.js';
import type { Shares } from './shares.js';

/** What those of one kind, accounts or strangers, may hold: neither kind can take anything from the other. */
export interface Kind {
  /** Requests that are executed. */
  readonly running: Shares;
  /** Bytes of memory for requests as they came, from the head on. */
  readonly requests: Shares;
  /** Bytes of memory for execution and answers. */
  readonly answers: Shares;
  /** Bytes. */
  readonly largestBody: number;
}

/** Bytes of memory for a request without its body: its objects, its headers, its context. */
const REQUEST_BYTES = 8_192;
/** A body is in memory as bytes, as text and as values, and a text may take two bytes a character. */
const BYTES_PER_BODY_BYTE = 4;
/** A point of an operation's cost: a field that is resolved, or 320 bytes of its answer as values, as text and as bytes. */
const BYTES_PER_POINT = 1_024;
/** An answer is a text of one or two bytes a character, and beside it the bytes that wait to be sent. */
const BYTES_PER_ANSWER_CHARACTER = 3;

/** More than a grant may take (10 seconds), and than the wait for room before it. Milliseconds. */
export const OPERATION_MS = 15_000;
/** A class that opens a page waits for some tenths of a second; who waits much longer had better come again. Milliseconds. */
export const WAIT_MS = 5_000;
/** By then a client has taken its whole answer: the largest one at 4 Mbit/s, an ordinary one at any speed. Milliseconds. */
export const SENDING_MS = 30_000;

export const FULL = 'Too many requests run at this moment.';
export const TOO_LATE = 'The server could not finish this in time.';

/**
 * Everything is given back when nothing is executed any more and the answer has been sent, or its client is gone,
 * whichever comes last. Each of these always comes: the execution settles, and a socket closes.
 */
export class Holding implements Work {
  readonly #held = new Map<Shares, number>();
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isExecuting = false;
  /** Answered, or gone. */
  #isOver = false;
  /** It writes: what became of it must be known, also where nobody waits for the answer. */
  #mustFinish = false;

  /** @param party whose share it takes of what its kind may hold */
  constructor(
    private readonly kind: Kind,
    private readonly party: string,
    private readonly socket: { destroy(): unknown },
  ) {}

  /** @param bytes of the body, as long as it may become. @returns whether there was room */
  arrive(bytes: number): boolean {
    return this.#take(this.kind.requests, REQUEST_BYTES + bytes * BYTES_PER_BODY_BYTE);
  }

  /** The body is there. @returns whether it may be executed, in which case end() must be called */
  begin(): boolean {
    if (this.#isOver || !this.#take(this.kind.running, 1)) return false;
    this.#isExecuting = true;
    this.#timer = setTimeout(() => this.#abort.abort(unavailable(TOO_LATE)), OPERATION_MS);
    return true;
  }

  /** Aborted after OPERATION_MS, and when the client of something that only reads is gone. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async admit(points: number, mustFinish: boolean): Promise<void> {
    const { answers } = this.kind;
    const amount = answers.countable(points * BYTES_PER_POINT);
    const hasRoom = await answers.takeWithin(this.party, amount, WAIT_MS, this.signal);
    if (hasRoom) this.#held.set(answers, amount);
    this.signal.throwIfAborted();
    if (!hasRoom) throw unavailable(FULL);
    this.#mustFinish = mustFinish;
  }

  /** The execution has settled. */
  end(): void {
    this.#isExecuting = false;
    clearTimeout(this.#timer);
    this.#holdNow(this.kind.running, 0);
    if (this.#isOver) this.#giveAll();
  }

  /** From now on it holds its answer only. @returns false where it is still executed, or its client is gone */
  sends(characters: number): boolean {
    if (this.#isExecuting || this.#isOver) return false;
    this.#holdNow(this.kind.requests, REQUEST_BYTES);
    this.#holdNow(this.kind.answers, characters * BYTES_PER_ANSWER_CHARACTER);
    this.#timer = setTimeout(() => this.socket.destroy(), SENDING_MS);
    return true;
  }

  isAnswered(): void {
    this.#over();
  }

  clientIsGone(): void {
    if (!this.#mustFinish) this.#abort.abort(unavailable('The client is gone.'));
    this.#over();
  }

  #over(): void {
    this.#isOver = true;
    if (this.#isExecuting) return;
    clearTimeout(this.#timer);
    this.#giveAll();
  }

  #take(shares: Shares, amount: number): boolean {
    const isTaken = shares.take(this.party, amount);
    if (isTaken) this.#held.set(shares, amount);
    return isTaken;
  }

  #giveAll(): void {
    for (const shares of this.#held.keys()) this.#holdNow(shares, 0);
  }

  #holdNow(shares: Shares, amount: number): void {
    const before = this.#held.get(shares) ?? 0;
    this.#held.set(shares, amount);
    shares.give(this.party, before - amount);
  }
}
