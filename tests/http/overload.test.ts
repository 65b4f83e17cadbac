/** What is more than the server can do is refused at once, so that what it has begun is finished, and may come again. */
import net from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { committerLimits } from '../../src/actions/grant-reward.js';
import { MOST_RUNNING } from '../../src/http/server.js';
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

  /** A request of which the last byte has not been sent yet. @returns what sends it */
  async function begin(): Promise<() => void> {
    const { hostname, port } = new URL(server.url);
    const body = JSON.stringify({ query: '{ badges { id } }' });
    const socket = net.connect(Number(port), hostname);
    sockets.push(socket);
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n` +
        body.slice(0, -1),
    );
    await new Promise((resolve) => socket.once('ready', resolve));
    return () => socket.write(body.slice(-1));
  }

  test('are refused at once, health is told all the same, and there is room again when one has ended', async () => {
    const begun = await Promise.all(Array.from({ length: MOST_RUNNING }, begin));
    let refused = await student.ask('{ me { id } }');
    while (refused.status === 200) refused = await student.ask('{ me { id } }');
    expectUnavailable(refused);
    expect((await send(`${server.url}/health/live`)).status).toBe(200);
    expect((await send(`${server.url}/health/ready`)).status).toBe(200);

    begun[0]!();
    await new Promise((resolve) => sockets[0]!.once('data', resolve));
    let answered = await student.ask('{ me { id } }');
    while (answered.status === 503) answered = await student.ask('{ me { id } }');
    expect(answered.data).toEqual({ me: { id: student.id } });
  });
});

describe('a student that sends more at once than are held for one', () => {
  test('is told for each of them whether to come again, and a repeat of all is answered with what was paid', async () => {
    const hot = await school.student(school.course);
    const assignments = await Promise.all(
      Array.from({ length: committerLimits.heldOfOne + 50 }, () => school.assignment()),
    );
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
