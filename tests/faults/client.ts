/** Clients of the product that repeat each request until they are told what became of it, and write everything down. */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Types } from 'mongoose';
import { createTokens } from '../../src/auth/tokens.js';
import { JWT_SECRET } from './product-server.js';
import { isDefinitive, type Operation, type Told, type Try, type Wanted } from './record.js';

/** Where requests are sent to. The address stays when its server is killed and started again. */
export interface Target {
  /** Without a path. */
  readonly url: string;
}

export interface ClientsOptions {
  readonly targets: readonly Target[];
  /** How long a try waits for its answer before it is given up and repeated. Milliseconds. */
  readonly patienceMs?: number;
  /** How long a request is repeated; then it stays without an outcome. Milliseconds. */
  readonly resolvesWithinMs: number;
  /** Sockets to each target, at most. */
  readonly sockets?: number;
}

/** A little more than any try may take, so that one which takes longer is seen. Milliseconds. */
const PATIENCE_MS = 31_000;
/** Between two tries of a request, a random part of it, doubled each time up to the second. Milliseconds. */
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
/** The tokens of the kit are issued for a clock that is ahead: good for every server whose clock is moved by an hour. */
const TOKENS_AHEAD_MS = 2 * 3_600_000;

const REWARD = `reward { id sequence reason xp auraPoints
  before { level xp lifetimeXp auraPoints } after { level xp lifetimeXp auraPoints }
  lines { rule text points } leveledUp surplusDiscarded newBadges { id } rulesVersion grantedAt }`;
const STUDENT = `student { level xp lifetimeXp auraPoints submissionCount pomodoroCount totalPomodoroSeconds
  runningPomodoro { id } }`;
const SESSION = 'session { id status startedAt endedAt focusedSeconds }';
const GRANT = `replayed leveledUp level newBadges { id } badges { badge { id } } ${REWARD} ${STUDENT}`;

const SELECTIONS: Record<Operation, string> = {
  submitAssignment: `${GRANT} submission { id content }`,
  endPomodoro: `${GRANT} ${SESSION}`,
  startPomodoro: `joined ${SESSION} ${STUDENT}`,
};

const queryOf = (operation: Operation): string => {
  const type = `${operation[0]!.toUpperCase()}${operation.slice(1)}`;
  return `mutation ($input: ${type}Input!) { ${operation}(input: $input) {
    ... on ${type}Payload { ${SELECTIONS[operation]} } ... on Refusal { code } } }`;
};

const QUERIES: Record<Operation, string> = {
  submitAssignment: queryOf('submitAssignment'),
  endPomodoro: queryOf('endPomodoro'),
  startPomodoro: queryOf('startPomodoro'),
};

function inputOf({ operation, subjectId, key, content }: Wanted): object {
  const keyed = key === null ? {} : { idempotencyKey: key };
  if (operation === 'submitAssignment') return { assignmentId: subjectId, content, ...keyed };
  return operation === 'endPomodoro' ? { sessionId: subjectId, ...keyed } : { plannedMinutes: 25 };
}

/** The bearers of requests and the record of all that they sent and were told. */
export class Clients {
  readonly tries: Try[] = [];
  /** Requests that have come to their outcome. */
  resolved = 0;
  readonly #targets: readonly Target[];
  readonly #patienceMs: number;
  readonly #resolvesWithinMs: number;
  readonly #agents: readonly Agent[];
  readonly #tokens = createTokens(JWT_SECRET, () => new Date(Date.now() + TOKENS_AHEAD_MS), { has: () => false });
  readonly #tokenOf = new Map<string, Promise<string>>();
  readonly #triesOf = new Map<string, number>();
  readonly #resolving = new Map<string, Promise<void>>();
  readonly #inFlight = new Set<Try>();
  /** Milliseconds; two while the clocks are being moved. */
  #offsets: readonly number[] = [0];
  #isEnding = false;

  constructor(options: ClientsOptions) {
    const { targets, patienceMs = PATIENCE_MS, resolvesWithinMs, sockets = 64 } = options;
    this.#targets = targets;
    this.#patienceMs = patienceMs;
    this.#resolvesWithinMs = resolvesWithinMs;
    this.#agents = targets.map(() => new Agent({ keepAlive: true, maxSockets: sockets }));
  }

  /** Lets all of these come to their outcomes, so many at the same time, in their order. */
  async resolveAll(wanted: readonly Wanted[], clients: number): Promise<void> {
    let next = 0;
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (next < wanted.length && !this.#isEnding) {
          const position = next++;
          const each = wanted[position]!;
          if (each.after !== undefined) await this.#resolving.get(each.after);
          const resolving = this.resolve(each, position);
          this.#resolving.set(each.id, resolving);
          await resolving;
        }
      }),
    );
  }

  /**
   * Repeats a request, at one target after the other, until it has its outcome or there is no more time.
   * @param first the position of the target that it is sent to first
   */
  async resolve(wanted: Wanted, first = 0): Promise<void> {
    const giveUpAt = performance.now() + this.#resolvesWithinMs;
    for (let count = 0; !this.#isEnding && performance.now() < giveUpAt; count++) {
      const told = await this.send(wanted, first + count);
      if (isDefinitive(told, wanted)) {
        this.resolved += 1;
        return;
      }
      await sleep(pauseMs(told, count));
    }
  }

  /** One try. */
  async send(wanted: Wanted, position: number): Promise<Told> {
    const target = position % this.#targets.length;
    const { url } = this.#targets[target]!;
    const token = await this.#token(wanted.studentId);
    const count = this.#triesOf.get(wanted.id) ?? 0;
    this.#triesOf.set(wanted.id, count + 1);
    const requestId = `${wanted.id}.${count}`;
    const sent: Try = {
      ...{ wanted, requestId, server: url, sentAt: performance.now(), endedAt: Number.NaN },
      ...{ arrivedAfter: Number.POSITIVE_INFINITY, arrivedBefore: 0, hasArrived: false },
      told: { kind: 'no answer', why: 'none yet' },
    };
    this.#widen(sent);
    this.tries.push(sent);
    this.#inFlight.add(sent);
    const body = JSON.stringify({ query: QUERIES[wanted.operation], variables: { input: inputOf(wanted) } });
    const asked = request(`${url}/graphql`, {
      method: 'POST',
      agent: this.#agents[target],
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        authorization: `Bearer ${token}`,
        'x-request-id': requestId,
      },
    });
    asked.end(body);
    sent.told = await toldBy(asked, wanted.operation, this.#patienceMs);
    sent.endedAt = performance.now();
    this.#inFlight.delete(sent);
    this.#widen(sent);
    // Its server may read it whenever it comes to that.
    if (sent.told.kind === 'no answer' && !sent.hasArrived) sent.arrivedBefore = Number.POSITIVE_INFINITY;
    return sent.told;
  }

  /** Says that all that is in flight has reached its server: what the clocks do from now on does not concern it. */
  allArrived(): void {
    for (const each of this.#inFlight) {
      this.#widen(each);
      each.hasArrived = true;
    }
  }

  /** Says that `move` makes the clocks of the servers go this far from the machine's. */
  async movingClocks(offsetMs: number, move: () => Promise<unknown>): Promise<void> {
    this.#offsets = [...this.#offsets, offsetMs];
    await move();
    for (const each of this.#inFlight) this.#widen(each);
    this.#offsets = [offsetMs];
  }

  /** By what any of the servers' clocks may show now, a request that has not arrived yet may arrive. */
  #widen(sent: Try): void {
    if (sent.hasArrived) return;
    const moments = this.#offsets.map((offset) => Date.now() + offset);
    sent.arrivedAfter = Math.min(sent.arrivedAfter, ...moments);
    sent.arrivedBefore = Math.max(sent.arrivedBefore, ...moments);
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Resolves when nothing is in flight. */
  async quiet(): Promise<void> {
    while (this.inFlight > 0) await sleep(5);
  }

  /** Nothing more is begun, and nothing repeated. */
  end(): void {
    this.#isEnding = true;
  }

  /** Closes all connections. */
  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  #token(studentId: string): Promise<string> {
    const known = this.#tokenOf.get(studentId);
    if (known) return known;
    const identity = { accountId: studentId, role: 'STUDENT' as const, signInId: new Types.ObjectId().toHexString() };
    const issued = this.#tokens.issueAccess(identity).then(({ token }) => token);
    this.#tokenOf.set(studentId, issued);
    return issued;
  }
}

/** How long a client waits that was programmed with care: where it is told how long, no less. */
function pauseMs(told: Told, count: number): number {
  const least = told.kind === 'error' && told.retryAfter !== null ? Number(told.retryAfter) * 1_000 : 0;
  return least + Math.random() * Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** count);
}

function toldBy(asked: ClientRequest, operation: Operation, patienceMs: number): Promise<Told> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({ kind: 'no answer', why: `none within ${patienceMs} ms` });
      asked.destroy();
    }, patienceMs);
    const settle = (told: Told) => {
      clearTimeout(timer);
      resolve(told);
    };
    asked.on('error', (error) => settle({ kind: 'no answer', why: error.message }));
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => settle({ kind: 'cut', why: error.message }));
      response.on('end', () => settle(understood(response, Buffer.concat(chunks).toString(), operation)));
    });
  });
}

/** Reads an answer; one that is no JSON although it came to its end was cut by whoever counted its bytes. */
function understood(response: IncomingMessage, text: string, operation: Operation): Told {
  const status = response.statusCode ?? 0;
  let body: { data?: Record<string, unknown> | null; errors?: { extensions: { code: string } }[] };
  try {
    body = JSON.parse(text);
  } catch {
    return { kind: 'cut', why: `${status} and no JSON: ${text.slice(0, 80)}` };
  }
  const [error] = body.errors ?? [];
  if (error) {
    return { kind: 'error', status, code: error.extensions.code, retryAfter: response.headers['retry-after'] ?? null };
  }
  const payload = body.data?.[operation] as Record<string, unknown>;
  if ('code' in payload) return { kind: 'refused', code: String(payload.code) };
  return { kind: operation === 'startPomodoro' ? 'started' : 'granted', ...payload } as Told;
}
