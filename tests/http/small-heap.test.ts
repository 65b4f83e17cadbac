/**
 * A server with a small heap gets the most expensive requests, many at once. It must survive and answer health checks.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
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

test('survives inputs near the size limit of a body', async () => {
  // One mutation is enough: the same code checks the inputs of all of them.
  await expectSurvival([...worstInputsOf('submitAssignment', school), ...invalidBodies(school.student.token)]);
  await expectServed();
});
