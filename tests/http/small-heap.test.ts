/**
 * A server with a small heap gets the most expensive requests, many at once. It must survive and answer health checks.
 */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { createLargestSchool, type LargestSchool } from '../../bench/worst/largest-school.js';
import { sendAtOnce, type WireRequest } from '../../bench/worst/measured-cost.js';
import { invalidBodies, worstInputsOf } from '../../bench/worst/worst-inputs.js';
import { createTokens } from '../../src/auth/tokens.js';
import type { Role } from '../../src/storage/models/account.js';
import { project } from '../architecture/project-copy.js';
import { JWT_SECRET, type ProcessExit, type ProductServer, startProductServer } from '../faults/product-server.js';
import { watchHealth } from '../faults/watch-health.js';
import { clientOf } from '../support/client.js';
import { useDatabase } from '../support/database.js';

const HEAP_MB = 400;
const SIMULTANEOUS_REQUESTS = 256;
/** Large enough to fill pages of 25 texts. */
const SIZE = { assignments: 25, students: 25, revisions: 50 };

const database = useDatabase();
const tokens = createTokens(JWT_SECRET, () => new Date(), { has: () => false });
let server: ProductServer;
/** Set when the server has ended. */
let exit: ProcessExit | null = null;
let school: LargestSchool;

beforeAll(async () => {
  server = await startProductServer({ root: project, uri: database.uri, heapMb: HEAP_MB });
  void server.ended.then((how) => {
    exit = how;
  });
  const tokenOf = async (accountId: Types.ObjectId, role: Role) => {
    const identity = { accountId: accountId.toHexString(), role, signInId: crypto.randomUUID() };
    return (await tokens.issueAccess(identity)).token;
  };
  school = await createLargestSchool(
    (token, query, variables) => clientOf(server.url, token).must(query, variables),
    tokenOf,
    SIZE,
  );
});

afterAll(() => server.terminate());

const LEDGER_AND_BACK = `{ me { ... on Student { rewards(first: 25) { edges { node { submission { student {
  rewards(first: 25) { edges { node { submission { content } } } } } } } } } } } }`;
const MANY_LEADERBOARDS = `{ courses { edges { node { assignments(first: 100) { edges { node { course {
  assignments(first: 100) { edges { node { course { leaderboard(first: 1) { edges { node { rank } } } } } } } } } } } } } }`;
const MANY_CHARTS = `{ me { ... on Student { rewards(first: 100) { edges { node { student { rewards(first: 100) { edges { node {
  student { dailyProgress(from: "2026-01-01", to: "2026-01-02") { xp } } } } } } } } } } } }`;

/** Queries that overloaded the server before it had its present limits, each with the account that sent it. */
function worstQueries({ student, teacher, submissionId, assignmentIds }: LargestSchool): Record<string, WireRequest> {
  const query = (text: string, token: string) => ({ body: JSON.stringify({ query: text }), token });
  return {
    'texts, by a detour through the ledger': query(LEDGER_AND_BACK, student.token),
    'a leaderboard in each of many assignments': query(MANY_LEADERBOARDS, student.token),
    'a chart in each row of nested ledgers': query(MANY_CHARTS, student.token),
    'the id of a submission with many revisions': query(`{ submission(id: "${submissionId}") { id } }`, student.token),
    'a page of long texts': query(
      `{ assignment(id: "${assignmentIds[0]}") { submissions(first: 25) { edges { node { content } } } } }`,
      teacher.token,
    ),
    'introspection by anonymous clients': { body: JSON.stringify({ query: `{ ${introspections(10)} }` }) },
  };
}

const introspections = (count: number): string =>
  Array.from(
    { length: count },
    (_, n) => `a${n}: __schema { types { name description fields { name description type { name description } } } }`,
  ).join(' ');

/** Sends each request many times at once, one request after another. */
async function expectSurvival(requests: readonly WireRequest[]): Promise<void> {
  const health = await watchHealth(server.url);
  for (const request of requests) {
    const statuses = (await sendAtOnce(server.url, request, SIMULTANEOUS_REQUESTS)).map(({ status }) => status);
    expect(exit).toBeNull();
    // 503 asks the client to retry. Any other 5xx is a failure of the server.
    expect(statuses.filter((status) => status >= 500 && status !== 503)).toEqual([]);
  }
  expect(await health.end()).toMatchObject({ failed: 0 });
}

/** The server still works: it answers a replay and a write. */
async function expectServed(): Promise<void> {
  const { student, assignmentIds, submissionId } = school;
  const ada = clientOf(server.url, student.token);
  const repeated = { assignmentId: assignmentIds[0]!, content: '🦉' };
  expect(await ada.mutate('submitAssignment', repeated)).toMatchObject({ code: 'ALREADY_SUBMITTED' });
  const revision = await ada.mutate('reviseSubmission', { submissionId, content: '🦉' });
  expect(revision).toEqual({ __typename: 'ReviseSubmissionPayload' });
}

test('survives the most expensive queries', async () => {
  await expectSurvival(Object.values(worstQueries(school)));
  await expectServed();
});

/** A body of empty objects, which take 20 times its length in memory. */
function bodyOfObjects(bytes: number): string {
  const objects = Array.from({ length: Math.floor(bytes / 3) - 50 }, () => '{}').join(',');
  return `{"query":"{ me { id } }","variables":{"objects":[${objects}]},"extensions":{}}`;
}

/** Connects, and sends a request all but its last byte. */
function openRequest(body: string, { token, from }: { token?: string; from?: string }): net.Socket {
  const { hostname, port } = new URL(server.url);
  const socket = net.connect({ port: Number(port), host: hostname, ...(from && { localAddress: from }) });
  const login = token === undefined ? '' : `authorization: Bearer ${token}\r\n`;
  const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${login}`;
  socket.on('error', () => {});
  socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, -1)}`);
  return socket;
}

test('survives bodies of many objects that are all complete at the same moment', async () => {
  const [large, small] = [bodyOfObjects(1_048_000), bodyOfObjects(16_000)];
  for (let round = 0; round < 3; round += 1) {
    const sockets: net.Socket[] = [];
    // As many as the quotas admit: each further party gets less.
    for (const count of [7, 4, 2, 1]) {
      const accountId = new Types.ObjectId().toHexString();
      const { token } = await tokens.issueAccess({ accountId, role: 'STUDENT', signInId: crypto.randomUUID() });
      for (let n = 0; n < count; n += 1) sockets.push(openRequest(large, { token }));
    }
    for (const [network, count] of [215, 110, 55, 28].entries()) {
      for (let n = 0; n < count; n += 1) sockets.push(openRequest(small, { from: `127.0.0.${network + 2}` }));
    }
    await sleep(1_000);
    const answers = sockets.map((socket) => once(socket, 'data').catch(() => null));
    process.kill(server.pid, 'SIGSTOP');
    for (const socket of sockets) socket.write('}');
    await sleep(300);
    process.kill(server.pid, 'SIGCONT');
    await Promise.race([Promise.all(answers), server.ended]);
    expect(exit).toBeNull();
    for (const socket of sockets) socket.destroy();
  }
  await expectServed();
});

test('survives inputs near the size limit of a body', async () => {
  // One mutation is enough: the same code checks the inputs of all of them.
  await expectSurvival([...worstInputsOf('submitAssignment', school), ...invalidBodies(school.student.token)]);
  await expectServed();
});
