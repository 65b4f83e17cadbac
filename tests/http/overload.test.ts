/**
 * The server refuses excess requests immediately, so it can finish the ones it accepted. A refused request may be
 * retried.
 */
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Types } from 'mongoose';
import { committerLimits } from '../../src/granting/committer.js';
import { OPERATION_TIMEOUT_MS, QUEUE_TIMEOUT_MS } from '../../src/http/reservation.js';
import { type Answer, begun, mutationOf, posted, send, useServer } from '../support/client.js';
import { documentsOf } from '../support/commands.js';
import { type Connection, headOf, openConnection, requestOf } from '../support/connection.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { shorten } from '../support/timers.js';
import { until, untilIdle } from '../support/until.js';
import { createSchool, PASSWORD, type Person, type School } from './school.js';

const server = useServer();

let school: School;
let student: Person;

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
});

function expectUnavailable(answer: Answer): void {
  expect(answer).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(answer.errors[0]?.message).toMatch(/try again/i);
}

const SUBMIT = `mutation ($input: SubmitAssignmentInput!) { submitAssignment(input: $input) {
  ... on SubmitAssignmentPayload { replayed reward { id sequence } } } }`;

afterEach(() => {
  jest.restoreAllMocks();
});

const ask = () => student.ask('{ me { id } }');

/** How many requests of one account may run at once. */
const OF_ONE = committerLimits.maxPendingPerStudent;

const outcomesOf = (answers: readonly Answer[]) => answers.map(({ status }) => status);

describe('requests beyond the limit of running requests', () => {
  test('of one account are refused; other clients are not affected, and there is room again afterwards', async () => {
    const hot = await school.student(school.course);
    const rename = () => hot.ask('mutation { updateProfile(input: { displayName: "Ada" }) { id } }');
    const commit = { failCommands: ['commitTransaction'], blockConnection: true, blockTimeMS: 3_000 };
    await server.database.failCommand(commit);
    const committing = begun('commitTransaction');
    const answers = Array.from({ length: OF_ONE + 40 }, rename);
    await committing;
    await until(() => server.resourceUsage().running >= OF_ONE);
    const refused = await rename();
    expectUnavailable(refused);
    expect(refused.headers.get('connection')).toBe('close');
    expect((await ask()).data).toEqual({ me: { id: student.id } });
    expect((await send(`${server.url}/health/live`)).status).toBe(200);
    expect((await send(`${server.url}/health/ready`)).status).toBe(200);
    const statuses = outcomesOf(await Promise.all(answers));
    expect(statuses.filter((status) => status === 200)).toHaveLength(OF_ONE);
    expect(statuses.filter((status) => status === 503)).toHaveLength(40);
    await untilIdle(server);
    expect((await rename()).status).toBe(200);
  });

  test('200 simultaneous requests of one account are all answered', async () => {
    expect(new Set(outcomesOf(await Promise.all(Array.from({ length: 200 }, ask))))).toEqual(new Set([200]));
  });

  test('a school can send 250 simultaneous sign-ins from one address', async () => {
    // Passwords take as long as they take on a busy machine.
    shorten(OPERATION_TIMEOUT_MS, 60_000);
    shorten(QUEUE_TIMEOUT_MS, 60_000);
    // An account may sign in 60 times in a quarter of an hour.
    const people = await Promise.all(Array.from({ length: 5 }, () => school.student()));
    const signIn = (number: number) => {
      const { email } = people[number % people.length]!;
      return server.nobody.ask(mutationOf('signIn'), { input: { email, password: PASSWORD } });
    };
    const answers = await Promise.all(Array.from({ length: 250 }, (_, number) => signIn(number)));
    expect(new Set(answers.map(({ data }) => data?.signIn.__typename))).toEqual(new Set(['Session']));
    await untilIdle(server);
  });
});

describe('anonymous clients', () => {
  test('beyond the limit of one address are refused, and accounts are not affected', async () => {
    shorten(OPERATION_TIMEOUT_MS, 60_000);
    const unknown = { email: 'nobody@school.example', password: PASSWORD };
    const blocked = await server.database.failCommand({
      failCommands: ['find'],
      namespace: `${server.database.name}.sign_ins`,
      mode: 'alwaysOn',
      blockConnection: true,
      blockTimeMS: 1_000,
    });
    const answers = Array.from({ length: 400 }, () => server.nobody.ask(mutationOf('signIn'), { input: unknown }));
    await until(() => server.resourceUsage().running >= 300);
    const asked = ask();
    await blocked.off();
    expect((await asked).data).toEqual({ me: { id: student.id } });
    const refused = (await Promise.all(answers)).filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    refused.forEach(expectUnavailable);
    await untilIdle(server);
  });
});

describe('bodies', () => {
  /** A query of so many bytes. */
  const ofBytes = (bytes: number) => {
    const query = '{ badges { id } }';
    const empty = JSON.stringify({ query, variables: { x: '' } }).length;
    return JSON.stringify({ query, variables: { x: 'x'.repeat(bytes - empty) } });
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const post = (init: RequestInit) => send(`${server.url}/graphql`, init);

  /** A body of which nobody knows how long it will be. */
  const chunked = (text: string, headers = {}) => ({
    ...posted('', headers),
    duplex: 'half' as const,
    body: new ReadableStream({
      start(controller) {
        for (let at = 0; at < text.length; at += 5_000) {
          controller.enqueue(new TextEncoder().encode(text.slice(at, at + 5_000)));
        }
        controller.close();
      },
    }),
  });

  test.each([
    ['with a length', (text: string) => posted(text)],
    ['without', (text: string) => chunked(text)],
  ])('of an anonymous client, %s, may have 16 KiB', async (_, sent) => {
    expect(await post(sent(ofBytes(16_384)))).toMatchObject({ status: 200, errors: [] });
    const refused = await post(sent(ofBytes(16_385)));
    expect(refused).toMatchObject({ status: 413, code: 'BAD_USER_INPUT' });
    expect(refused.errors[0]?.message).toBe('The body is too large. Send at most 16 KiB before you sign in.');
  });

  test.each([
    ['with a length', (text: string, headers: object) => posted(text, headers as Record<string, string>)],
    ['without', (text: string, headers: object) => chunked(text, headers)],
  ])('of an account, %s, may have 1 MiB', async (_, sent) => {
    const headers = bearer(student.token);
    expect(await post(sent(ofBytes(1_048_576), headers))).toMatchObject({ status: 200, errors: [] });
    expect(await post(sent(ofBytes(1_048_577), headers))).toMatchObject({ status: 413, code: 'BAD_USER_INPUT' });
  });

  test('sent with an expired token, for example after writing an essay: the refusal names the token', async () => {
    const answer = await post(posted(ofBytes(60_000), bearer('a.b.c')));
    expect(answer).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
  });

  test('that have not arrived yet count already: an account that fills its share is refused', async () => {
    const hot = await school.student(school.course);
    const size = 1_000_000;
    const connections: Connection[] = [];
    // Each takes four bytes for a byte of its body, of the 32 MiB that one account may use.
    for (let count = 0; count < 8; count += 1) {
      const connection = await openConnection(server.url);
      connections.push(connection);
      connection.write(headOf({ token: hot.token, length: size }));
    }
    // The server reads them meanwhile.
    for (let turn = 0; turn < 20; turn += 1) await ask();
    expect(server.resourceUsage().requests).toBeGreaterThanOrEqual(8 * 4 * size);
    const refused = await post(posted(ofBytes(size), bearer(hot.token)));
    expectUnavailable(refused);
    expect(refused.headers.get('connection')).toBe('close');
    expect((await ask()).data).toEqual({ me: { id: student.id } });
    for (const connection of connections) connection.cut();
    await untilIdle(server);
    expect((await post(posted(ofBytes(size), bearer(hot.token)))).status).toBe(200);
  });

  test('of 1 MB, 256 at once from one account, use no more than its share; other clients are not affected', async () => {
    const hot = await school.student(school.course);
    const large = posted(ofBytes(1_000_000), bearer(hot.token));
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, server.resourceUsage().requests);
    }, 1);
    const all = Promise.all(Array.from({ length: 256 }, () => post(large).catch(() => null)));
    expect((await ask()).data).toEqual({ me: { id: student.id } });
    const answers = await all;
    clearInterval(watch);
    // Half of what accounts may hold in requests, and what little the others do.
    expect(most).toBeLessThan(34 * 1_048_576);
    const answered = answers.filter((answer) => answer !== null);
    expect(answered.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    for (const answer of answered) if (answer.status !== 200) expectUnavailable(answer);
    await untilIdle(server);
    expect((await post(large)).status).toBe(200);
  });
});

describe('expensive operations', () => {
  /** About 40,000 points, although there is little to be told. */
  const costly = `{ courses(first: 75) { edges { node { id assignments(first: 100) { edges { node { id title } } } } } } }`;

  test('queue when a class opens the same page, and are not refused', async () => {
    const answers = Promise.all(Array.from({ length: 20 }, () => student.ask(costly)));
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, server.resourceUsage().waiting);
    }, 1);
    expect(new Set(outcomesOf(await answers))).toEqual(new Set([200]));
    clearInterval(watch);
    expect(most).toBeGreaterThan(0);
    await untilIdle(server);
  });

  test('that queue for too long are refused', async () => {
    shorten(QUEUE_TIMEOUT_MS, 50);
    const blocked = await server.database.failCommand({
      failCommands: ['find'],
      mode: 'alwaysOn',
      blockConnection: true,
      blockTimeMS: 1_000,
    });
    const answers = Array.from({ length: 8 }, () => student.ask(costly));
    const first = await Promise.race(answers);
    await blocked.off();
    expectUnavailable(first);
    expect(new Set(outcomesOf(await Promise.all(answers)))).toEqual(new Set([200, 503]));
    await untilIdle(server);
  });
});

describe('a burst', () => {
  const QUERY = '{ me { id } }';
  const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

  /** Opens connections that the server has accepted: in each turn it accepts at least one. */
  async function connect(count: number): Promise<Connection[]> {
    const connections = await Promise.all(Array.from({ length: count }, () => openConnection(server.url)));
    for (const _ of connections) await nextTurn();
    return connections;
  }

  test('of requests that arrive together begins in several turns of the event loop', async () => {
    const blocked = await server.database.failCommand({
      failCommands: ['find'],
      mode: 'alwaysOn',
      blockConnection: true,
      blockTimeMS: 1_000,
    });
    const connections = await connect(3);
    for (const { write } of connections) write(requestOf({ query: QUERY }, { token: student.token }).repeat(24));
    const begun = [server.resourceUsage().running];
    while (begun.at(-1)! < 3 * 24) {
      await nextTurn();
      begun.push(server.resourceUsage().running);
    }
    // The 16 of a turn, and those of the turn after it.
    const steps = begun.slice(1).map((running, turn) => running - begun[turn]!);
    expect(Math.max(...steps)).toBeLessThanOrEqual(32);
    await blocked.off();
    for (const { cut } of connections) cut();
    await untilIdle(server);
  });

  test('of requests on several connections shares commands', async () => {
    await ask();
    const connections = await connect(8);
    const commands = await documentsOf(async () => {
      for (const { write } of connections) write(requestOf({ query: QUERY }, { token: student.token }));
      arriveTogether();
      await Promise.all(connections.map(({ begun }) => begun));
    });
    const alone = await documentsOf(ask);
    const finds = (sent: typeof commands) => sent.filter(({ find }) => find !== undefined).map(({ find }) => find);
    expect(finds(alone).length).toBeGreaterThan(0);
    expect(finds(commands)).toEqual(finds(alone));
    for (const { cut } of connections) cut();
    await untilIdle(server);
  });

  /** Lets the system deliver what was sent, while the event loop of the server, which is also that of the test, waits. */
  function arriveTogether(): void {
    const end = performance.now() + 50;
    while (performance.now() < end);
  }
});

describe('grants', () => {
  test('wait for a transaction, not for memory: 60 of one account are all with the committer', async () => {
    const hot = await school.student(school.course);
    const rename = () => hot.ask('mutation { updateProfile(input: { displayName: "Ada" }) { id } }');
    await server.database.failCommand({ failCommands: ['commitTransaction'], blockConnection: true, blockTimeMS: 500 });
    const committing = begun('commitTransaction');
    const answers = Array.from({ length: 60 }, rename);
    await committing;
    await until(() => server.resourceUsage().running >= 60);
    expect(server.resourceUsage().waiting).toBe(0);
    expect(new Set(outcomesOf(await Promise.all(answers)))).toEqual(new Set([200]));
    await untilIdle(server);
  });
});

describe('a student who sends more grants at once than are queued for one student', () => {
  test('learns for each grant whether to retry it, and a retry of all returns what was paid', async () => {
    const hot = await school.student(school.course);
    const assignments: string[] = [];
    for (let count = 0; count < OF_ONE + 50; count += 1) assignments.push(await school.assignment());
    const submit = (assignmentId: string) =>
      hot.ask(SUBMIT, { input: { assignmentId, content: 'text', idempotencyKey: assignmentId } });

    const first = await Promise.all(assignments.map(submit));
    for (const answer of first) if (answer.status !== 200) expectUnavailable(answer);

    const repeated: Answer[] = [];
    for (const assignment of assignments) repeated.push(await submit(assignment));
    const paid = repeated.map(({ data }) => data.submitAssignment.reward);
    first.forEach(({ status, data }, position) => {
      if (status === 200) expect(data.submitAssignment.reward).toEqual(paid[position]);
      expect(repeated[position]!.data.submitAssignment.replayed).toBe(status === 200);
    });
    expect(await expectExactLedger(new Types.ObjectId(hot.id))).toHaveLength(assignments.length);
  });
});

describe('while the database closes its connections', () => {
  test.each([
    ['a query', '{ me { id } }'],
    ['a mutation without a key', 'mutation { updateProfile(input: { displayName: "Ada" }) { id } }'],
  ])('%s gets UNAVAILABLE, and is answered once the database is back', async (_, query) => {
    const failpoint = await server.database.failCommand({
      failCommands: ['find', 'aggregate', 'update'],
      mode: 'alwaysOn',
      closeConnection: true,
    });
    const refused = await student.ask(query);
    expectUnavailable(refused);
    expect(await failpoint.off()).toBeGreaterThan(0);
    const lines = await server.linesOf(refused.headers.get('x-request-id') ?? '');
    expect(lines.map(({ failure }) => failure)).toContainEqual(expect.stringMatching(/^Mongo/));
    expect(await student.ask(query)).toMatchObject({ status: 200, errors: [] });
  });
});
