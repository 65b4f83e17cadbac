/** Clients of the product. They retry each request until they learn its outcome, and record every attempt. */
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { EVERYDAY_QUERIES } from './everyday.js';
import {
  type Attempt,
  type AttemptResult,
  type EverydayOperation,
  isDefinitive,
  type LogicalRequest,
  type Operation,
} from './record.js';
import { tokenFor } from './tokens.js';

/** A server to send requests to. Its address stays the same when the server is killed and restarted. */
export interface Target {
  /** The origin, without a path. */
  readonly url: string;
  /** Whether it may be connected to a former primary, which does not know what the new one has committed. */
  readonly mayBeBehind?: true;
}

export interface ClientsOptions {
  readonly targets: readonly Target[];
  /** How long an attempt waits for its response before the client gives it up and retries. */
  readonly attemptTimeoutMs?: number | (() => number);
  /** How long a client retries a request. After that the request is left without an outcome. */
  readonly retryForMs: number;
  /** The highest rate at which new requests are sent. Retries are not counted. By default there is no limit. */
  readonly maxPerSecond?: number;
  /** Decides before each attempt whether the client hangs up before it is answered. By default it never does. */
  readonly hangUp?: (request: LogicalRequest) => HangUp | null;
}

/** When a client hangs up: some time after it has sent this much, or has received the first bytes of the response. */
export interface HangUp {
  readonly after: 'nothing' | 'the head' | 'half of the body' | 'the request' | 'the first bytes of the response';
  readonly delayMs: number;
}

/** The cause of an attempt without a response begins with this if the client itself hung up. */
export const HUNG_UP = 'hung up after ';

/** A little more than MAX_ATTEMPT_MS of the checker, so that a slower attempt is recorded rather than given up. */
const ATTEMPT_TIMEOUT_MS = 31_000;
/** The wait between two attempts is a random share of this; it doubles after each attempt, up to MAX_BACKOFF_MS. */
const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 1_000;

const REWARD = `reward { id sequence reason xp auraPoints
  before { level xp lifetimeXp auraPoints } after { level xp lifetimeXp auraPoints }
  lines { rule text points } leveledUp surplusDiscarded newBadges { id } rulesVersion grantedAt }`;
const STUDENT = `student { level xp lifetimeXp auraPoints submissionCount pomodoroCount totalPomodoroSeconds
  runningPomodoro { id } }`;
const SESSION = 'session { id status startedAt endedAt focusedSeconds }';
/** A grantBonuses may cost no more than any other operation, for up to 500 students. */
const ENTRY = `replayed reward { id sequence reason xp auraPoints after { level xp lifetimeXp auraPoints } grantedAt }
  student { level xp lifetimeXp auraPoints submissionCount pomodoroCount totalPomodoroSeconds }`;
const GRANT = `replayed leveledUp level newBadges { id } badges { badge { id } } ${REWARD} ${STUDENT}`;

const SELECTIONS: Record<Exclude<Operation, EverydayOperation>, string> = {
  submitAssignment: `${GRANT} submission { id content }`,
  endPomodoro: `${GRANT} ${SESSION}`,
  startPomodoro: `joined ${SESSION} ${STUDENT}`,
  grantBonus: GRANT,
  grantBonuses: `entries { studentId result { ... on GrantBonusPayload { ${ENTRY} } ... on Refusal { code } } }`,
  gradeSubmission: GRANT,
  revokeReward: GRANT,
  restoreReward: GRANT,
  discardSubmission: `${GRANT} ${REWARD.replace('reward', 'rewards')}`,
  extendDeadline: GRANT,
};

const queryOf = (operation: keyof typeof SELECTIONS): string => {
  const name = `${operation[0]!.toUpperCase()}${operation.slice(1)}`;
  const type = ['RevokeReward', 'RestoreReward'].includes(name) ? 'CorrectReward' : name;
  return `mutation ($input: ${type}Input!) { ${operation}(input: $input) {
    ... on ${type}Payload { ${SELECTIONS[operation]} } ... on Refusal { code } } }`;
};

const QUERIES = {
  ...Object.fromEntries(
    (Object.keys(SELECTIONS) as (keyof typeof SELECTIONS)[]).map((operation) => [operation, queryOf(operation)]),
  ),
  ...EVERYDAY_QUERIES,
} as Record<Operation, string>;

const variablesOf = (request: LogicalRequest): object => request.everyday?.variables ?? { input: inputOf(request) };

function inputOf({ operation, subjectId, idempotencyKey, content, act }: LogicalRequest): object {
  const keyed = idempotencyKey === null ? {} : { idempotencyKey: idempotencyKey };
  if (act) return { ...act.input, ...keyed };
  if (operation === 'submitAssignment') return { assignmentId: subjectId, content, ...keyed };
  return operation === 'endPomodoro' ? { sessionId: subjectId, ...keyed } : { plannedMinutes: 25 };
}

/** Sends requests and records what it sent and received. */
export class Clients {
  readonly attempts: Attempt[] = [];
  /** The number of requests whose outcome is known. */
  resolved = 0;
  readonly #targets: readonly Target[];
  readonly #attemptTimeoutMs: () => number;
  readonly #retryForMs: number;
  readonly #agents: readonly Agent[];
  readonly #intervalMs: number;
  #nextAt = 0;
  readonly #tokensByAccount = new Map<string, Promise<string>>();
  readonly #attemptCounts = new Map<string, number>();
  readonly #resolving = new Map<string, Promise<void>>();
  readonly #inFlight = new Set<Attempt>();
  readonly #hangUp: (request: LogicalRequest) => HangUp | null;
  /** How far the clock of each target is from the machine's. It may be two values while the clocks are being moved. */
  #clockOffsetsMs: readonly (readonly number[])[];
  #isStopping = false;

  constructor(options: ClientsOptions) {
    const { targets, attemptTimeoutMs = ATTEMPT_TIMEOUT_MS, retryForMs } = options;
    this.#intervalMs = 1_000 / (options.maxPerSecond ?? Number.POSITIVE_INFINITY);
    this.#targets = targets;
    this.#attemptTimeoutMs = typeof attemptTimeoutMs === 'number' ? () => attemptTimeoutMs : attemptTimeoutMs;
    this.#retryForMs = retryForMs;
    // Without a limit of connections: the time of an attempt runs from here, not from when a connection is free.
    this.#agents = targets.map(() => new Agent({ keepAlive: true }));
    this.#hangUp = options.hangUp ?? (() => null);
    this.#clockOffsetsMs = targets.map(() => [0]);
  }

  /**
   * Resolves all requests in their order, with this many clients at the same time. Calls may overlap: a request that is
   * to be sent after one of an earlier call waits for it, also if that one has not been sent yet.
   */
  async retryAllUntilResolved(requests: readonly LogicalRequest[], clients: number): Promise<void> {
    const resolved = requests.map(({ id }) => this.#announce(id));
    let next = 0;
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (next < requests.length && !this.#isStopping) {
          const position = next++;
          await this.#resolveInTurn(requests[position]!, position);
          resolved[position]!();
        }
      }),
    );
    // Clients that are stopped leave requests unsent. Nobody may wait for them.
    for (const resolve of resolved) resolve();
  }

  /** @returns a function that lets those go on that wait for this request */
  #announce(id: string): () => void {
    let resolve = () => {};
    this.#resolving.set(id, new Promise((done) => (resolve = done)));
    return resolve;
  }

  async #resolveInTurn(request: LogicalRequest, position: number): Promise<void> {
    await this.#turn();
    if (request.sendAfter !== undefined) await this.#resolving.get(request.sendAfter);
    await this.retryUntilResolved(request, position);
  }

  /** Waits until the next new request may be sent. */
  async #turn(): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + this.#intervalMs;
    if (at > now) await sleep(at - now);
  }

  /**
   * Retries a request, at one target after the other, until its outcome is known or the time is up.
   * @param first the index of the target to begin with
   */
  async retryUntilResolved(request: LogicalRequest, first = 0): Promise<void> {
    const giveUpAt = performance.now() + this.#retryForMs;
    for (let count = 0; !this.#isStopping && performance.now() < giveUpAt; count++) {
      const result = await this.send(request, first + count);
      if (isDefinitive(result, request)) {
        this.resolved += 1;
        return;
      }
      await sleep(backoffMs(result, count));
    }
  }

  /** Makes one attempt. */
  async send(request: LogicalRequest, position: number): Promise<AttemptResult> {
    const target = position % this.#targets.length;
    const { url, mayBeBehind = false } = this.#targets[target]!;
    const token = await this.#token(request);
    const count = this.#attemptCounts.get(request.id) ?? 0;
    this.#attemptCounts.set(request.id, count + 1);
    const requestId = `${request.id}.${count}`;
    const sent: Attempt = {
      ...{ request, requestId, server: url, mayBeBehind, sentAt: performance.now(), endedAt: Number.NaN },
      ...{ arrivedAfter: Number.POSITIVE_INFINITY, arrivedBefore: 0, hasArrived: false },
      result: { kind: 'no response', cause: 'none yet' },
    };
    this.#widenArrivalWindow(sent);
    this.attempts.push(sent);
    this.#inFlight.add(sent);
    const body = JSON.stringify({ query: QUERIES[request.operation], variables: variablesOf(request) });
    const clientRequest = httpRequest(`${url}/graphql`, {
      method: 'POST',
      agent: this.#agents[target],
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(token !== null && { authorization: `Bearer ${token}` }),
        'x-request-id': requestId,
      },
    });
    const hangUp = this.#hangUp(request);
    const hungUp = sendUntilHangUp(clientRequest, body, hangUp);
    const result = awaitResult(clientRequest, request.operation, this.#attemptTimeoutMs());
    sent.result = await Promise.race([result, hungUp]);
    if (hangUp) clientRequest.destroy();
    sent.endedAt = performance.now();
    this.#inFlight.delete(sent);
    this.#widenArrivalWindow(sent);
    // Without a response, the server may still read the request at any later time.
    if (sent.result.kind === 'no response' && !sent.hasArrived) sent.arrivedBefore = Number.POSITIVE_INFINITY;
    return sent.result;
  }

  /** Marks every request in flight as arrived: later changes of the clocks no longer widen its window. */
  markAllArrived(): void {
    for (const each of this.#inFlight) {
      this.#widenArrivalWindow(each);
      each.hasArrived = true;
    }
  }

  /** Runs `move`, which sets the clock of each target this far from the machine's. */
  async moveClocks(offsetsMs: readonly number[], move: () => Promise<unknown>): Promise<void> {
    this.#clockOffsetsMs = this.#clockOffsetsMs.map((before, target) => [...before, offsetsMs[target]!]);
    await move();
    for (const each of this.#inFlight) this.#widenArrivalWindow(each);
    this.#clockOffsetsMs = offsetsMs.map((offsetMs) => [offsetMs]);
  }

  /** Extends the window of a request that has not arrived by everything that its server's clock may show now. */
  #widenArrivalWindow(sent: Attempt): void {
    if (sent.hasArrived) return;
    const target = this.#targets.findIndex(({ url }) => url === sent.server);
    const moments = this.#clockOffsetsMs[target]!.map((offset) => Date.now() + offset);
    sent.arrivedAfter = Math.min(sent.arrivedAfter, ...moments);
    sent.arrivedBefore = Math.max(sent.arrivedBefore, ...moments);
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Whether an attempt that was sent to this server before that time is still in flight. */
  waitsFor(server: string, sentBefore: number): boolean {
    return [...this.#inFlight].some((each) => each.server === server && each.sentAt < sentBefore);
  }

  /** Waits until no request is in flight. */
  async waitUntilIdle(): Promise<void> {
    while (this.inFlight > 0) await sleep(5);
  }

  /** Stops sending and retrying. Attempts in flight are not aborted. */
  stop(): void {
    this.#isStopping = true;
  }

  get isStopped(): boolean {
    return this.#isStopping;
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  async #token({ studentId, act, everyday }: LogicalRequest): Promise<string | null> {
    if (everyday?.actor === null) return null;
    const accountId = act?.actorId ?? everyday?.actor?.id ?? studentId;
    const known = this.#tokensByAccount.get(accountId);
    if (known) return known;
    const issued = tokenFor(accountId, act?.role ?? everyday?.actor?.role ?? 'STUDENT');
    this.#tokensByAccount.set(accountId, issued);
    return issued;
  }
}

/** How long a well-behaved client waits before it retries: at least Retry-After, and a random backoff. */
function backoffMs(result: AttemptResult, count: number): number {
  // This client has no patience.
  if (result.kind === 'no response' && result.cause.startsWith(HUNG_UP)) return Math.random() * FIRST_BACKOFF_MS;
  const least = result.kind === 'error' && result.retryAfter !== null ? Number(result.retryAfter) * 1_000 : 0;
  return least + Math.random() * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** count);
}

/** Sends a request, or a part of it. @returns when the client hangs up; never if it does not */
function sendUntilHangUp(clientRequest: ClientRequest, body: string, hangUp: HangUp | null): Promise<AttemptResult> {
  switch (hangUp?.after) {
    case 'nothing':
      break;
    case 'the head':
      clientRequest.flushHeaders();
      break;
    case 'half of the body':
      clientRequest.write(body.slice(0, body.length / 2));
      break;
    default:
      clientRequest.end(body);
  }
  return new Promise((resolve) => {
    if (!hangUp) return;
    const { after, delayMs } = hangUp;
    const event = after === 'the first bytes of the response' ? 'response' : 'socket';
    const hungUp = { kind: 'no response', cause: `${HUNG_UP}${after}` } as const;
    clientRequest.once(event, () => setTimeout(() => resolve(hungUp), delayMs));
  });
}

function awaitResult(clientRequest: ClientRequest, operation: Operation, timeoutMs: number): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({ kind: 'no response', cause: `none within ${timeoutMs} ms` });
      clientRequest.destroy();
    }, timeoutMs);
    const settle = (result: AttemptResult) => {
      clearTimeout(timer);
      resolve(result);
    };
    clientRequest.on('error', (error) => settle({ kind: 'no response', cause: error.message }));
    clientRequest.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => settle({ kind: 'truncated', cause: error.message }));
      response.on('end', () => settle(parseResponse(response, Buffer.concat(chunks).toString(), operation)));
    });
  });
}

/** Reads a response. A complete response that is not JSON was truncated by a sender that counted its bytes wrongly. */
function parseResponse(response: IncomingMessage, text: string, operation: Operation): AttemptResult {
  const status = response.statusCode ?? 0;
  let body: { data?: Record<string, unknown> | null; errors?: { extensions: { code: string } }[] };
  try {
    body = JSON.parse(text);
  } catch {
    return { kind: 'truncated', cause: `${status} and no JSON: ${text.slice(0, 80)}` };
  }
  const [error] = body.errors ?? [];
  if (error) {
    return { kind: 'error', status, code: error.extensions.code, retryAfter: response.headers['retry-after'] ?? null };
  }
  const payload = body.data?.[operation];
  const isEveryday = operation in EVERYDAY_QUERIES && !(payload && typeof payload === 'object' && 'code' in payload);
  return isEveryday ? { kind: 'answered', data: payload } : resultOf(payload as Payload, operation);
}

interface Payload {
  readonly [field: string]: unknown;
  readonly entries?: readonly { readonly studentId: string; readonly result: Payload }[];
}

function resultOf(payload: Payload, operation: Operation): AttemptResult {
  if ('code' in payload) return { kind: 'refused', code: String(payload.code) };
  if (payload.entries) {
    const entries = payload.entries.map(({ studentId, result }) => ({
      studentId,
      result: resultOf(result, operation),
    }));
    return { kind: 'granted many', entries } as AttemptResult;
  }
  return { kind: operation === 'startPomodoro' ? 'started' : 'granted', ...payload } as AttemptResult;
}
