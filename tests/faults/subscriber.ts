/** A subscriber of the product. It reconnects and resumes until it is stopped, and records what it received. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient as createSseClient, NetworkError } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Target } from './client.js';
import type { DeliveredReward, SubscriberRecord } from './record.js';

export interface SubscriberOptions {
  readonly name: string;
  readonly transport: 'websocket' | 'sse';
  readonly token: string;
  /** Where it connects, one after the other. */
  readonly targets: readonly Target[];
  /** The index of the target to begin with. */
  readonly first: number;
  readonly subject: { readonly studentId: string } | { readonly courseId: string };
  /** Also requests the text of each submission this many times, so that the events are large. By default 0. */
  readonly texts?: number;
}

/** The wait before a reconnect is a random share of this: long enough that rows are paid meanwhile. */
const MAX_WAIT_MS = 1_000;
/** Close codes after which a client of graphql-ws never reconnects: not signed in, and an error of the server. */
const FINAL_CODES = [4400, 4401, 4500];

const REWARD = 'id sequence reason xp auraPoints grantedAt';

type Event = DeliveredReward & { readonly courseCursor?: string; readonly submission?: unknown };
type Answer = {
  readonly data?: Readonly<Record<string, Event>> | null;
  readonly errors?: readonly { readonly message: string }[];
};

interface Sink {
  next(answer: Answer): void;
  error(error: unknown): void;
  complete(): void;
}

export class Subscriber implements SubscriberRecord {
  readonly delivered: DeliveredReward[] = [];
  /** How often it connected, the first time included. */
  connections = 0;
  /** How each of its connections ended. */
  readonly ends: string[] = [];
  gaveUp: string | null = null;
  /** Whether its connection has brought an event. */
  isListening = false;
  /** Where it resumes: the sequence of its last event, or the cursor. */
  #after: number | string | null;
  /** How often it requests the text of each submission. */
  #texts: number;
  #isStopped = false;
  #disconnect = () => {};

  constructor(private readonly options: SubscriberOptions) {
    this.#after = 'studentId' in options.subject ? 0 : null;
    this.#texts = options.texts ?? 0;
  }

  /** From its next connection on, it requests no texts, so that its events are small. */
  omitTexts(): void {
    this.#texts = 0;
  }

  get name(): string {
    return this.options.name;
  }

  get studentId(): string | null {
    const { subject } = this.options;
    return 'studentId' in subject ? subject.studentId : null;
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#isStopped = true;
    this.#disconnect();
  }

  async #run(): Promise<void> {
    const { targets, first } = this.options;
    while (!this.#isStopped && this.gaveUp === null) {
      const { url } = targets[(first + this.connections) % targets.length]!;
      this.connections += 1;
      this.isListening = false;
      await this.#listen(url);
      await sleep(Math.random() * MAX_WAIT_MS);
    }
  }

  /** Resolves when the connection has ended. */
  #listen(url: string): Promise<void> {
    return new Promise((resolve) => {
      let isOver = false;
      const end = (why: unknown) => {
        if (isOver) return;
        isOver = true;
        this.#disconnect();
        if (!this.#isStopped) this.#ended(why);
        resolve();
      };
      const disconnect = this.#subscribe(url, {
        // Whatever arrives after the end is sent again: the next connection resumes before it.
        next: (answer) => {
          if (!isOver) this.#take(answer);
        },
        error: end,
        complete: () => end('complete'),
      });
      this.#disconnect = () => {
        disconnect();
        if (this.#isStopped) end('stopped');
      };
    });
  }

  #take({ data, errors }: Answer): void {
    const event = data && Object.values(data)[0];
    if (!event || errors) {
      this.gaveUp = `an event had errors: ${JSON.stringify(errors)}`;
      this.#disconnect();
      return;
    }
    const { courseCursor, submission: _, ...reward } = event;
    this.delivered.push(reward);
    this.isListening = true;
    this.#after = courseCursor ?? reward.sequence;
  }

  #ended(why: unknown): void {
    const { code, response } = why as { code?: number; response?: Response };
    const status = response?.status;
    this.isListening = false;
    this.ends.push(String(code ?? status ?? (why === 'complete' ? why : 'broken')));
    if (why === 'complete') this.gaveUp ??= 'the subscription is complete';
    else if (Array.isArray(why)) this.gaveUp ??= JSON.stringify(why);
    else if (code !== undefined && FINAL_CODES.includes(code)) this.gaveUp ??= `close code ${code}`;
    else if (status !== undefined && status >= 400 && status < 500) this.gaveUp ??= `status ${status}`;
    else if (this.options.transport === 'sse' && !(why instanceof NetworkError)) this.gaveUp ??= String(why);
  }

  /** Both clients reconnect only by #run(): they would repeat the subscription where it began. */
  #subscribe(url: string, sink: Sink): () => void {
    const { transport, token } = this.options;
    const authorization = `Bearer ${token}`;
    const client =
      transport === 'websocket'
        ? createWebSocketClient({
            url: `${url.replace('http', 'ws')}/graphql`,
            webSocketImpl: WebSocket,
            connectionParams: { authorization },
            retryAttempts: 0,
          })
        : createSseClient({ url: `${url}/graphql/stream`, headers: { authorization }, retryAttempts: 0 });
    client.subscribe(this.#operation() as never, sink as never);
    // The WebSocket client waits for its connection first, which may fail.
    return () => void Promise.resolve(client.dispose()).catch(() => {});
  }

  #operation(): { query: string; variables: Record<string, unknown> } {
    const { subject } = this.options;
    const texts = this.#texts;
    const aliases = Array.from({ length: texts }, (_, position) => `text${position}: content`).join(' ');
    const fields = texts > 0 ? `${REWARD} submission { ${aliases} }` : REWARD;
    const after = this.#after;
    if ('studentId' in subject) {
      const query = `subscription ($after: Int) { rewardGranted(afterSequence: $after) { ${fields} } }`;
      return { query, variables: { after } };
    }
    const query = `subscription ($courseId: ID!, $after: String) {
      courseRewardGranted(courseId: $courseId, after: $after) { ${fields} courseCursor } }`;
    return { query, variables: { courseId: subject.courseId, after } };
  }
}
