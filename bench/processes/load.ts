/**
 * Sends requests over HTTP and measures the responses. It runs in a child process. The parent sends a LoadJob and waits
 * for "ready"; then it sends "go" and receives a LoadResult. Each further "go" continues with the next requests.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '../../src/cli/scale-school.js';
import { now } from '../live/subscriber-job.js';
import { ConnectionPool, HttpConnection } from '../load/http-connection.js';
import { type LoadJob, type LoadResult, type LoadShape, maxRequests, variablesOf } from '../load/load-job.js';
import {
  type Measurement,
  type RequestSource,
  runBursts,
  runClosedLoops,
  runOnSchedule,
  sequenceBelow,
} from '../load/measured.js';
import { evenSchedule, randomSchedule } from '../load/schedule.js';

const [job] = (await once(process, 'message')) as [LoadJob];
const servers = job.urls.map((url) => new ConnectionPool(url, connectionsFor(job.shape)));
/** The maximum number of attempts of a student in a rush. */
const MAX_ATTEMPTS = 5;
const acknowledged = job.tokens.map(() => 0);
const answeredAt = new Map<number, number>();
let failures = 0;
let retries = 0;

const next = sequenceBelow(maxRequests(job));
const source: RequestSource = { next, send: job.shape.kind === 'rush' ? sendWithRetries : sendFromAllDevices };
if (job.warmUpSeconds > 0) await run(job.warmUpSeconds);
process.send!('ready');
process.once('disconnect', () => process.exit());
for (;;) {
  await once(process, 'message');
  acknowledged.fill(0);
  answeredAt.clear();
  failures = 0;
  const measured = await run();
  process.send!({ ...measured, failures, retries, acknowledged, answeredAt: [...answeredAt] } satisfies LoadResult);
}

function connectionsFor(shape: LoadShape): number {
  if (shape.kind === 'loops' || shape.kind === 'slice') return shape.clients * job.devices;
  if (shape.kind === 'bursts') return shape.size * job.devices;
  return shape.kind === 'rate' ? shape.connections : 0;
}

/** @param warmUpSeconds the duration of a warm-up; omit it for the measurement */
function run(warmUpSeconds?: number): Promise<Measurement> {
  const { shape } = job;
  switch (shape.kind) {
    case 'loops':
      return runClosedLoops(shape.clients, { seconds: warmUpSeconds ?? shape.seconds }, source);
    case 'slice': {
      const { clients, requests } = shape;
      return runClosedLoops(clients, warmUpSeconds === undefined ? { requests } : { seconds: warmUpSeconds }, source);
    }
    case 'bursts':
      return runBursts(shape.size, warmUpSeconds ?? shape.seconds, source);
    case 'rate':
      return runOnSchedule(evenSchedule(shape.perSecond, warmUpSeconds ?? shape.seconds), source);
    case 'rush':
      return runOnSchedule(randomSchedule(job.tokens.length, shape.arrivalSeconds, randomNumbers(shape.seed)), source);
  }
}

function tokenOf(number: number): string {
  return job.tokens[number % job.tokens.length]!;
}

function bodyOf(number: number): string {
  return JSON.stringify({ query: job.query, variables: variablesOf(job, number) });
}

async function sendFromAllDevices(number: number): Promise<void> {
  const body = bodyOf(number);
  const token = tokenOf(number);
  const responses = await Promise.all(
    Array.from({ length: job.devices }, (_, device) => servers[(number + device) % servers.length]!.post(token, body)),
  );
  if (!responses.map(checkResponse).some(Boolean)) return;
  answeredAt.set(number, now());
  acknowledged[number % job.tokens.length]! += 1;
}

function checkResponse(response: string): boolean {
  if (response.includes(job.expectedText)) return true;
  if (job.onUnexpected === 'fail') throw new Error(`unexpected response: ${response.slice(0, 500)}`);
  failures += 1;
  return false;
}

/**
 * Behaves like a person who sees no response: sends the same request again on a new connection, up to MAX_ATTEMPTS
 * times.
 */
async function sendWithRetries(number: number): Promise<void> {
  const { retryAfterSeconds } = job.shape as Extract<LoadShape, { kind: 'rush' }>;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (attempt > 1) retries += 1;
    const connection = new HttpConnection(job.urls[number % job.urls.length]!);
    const timeout = sleep(retryAfterSeconds * 1000, '');
    const response = await Promise.race([connection.post(tokenOf(number), bodyOf(number)).catch(() => ''), timeout]);
    connection.close();
    if (response.includes(job.expectedText)) {
      acknowledged[number % job.tokens.length]! += 1;
      return;
    }
    if (response !== '') failures += 1;
    await timeout;
  }
}
