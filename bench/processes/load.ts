/**
 * Sends requests over HTTP and measures how they are answered, as a process of its own. Its parent sends a LoadJob,
 * says "go" when it has heard "ready", and gets a Loaded.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '../../src/cli/scale-school.js';
import { Connections, HttpConnection } from '../load/http-connection.js';
import { type Loaded, type LoadJob, mostRequests, type Shape, variablesOf } from '../load/load-job.js';
import { inBursts, inLoops, type Measured, numbers, onSchedule, type Work } from '../load/measured.js';
import { byChance, evenly } from '../load/schedule.js';

const [job] = (await once(process, 'message')) as [LoadJob];
const servers = job.urls.map((url) => new Connections(url, connectionsFor(job.shape)));
/** Of somebody in a rush. */
const ATTEMPTS = 5;
const acknowledged = job.tokens.map(() => 0);
let failures = 0;
let repeats = 0;

const next = numbers(mostRequests(job));
const work: Work = { next, send: job.shape.kind === 'rush' ? sendUntilAnswered : sendFromAllDevices };
if (job.warmUpSeconds > 0) await run(job.warmUpSeconds);
process.send!('ready');
await once(process, 'message');
acknowledged.fill(0);
failures = 0;
const measured = await run();
process.send!({ ...measured, failures, repeats, acknowledged } satisfies Loaded, () => process.exit());

function connectionsFor(shape: Shape): number {
  if (shape.kind === 'loops') return shape.clients * job.devices;
  if (shape.kind === 'bursts') return shape.size * job.devices;
  return shape.kind === 'rate' ? shape.connections : 0;
}

/** @param warmUpSeconds absent: this is no warm-up */
function run(warmUpSeconds?: number): Promise<Measured> {
  const { shape } = job;
  switch (shape.kind) {
    case 'loops':
      return inLoops(shape.clients, warmUpSeconds ?? shape.seconds, work);
    case 'bursts':
      return inBursts(shape.size, warmUpSeconds ?? shape.seconds, work);
    case 'rate':
      return onSchedule(evenly(shape.perSecond, warmUpSeconds ?? shape.seconds), work);
    case 'rush':
      return onSchedule(byChance(job.tokens.length, shape.withinSeconds, randomNumbers(shape.seed)), work);
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
  const answers = await Promise.all(
    Array.from({ length: job.devices }, (_, device) => servers[(number + device) % servers.length]!.post(token, body)),
  );
  if (answers.map(isAsExpected).some(Boolean)) acknowledged[number % job.tokens.length]! += 1;
}

function isAsExpected(answer: string): boolean {
  if (answer.includes(job.expected)) return true;
  if (job.otherwise === 'fail') throw new Error(`not answered as expected: ${answer.slice(0, 500)}`);
  failures += 1;
  return false;
}

/** As a person would who sees no answer: the same request again, on a new connection, until patience ends. */
async function sendUntilAnswered(number: number): Promise<void> {
  const { repeatAfterSeconds } = job.shape as Extract<Shape, { kind: 'rush' }>;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (attempt > 1) repeats += 1;
    const connection = new HttpConnection(job.urls[number % job.urls.length]!);
    const patience = sleep(repeatAfterSeconds * 1000, '');
    const answer = await Promise.race([connection.post(tokenOf(number), bodyOf(number)).catch(() => ''), patience]);
    connection.close();
    if (answer.includes(job.expected)) {
      acknowledged[number % job.tokens.length]! += 1;
      return;
    }
    if (answer !== '') failures += 1;
    await patience;
  }
}
