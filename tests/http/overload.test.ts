/** What is more than the server can do is refused at once, so that what it has begun is finished, and may come again. */
import net from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { admissionLimits } from '../../src/app.js';
import { type Answer, send, useServer } from '../support/client.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { createSchool, type Person, type School } from './school.js';

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
  expect(answer.errors[0]?.message).toMatch(/Try again/);
}

const SUBMIT = `mutation ($input: SubmitAssignmentInput!) { submitAssignment(input: $input) {
  ... on SubmitAssignmentPayload { replayed reward { id sequence } } } }`;

describe('requests beyond those that may run at once', () => {
  const sockets: net.Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  /** A request of which the last byte has not been sent yet. @returns what sends it and waits for the answer */
  async function begin(token?: string): Promise<() => Promise<unknown>> {
    const { hostname, port } = new URL(server.url);
    const body = JSON.stringify({ query: '{ badges { id } }' });
    const socket = net.connect(Number(port), hostname);
    sockets.push(socket);
    const authorization = token === undefined ? '' : `authorization: Bearer ${token}\r\n`;
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${authorization}` +
        `content-length: ${body.length}\r\n\r\n${body.slice(0, -1)}`,
    );
    const answered = new Promise((resolve) => socket.once('data', resolve));
    await new Promise((resolve) => socket.once('ready', resolve));
    return () => {
      socket.write(body.slice(-1));
      return answered;
    };
  }

  /** Begins so many requests, and more until whoever asks is refused. @returns what ends them all */
  async function fill(count: number, token: string | undefined, ask: () => Promise<Answer>) {
    const ends = await Promise.all(Array.from({ length: count }, () => begin(token)));
    let refused = await ask();
    while (refused.status === 200) {
      ends.push(await begin(token));
      refused = await ask();
    }
    expectUnavailable(refused);
    expect(refused.headers.get('connection')).toBe('close');
    return () => Promise.all(ends.map((end) => end()));
  }

  const ask = () => student.ask('{ me { id } }');
  const untilThereIsRoom = async (asking: () => Promise<Answer>) => {
    let answer = await asking();
    while (answer.status === 503) answer = await asking();
    return answer.data;
  };

  test('are refused at once, health is told all the same, and there is room again when they have ended', async () => {
    const endAll = await fill(admissionLimits.inAll, undefined, ask);
    expect((await send(`${server.url}/health/live`)).status).toBe(200);
    expect((await send(`${server.url}/health/ready`)).status).toBe(200);
    await endAll();
    expect(await untilThereIsRoom(ask)).toEqual({ me: { id: student.id } });
  });

  test('of one account are refused, and nobody else notices', async () => {
    const hot = await school.student(school.course);
    const endAll = await fill(admissionLimits.ofOne, hot.token, () => hot.ask('{ me { id } }'));
    expect((await ask()).data).toEqual({ me: { id: student.id } });
    await endAll();
    expect(await untilThereIsRoom(() => hot.ask('{ me { id } }'))).toEqual({ me: { id: hot.id } });
  });
});

describe('a student that sends more at once than are held for one', () => {
  test('is told for each of them whether to come again, and a repeat of all is answered with what was paid', async () => {
    const hot = await school.student(school.course);
    const assignments: string[] = [];
    for (let count = 0; count < admissionLimits.ofOne + 50; count += 1) assignments.push(await school.assignment());
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

describe('while the database hangs up', () => {
  test.each([
    ['a query', '{ me { id } }'],
    ['a mutation without a key', 'mutation { updateProfile(input: { displayName: "Ada" }) { id } }'],
  ])('%s is unavailable, and answered when it is back', async (_, query) => {
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
