/** Part of http/: what one request reserves, from its head to the last byte of its answer, and its deadlines. */
import type { GraphQLError } from 'graphql';
import type { Work } from '../graphql/context.js';
import { unavailable } from '../graphql/errors.js';
import type { Shares } from './shares.js';

/** What accounts, or anonymous clients, may use together. Neither group can use up the quotas of the other. */
export interface Quotas {
  /** Running requests: a count. */
  readonly running: Shares;
  /** Memory for requests as they arrived, from the head on. Bytes. */
  readonly requests: Shares;
  /** Memory for executions and answers. Bytes. */
  readonly answers: Shares;
  readonly maxBodyBytes: number;
}

/** Memory for a request without its body: its objects, headers and context. Bytes. */
const REQUEST_BYTES = 8_192;
/** A body is in memory as bytes, as a string and as values; a string may take two bytes for each character. */
const BYTES_PER_BODY_BYTE = 4;
/** A point of cost is one resolved field, with up to 320 bytes of the answer as values, as a string and as bytes. */
const BYTES_PER_POINT = 1_024;
/** An answer is a string of one or two bytes for each character, and the bytes that wait to be sent. */
const BYTES_PER_ANSWER_CHARACTER = 3;

/** A grant may take 10 seconds, and the wait for room before it 5. */
export const OPERATION_TIMEOUT_MS = 15_000;
/** A class that opens a page together waits for some tenths of a second. After much longer, a retry is better. */
export const QUEUE_TIMEOUT_MS = 5_000;
/** A client must read its whole answer within this time: the largest at 4 Mbit/s, an ordinary one at any speed. */
export const SEND_TIMEOUT_MS = 30_000;

export const OVERLOADED = 'Too many requests run at this moment.';
export const TIMED_OUT = 'The server could not finish this in time.';

/**
 * What one request has reserved of its quotas. Everything is released when both are true: the execution has settled,
 * and the answer was sent or the client disconnected. Both always happen: every execution settles, and every socket
 * closes.
 */
export class Reservation implements Work {
  readonly #reserved = new Map<Shares, number>();
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #isExecuting = false;
  /** The answer was sent, or the client disconnected. */
  #isOver = false;
  /** A write: its outcome must be known even if the client is no longer there. */
  #mustFinish = false;
  /** Known once the request is parsed. */
  #mutations: readonly string[] = [];

  /** @param party whose share of the quotas is used: an account, or the network of an anonymous client */
  constructor(
    private readonly quotas: Quotas,
    private readonly party: string,
    private readonly socket: { destroy(): unknown },
  ) {}

  /**
   * Reserves memory for the request.
   * @param bodyBytes the most that the body may have.
   * @returns whether there was room
   */
  arrive(bodyBytes: number): boolean {
    return this.#tryReserve(this.quotas.requests, REQUEST_BYTES + bodyBytes * BYTES_PER_BODY_BYTE);
  }

  /**
   * Call it when the body is complete and it is the turn of the request.
   * @returns whether the request may be executed; if so, call end() afterwards
   */
  begin(): boolean {
    if (this.#isOver || !this.#tryReserve(this.quotas.running, 1)) return false;
    this.#isExecuting = true;
    this.#timer = setTimeout(() => this.#abort.abort(this.#unavailable(TIMED_OUT)), OPERATION_TIMEOUT_MS);
    return true;
  }

  /** Aborted after OPERATION_TIMEOUT_MS, and for a query also when its client disconnects. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async admitOperation(points: number, mutations: readonly string[]): Promise<void> {
    this.#mutations = mutations;
    const { answers } = this.quotas;
    const amount = answers.cap(points * BYTES_PER_POINT);
    const hasRoom = await answers.acquire(this.party, amount, QUEUE_TIMEOUT_MS, this.signal);
    if (hasRoom) this.#reserved.set(answers, amount);
    this.signal.throwIfAborted();
    if (!hasRoom) throw this.#unavailable(OVERLOADED);
    this.#mustFinish = mutations.length > 0;
  }

  /** The execution has settled. */
  end(): void {
    this.#isExecuting = false;
    clearTimeout(this.#timer);
    this.#keep(this.quotas.running, 0);
    if (this.#isOver) this.#releaseAll();
  }

  /**
   * Keeps the memory of the answer only, which may be more than was reserved, and starts the deadline for sending it.
   * @returns false if the request still executes, or its client disconnected
   */
  sends(characters: number): boolean {
    if (this.#isExecuting || this.#isOver) return false;
    this.#keep(this.quotas.requests, REQUEST_BYTES);
    this.#keep(this.quotas.answers, characters * BYTES_PER_ANSWER_CHARACTER);
    this.#timer = setTimeout(() => this.socket.destroy(), SEND_TIMEOUT_MS);
    return true;
  }

  answerSent(): void {
    this.#over();
  }

  clientDisconnected(): void {
    if (!this.#mustFinish) this.#abort.abort(this.#unavailable('The client disconnected.'));
    this.#over();
  }

  #over(): void {
    this.#isOver = true;
    if (this.#isExecuting) return;
    clearTimeout(this.#timer);
    this.#releaseAll();
  }

  #unavailable(reason: string): GraphQLError {
    return unavailable(reason, this.#mutations);
  }

  #tryReserve(shares: Shares, amount: number): boolean {
    const hasRoom = shares.tryAcquire(this.party, amount);
    if (hasRoom) this.#reserved.set(shares, amount);
    return hasRoom;
  }

  #releaseAll(): void {
    for (const shares of this.#reserved.keys()) this.#keep(shares, 0);
  }

  #keep(shares: Shares, amount: number): void {
    const before = this.#reserved.get(shares) ?? 0;
    this.#reserved.set(shares, amount);
    shares.release(this.party, before - amount);
  }
}
