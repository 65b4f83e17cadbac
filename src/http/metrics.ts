/**
 * Part of http/: every metric of the process, and the page /metrics. Names and labels are stable: dashboards and alerts
 * use them. A label never holds text of a client.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { FeedObserver } from '../live/observer.js';
import { refuse } from './refusals.js';

/** What the metrics read from the rest of the process when they are scraped. */
export interface MetricSources {
  readonly clock: () => Date;
  readonly committer: () => {
    readonly waiting: number;
    readonly inFlight: number;
    /** Since the arrival of the oldest of them, in milliseconds; 0 if there is none. */
    readonly oldestMs: number;
  };
  readonly connectionPool: () => { readonly open: number; readonly inUse: number; readonly waiting: number };
}

/** How one attempt of the committer to commit a group of requests ended. */
export interface GroupAttempt {
  /** Requests in the group. */
  readonly size: number;
  /** How often its requests were tried, this attempt included. */
  readonly attempts: number;
  /** "committed", or the kind of the failure. */
  readonly outcome: string;
}

/** Receives what happens to the connections with subscriptions. */
export interface ConnectionObserver {
  connected(transport: string): void;
  /** @param reason the name of the close reason; "ok" if the client left or its subscription was complete */
  disconnected(transport: string, reason: string): void;
  /** @param field the subscribed field @returns the function that ends the count */
  subscribed(field: string, transport: string): () => void;
}

export interface Metrics {
  /** @param operation as in the log; @param outcome "ok" or a code */
  request(operation: string, outcome: string, seconds: number): void;
  groupAttempt(attempt: GroupAttempt): void;
  readonly feed: FeedObserver;
  readonly connections: ConnectionObserver;
  /** In the text format of Prometheus. */
  text(): Promise<string>;
}

/** From a read out of memory to a grant that waited for an election. Seconds. */
const DURATIONS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15];
/** A group has at most 64 requests. */
const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64];
/** The committer gives up after 8. */
const ATTEMPTS = [1, 2, 3, 4, 6, 8];
/** From a quiet server to a client that is 256 events behind. Seconds. */
const LAGS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

export function createMetrics({ clock, committer, connectionPool }: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'auraledger_requests_total',
    help: 'Requests that were answered, by operation and outcome: "ok" or the code of the refusal or error',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'auraledger_request_duration_seconds',
    help: 'From the arrival of the head of a request to the end of its answer',
    labelNames: ['operation'],
    buckets: DURATIONS,
    registers,
  });
  const groups = new Counter({
    name: 'auraledger_committer_attempts_total',
    help: 'Attempts to commit a group of requests, by outcome: "committed" or the kind of failure (conflict, ...)',
    labelNames: ['outcome'],
    registers,
  });
  const groupSizes = new Histogram({
    name: 'auraledger_committer_group_size',
    help: 'Requests in a committed group; a group shares one transaction',
    buckets: GROUP_SIZES,
    registers,
  });
  const attempts = new Histogram({
    name: 'auraledger_committer_attempts_per_group',
    help: 'How often a group was tried until it was committed',
    buckets: ATTEMPTS,
    registers,
  });
  gauges(registers, committer, [
    ['auraledger_committer_waiting', 'Requests that wait for a transaction', ({ waiting }) => waiting],
    ['auraledger_committer_in_flight', 'Requests in a transaction under way', ({ inFlight }) => inFlight],
    [
      'auraledger_committer_oldest_seconds',
      'Age of the oldest request that waits or is in flight; 0 if there is none',
      ({ oldestMs }) => oldestMs / 1_000,
    ],
  ]);
  gauges(registers, connectionPool, [
    ['auraledger_database_connections', 'Connections to the database that are open', ({ open }) => open],
    ['auraledger_database_connections_in_use', 'Connections to the database in use', ({ inUse }) => inUse],
    ['auraledger_database_connections_waited_for', 'Commands that wait for a connection', ({ waiting }) => waiting],
  ]);
  return {
    request(operation, outcome, seconds) {
      const label = labelOf(operation);
      requests.inc({ operation: label, outcome });
      durations.observe({ operation: label }, seconds);
    },
    groupAttempt({ size, attempts: tries, outcome }) {
      groups.inc({ outcome });
      if (outcome !== 'committed') return;
      groupSizes.observe(size);
      attempts.observe(tries);
    },
    feed: feedMetrics(registers, clock),
    connections: connectionMetrics(registers),
    text: () => registry.metrics(),
  };
}

function feedMetrics(registers: Registry[], clock: () => Date): FeedObserver {
  const events = new Counter({
    name: 'auraledger_live_events_total',
    help: 'Events that were handed to a subscription',
    labelNames: ['field'],
    registers,
  });
  const resumes = new Counter({
    name: 'auraledger_live_resumes_total',
    help: 'Subscriptions that named the event to resume after',
    labelNames: ['field'],
    registers,
  });
  const lag = new Histogram({
    name: 'auraledger_live_lag_seconds',
    help: 'From the commit, by the clock of the database, until the event was handed to a subscription',
    buckets: LAGS,
    registers,
  });
  const restarts = new Counter({
    name: 'auraledger_live_stream_restarts_total',
    help: 'How often the change stream was opened again; history_lost: every subscription caught up from the database',
    labelNames: ['history_lost'],
    registers,
  });
  return {
    opened(field, isResumed) {
      if (isResumed) resumes.inc({ field });
    },
    closed() {},
    delivered(field, committedAt) {
      events.inc({ field });
      // The two clocks may differ.
      if (committedAt) lag.observe(Math.max(0, clock().getTime() - committedAt.getTime()) / 1_000);
    },
    streamReopened: (historyLost) => restarts.inc({ history_lost: `${historyLost}` }),
  };
}

function connectionMetrics(registers: Registry[]): ConnectionObserver {
  const open = new Gauge({
    name: 'auraledger_live_connections',
    help: 'Open connections with subscriptions',
    labelNames: ['transport'],
    registers,
  });
  const closes = new Counter({
    name: 'auraledger_live_closes_total',
    help: 'Closed connections with subscriptions, by reason; "ok": the client left, or its subscription was complete',
    labelNames: ['transport', 'reason'],
    registers,
  });
  const subscriptions = new Gauge({
    name: 'auraledger_live_subscriptions',
    help: 'Open subscriptions',
    labelNames: ['field', 'transport'],
    registers,
  });
  return {
    connected: (transport) => open.inc({ transport }),
    disconnected(transport, reason) {
      open.dec({ transport });
      closes.inc({ transport, reason });
    },
    subscribed(field, transport) {
      subscriptions.inc({ field, transport });
      return () => subscriptions.dec({ field, transport });
    },
  };
}

/**
 * Serves /metrics to clients that send the token as a bearer token. Without a token, it serves programs on this machine,
 * and for all others /metrics does not exist.
 */
export function addMetricsRoute(app: FastifyInstance, { text }: Metrics, token: string | null): void {
  const expected = token === null ? null : digest(`Bearer ${token}`);
  app.get('/metrics', async (request, reply) => {
    if (expected === null) {
      if (!isOnThisMachine(request.raw)) return reply.callNotFound();
    } else if (!timingSafeEqual(digest(request.headers.authorization?.replace(/^bearer /i, 'Bearer ') ?? ''), expected))
      return refuse(request, reply, NO_TOKEN);
    return reply
      .type(TEXT_FORMAT)
      .header('cache-control', 'no-store')
      .send(await text());
  });
}

const FORWARDING_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'];

/** A proxy on this machine connects from here as well, and names its client in a header. */
const isOnThisMachine = ({ socket, headers }: IncomingMessage): boolean =>
  LOOPBACK.test(socket.remoteAddress ?? '') && !FORWARDING_HEADERS.some((name) => name in headers);

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

const NO_TOKEN = {
  status: 401,
  code: 'UNAUTHENTICATED',
  message: 'Send the METRICS_TOKEN of the server in the header "authorization: Bearer ...".',
} as const;

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';

/** Equal lengths, so that timingSafeEqual can compare what anybody sends. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

type Reading<Source> = readonly [name: string, help: string, read: (source: Source) => number];

function gauges<Source>(registers: Registry[], source: () => Source, readings: readonly Reading<Source>[]): void {
  for (const [name, help, read] of readings) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(source()));
      },
    });
  }
}

/** A client may combine the fields of an operation as it likes: any combination of several is one label. */
const labelOf = (operation: string): string => operation.replace(/ \S*,\S*$/, ' several');
