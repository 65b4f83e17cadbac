import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import { addMetricsRoute, createMetrics } from '../../src/http/metrics.js';
import { send, useServer } from '../support/client.js';
import { startServer } from '../support/server.js';
import { leaveAll, subscribeBy, TRANSPORTS } from '../support/subscription-client.js';
import { until } from '../support/until.js';
import { createSchool, type Person, type School } from './school.js';

const TOKEN = 'the-token-of-the-metrics';
const server = useServer({ env: { METRICS_TOKEN: TOKEN } });

let school: School;
let student: Person;

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
});

const scrape = (authorization = `Bearer ${TOKEN}`) => send(`${server.url}/metrics`, { headers: { authorization } });

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Parses the text format of Prometheus, and fails on a line that does not belong to it. */
function parse(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !/^# (HELP|TYPE) \S+ \S/.test(line))
    .map((line) => {
      const [, name, labels = '', value] = /^([a-z0-9_:]+)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? [];
      if (name === undefined) throw new Error(`not a sample: ${line}`);
      const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/gi)].map(([, key, text]) => [key, text]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

async function samples(): Promise<Sample[]> {
  return parse((await scrape()).text);
}

/** The sum of the samples with this name and these labels. */
async function metric(name: string, labels: Record<string, string> = {}): Promise<number> {
  const found = (await samples()).filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.reduce((sum, { value }) => sum + value, 0);
}

describe('/metrics', () => {
  test('is text that a scraper understands', async () => {
    const { status, headers, text } = await scrape();
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(headers.get('cache-control')).toBe('no-store');
    const names = new Set(parse(text).map(({ name }) => name));
    for (const name of [
      'auraledger_requests_total',
      'auraledger_committer_waiting',
      'nodejs_eventloop_lag_p99_seconds',
    ]) {
      expect(names).toContain(name);
    }
  });

  test('is there whatever the case of the scheme', async () => {
    expect((await scrape(`bearer ${TOKEN}`)).status).toBe(200);
  });

  test.each([
    ['without a token', undefined],
    ['with another token', `Bearer ${TOKEN}x`],
    ['with the token of an account', 'account'],
  ])('is refused %s', async (_, authorization) => {
    const headers = authorization === 'account' ? `Bearer ${student.token}` : authorization;
    const answer = await send(
      `${server.url}/metrics`,
      headers === undefined ? {} : { headers: { authorization: headers } },
    );
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('UNAUTHENTICATED');
    expect(answer.text).not.toMatch(/auraledger_|nodejs_/);
  });

  test('counts requests by operation and outcome, with their durations', async () => {
    const assignmentId = await school.assignment();
    const labels = { operation: 'mutation submitAssignment' };
    const before = await metric('auraledger_requests_total', labels);
    await student.mutate('submitAssignment', { assignmentId, content: 'x' });
    await student.mutate('submitAssignment', { assignmentId, content: 'another text' });
    await until(async () => (await metric('auraledger_requests_total', labels)) === before + 2);
    expect(await metric('auraledger_requests_total', { ...labels, outcome: 'ok' })).toBe(1);
    expect(await metric('auraledger_requests_total', { ...labels, outcome: 'ALREADY_SUBMITTED' })).toBe(1);
    expect(await metric('auraledger_request_duration_seconds_count', labels)).toBe(before + 2);
    expect(await metric('auraledger_request_duration_seconds_sum', labels)).toBeGreaterThan(0);
  });

  test('counts the groups of the committer', async () => {
    const assignmentId = await school.assignment();
    const committed = { outcome: 'committed' };
    const before = await metric('auraledger_committer_attempts_total', committed);
    await student.mutate('submitAssignment', { assignmentId, content: 'x' });
    expect(await metric('auraledger_committer_attempts_total', committed)).toBe(before + 1);
    expect(await metric('auraledger_committer_group_size_count')).toBe(before + 1);
    expect(await metric('auraledger_committer_attempts_per_group_count')).toBe(before + 1);
    expect(await metric('auraledger_committer_waiting')).toBe(0);
    expect(await metric('auraledger_committer_in_flight')).toBe(0);
  });

  test('shows a request that waits for the database', async () => {
    const assignmentId = await school.assignment();
    const { off } = await server.database.failCommand({
      ...{ failCommands: ['commitTransaction'], mode: 'alwaysOn' },
      ...{ blockConnection: true, blockTimeMS: 2_000 },
    });
    const submitted = student.mutate('submitAssignment', { assignmentId, content: 'x' });
    await until(async () => (await metric('auraledger_committer_in_flight')) === 1);
    await until(async () => (await metric('auraledger_committer_oldest_seconds')) > 0);
    await until(async () => (await metric('auraledger_database_connections_in_use')) >= 1);
    await off();
    await submitted;
    expect(await metric('auraledger_committer_in_flight')).toBe(0);
    expect(await metric('auraledger_committer_oldest_seconds')).toBe(0);
    await until(async () => (await metric('auraledger_database_connections_in_use')) === 0);
    expect(await metric('auraledger_database_connections')).toBeGreaterThan(0);
  });

  test('has a bounded number of labels, whatever a client asks', async () => {
    const aliases = [
      'a: badges { id }',
      'me { id }',
      'course(id: "x") { id }',
      'assignment(id: "x") { id }',
      'badges { id }',
    ];
    for (let first = 0; first < aliases.length; first += 1) {
      for (let second = 0; second < aliases.length; second += 1) {
        await student.ask(`query Named${first}${second} { ${aliases[first]} ${aliases[second]} }`);
      }
    }
    await student.ask('{ nonsense }');
    await send(`${server.url}/an/unknown/path?with=a%20query`, {});
    const operations = new Set((await samples()).map(({ labels }) => labels.operation ?? ''));
    expect(operations).toContain('query several');
    expect([...operations].filter((operation) => /Named|nonsense|,|unknown\/path|with=/.test(operation))).toEqual([]);
  });
});

describe('the live feed at /metrics', () => {
  afterEach(leaveAll);
  const REWARDS = 'subscription ($after: Int) { mine: rewardGranted(afterSequence: $after) { sequence } }';
  const field = 'rewardGranted';

  test.each(TRANSPORTS)('counts subscriptions over %s, their events, resumes and ends', async (transport) => {
    const open = () => metric('auraledger_live_subscriptions', { field, transport });
    const connections = () => metric('auraledger_live_connections', { transport });
    const counts = async () => [
      await metric('auraledger_live_events_total', { field }),
      await metric('auraledger_live_lag_seconds_count'),
      await metric('auraledger_live_resumes_total', { field }),
      await metric('auraledger_live_closes_total', { transport, reason: 'ok' }),
      await metric('auraledger_live_closes_total', { transport, reason: 'signed out' }),
    ];
    const grant = async (person: Person) =>
      person.mutate('submitAssignment', { assignmentId: await school.assignment(), content: 'x' });
    const ada = await school.student(school.course);
    const subscribe = (after: number | null) =>
      subscribeBy(transport, server.url, { query: REWARDS, variables: { after } }, () => ada.token, {
        retryAttempts: 0,
      });
    const [events, lags, resumes, left, signedOut] = (await counts()) as [number, number, number, number, number];
    const first = subscribe(null);
    await until(async () => (await open()) === 1);
    expect(await connections()).toBe(1);
    await grant(ada);
    await until(() => first.answers.length === 1);
    expect(await counts()).toEqual([events + 1, lags + 1, resumes, left, signedOut]);
    first.leave();
    await until(async () => (await open()) === 0 && (await connections()) === 0);
    expect(await counts()).toEqual([events + 1, lags + 1, resumes, left + 1, signedOut]);
    // This row comes from the ledger, so it says nothing about the lag.
    const second = subscribe(0);
    await until(() => second.answers.length === 1);
    expect(await counts()).toEqual([events + 2, lags + 1, resumes + 1, left + 1, signedOut]);
    await ada.must('mutation { signOut }');
    await until(async () => (await open()) === 0 && (await connections()) === 0);
    expect(await counts()).toEqual([events + 2, lags + 1, resumes + 1, left + 1, signedOut + 1]);
  });

  test('counts how often the change stream was opened again', async () => {
    const restarts = (historyLost: boolean) =>
      metric('auraledger_live_stream_restarts_total', { history_lost: `${historyLost}` });
    expect([await restarts(true), await restarts(false)]).toEqual([0, 0]);
    const { off } = await server.database.failCommand({ failCommands: ['getMore'], errorCode: 286 });
    await until(async () => (await restarts(true)) === 1);
    await off();
    expect(await restarts(false)).toBe(0);
  });
});

describe('without METRICS_TOKEN', () => {
  const app = fastify();
  const metrics = createMetrics({
    clock: () => new Date(),
    committer: () => ({ waiting: 0, inFlight: 0, oldestMs: 0 }),
    connectionPool: () => ({ open: 0, inUse: 0, waiting: 0 }),
  });
  addMetricsRoute(app, metrics, null);
  const scrapeFrom = (address: string, headers: Record<string, string> = {}) =>
    app.inject({ url: '/metrics', remoteAddress: address, headers });

  test('programs on this machine get /metrics, and for others the address is unknown', async () => {
    const plain = await startServer({ demonstration: false });
    try {
      const { status, text } = await send(`${plain.url}/metrics`);
      expect(status).toBe(200);
      expect(text).toContain('auraledger_requests_total');
      const forwarded = await send(`${plain.url}/metrics`, { headers: { 'x-forwarded-for': '192.0.2.1' } });
      expect(forwarded.status).toBe(404);
      expect(JSON.parse(forwarded.text).errors[0].extensions.code).toBe('NOT_FOUND');
    } finally {
      await plain.close();
    }
  });

  test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('%s is this machine', async (address) => {
    expect((await scrapeFrom(address)).statusCode).toBe(200);
  });

  test.each(['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1', '10.127.0.1'])(
    'for %s it does not exist',
    async (address) => {
      const { statusCode, body } = await scrapeFrom(address, { authorization: `Bearer ${TOKEN}` });
      expect(statusCode).toBe(404);
      expect(body).not.toContain('auraledger_');
    },
  );

  test.each(['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'])('nor for clients of a proxy: %s', async (name) => {
    expect((await scrapeFrom('127.0.0.1', { [name]: '192.0.2.1' })).statusCode).toBe(404);
  });
});
