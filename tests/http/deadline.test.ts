/** The deadline of an operation, and what happens to it when its client disconnects. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import mongoose from 'mongoose';
import { OPERATION_TIMEOUT_MS, TIMED_OUT } from '../../src/http/reservation.js';
import { CourseModel } from '../../src/storage/models/course.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { type Answer, begun, mutationOf, useServer } from '../support/client.js';
import { waitsForChanges, watchCommands } from '../support/commands.js';
import { openConnection, requestOf } from '../support/connection.js';
import { shorten } from '../support/timers.js';
import { until } from '../support/until.js';
import { createSchool, type Person, type School } from './school.js';

const server = useServer();

let school: School;
let student: Person;

beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
  for (let count = 0; count < 3; count += 1) {
    await student.mutate('submitAssignment', { assignmentId: await school.assignment(), content: 'An essay' });
  }
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Nested levels: each is read after the one before it. */
const DEEP = `{ me { ... on Student { rewards(first: 3) { edges { node { submission { assignment { course {
  assignments(first: 3) { edges { node { mySubmission { late } } } } } } } } } } } } }`;

async function untilNothingRuns(): Promise<void> {
  await until(() => server.resourceUsage().running === 0);
}

const slow = (command: string, blockTimeMS: number) =>
  server.database.failCommand({ failCommands: [command], mode: 'alwaysOn', blockConnection: true, blockTimeMS });

/** The server polls for ended sign-ins every few seconds, independently of requests. */
const isAsked = ({ text }: { readonly text: string }) => !text.endsWith(' sign_ins');

/** The commands that are sent for a request after its first one, when something has happened then. */
async function furtherCommands(ask: () => unknown, act: () => unknown): Promise<string[]> {
  const { sent, stop } = watchCommands();
  ask();
  await until(() => sent.some(isAsked));
  const before = sent.length;
  await act();
  await untilNothingRuns();
  stop();
  return sent
    .slice(before)
    .filter(isAsked)
    .map(({ text }) => text);
}

describe('a query', () => {
  test('takes several batches', async () => {
    const { sent, stop } = watchCommands();
    await student.must(DEEP);
    stop();
    expect(sent.length).toBeGreaterThan(5);
  });

  test('whose client disconnects sends no more commands', async () => {
    await slow('find', 300);
    const requestId = randomUUID();
    const connection = await openConnection(server.url);
    const further = await furtherCommands(
      () => connection.write(requestOf({ query: DEEP }, { token: student.token, requestId })),
      () => connection.cut(),
    );
    expect(further).toEqual([]);
    expect(await server.linesOf(requestId)).toMatchObject([{ clientGone: true, outcome: 'UNAVAILABLE' }]);
  });

  test('that takes too long gets UNAVAILABLE, and sends no more commands', async () => {
    shorten(OPERATION_TIMEOUT_MS, 100);
    await slow('find', 400);
    let answer: Promise<Answer> | undefined;
    const further = await furtherCommands(
      () => {
        answer = student.ask(DEEP);
      },
      async () => expectUnavailable(await answer),
    );
    expect(further).toEqual([]);
  });

  test('tells the database how long each of its reads may take', async () => {
    const client = mongoose.connection.getClient();
    const bounds: Record<string, unknown> = {};
    const note = ({ commandName, command }: mongoose.mongo.CommandStartedEvent) => {
      if (waitsForChanges(command)) return;
      bounds[`${commandName} ${command[commandName]}`] = command.maxTimeMS;
    };
    client.on('commandStarted', note);
    await student.must(DEEP);
    await school.teacher.must(`{ courses { edges { node { leaderboard { edges { node { rank } } } students(first: 2) { edges { node {
      dailyProgress(from: "2026-01-01", to: "2026-01-31") { date } rewards(first: 2) { edges { node { id } } } } } }
      assignments(first: 9) { edges { node { submissionCount submissions(first: 2) { edges { node { id } } } } } } } } } }`);
    client.off('commandStarted', note);
    expect(Object.keys(bounds).length).toBeGreaterThan(8);
    expect(Object.entries(bounds).filter(([, bound]) => bound !== 10_000)).toEqual([]);
  });

  test('that exceeds the time limit of the database gets UNAVAILABLE', async () => {
    // Every find: the server also sends some of its own.
    await server.database.failCommand({ failCommands: ['find'], errorCode: 50, mode: 'alwaysOn' });
    expectUnavailable(await student.ask('{ me { id } }'));
  });

  test('gets a message about retries that fits reads, without idempotency keys or payments', async () => {
    const fault = await server.database.failCommand({ failCommands: ['find'], errorCode: 50, mode: 'alwaysOn' });
    const databaseLimit = await student.ask('{ me { id } }');
    await fault.off();
    shorten(OPERATION_TIMEOUT_MS, 100);
    await slow('find', 400);
    const operationLimit = await student.ask(DEEP);
    for (const answer of [databaseLimit, operationLimit]) {
      expectUnavailable(answer);
      expect(answer.errors.map(({ message }) => message).join(' ')).not.toMatch(/key|paid/);
    }
    expect(operationLimit.errors[0]?.message).toBe(`${TIMED_OUT} Try again in a few seconds.`);
    await untilNothingRuns();
  });
});

describe('a mutation', () => {
  const submit = (assignmentId: string) => ({
    query: mutationOf('submitAssignment'),
    variables: { input: { assignmentId, content: 'An essay' } },
  });
  const submissionsOf = (assignmentId: string) =>
    SubmissionModel.countDocuments({ assignmentId: new mongoose.Types.ObjectId(assignmentId) });

  test('continues after its client disconnects, and its log line has the outcome', async () => {
    const assignmentId = await school.assignment();
    await slow('commitTransaction', 300);
    const requestId = randomUUID();
    const connection = await openConnection(server.url);
    const committing = begun('commitTransaction');
    connection.write(requestOf(submit(assignmentId), { token: student.token, requestId }));
    await committing;
    connection.cut();
    expect(await server.linesOf(requestId)).toMatchObject([{ clientGone: true, outcome: 'ok' }]);
    expect(await submissionsOf(assignmentId)).toBe(1);
    await untilNothingRuns();
  });

  test('that takes too long gets UNAVAILABLE, and the mutations after it in the request do not start', async () => {
    const [first, second] = [await school.assignment(), await school.assignment()];
    const one = (name: string, id: string) =>
      `${name}: submitAssignment(input: { assignmentId: "${id}", content: "An essay" }) { __typename }`;
    shorten(OPERATION_TIMEOUT_MS, 200);
    await slow('commitTransaction', 2_000);
    const answer = await student.ask(`mutation { ${one('first', first)} ${one('second', second)} }`);
    expectUnavailable(answer);
    expect(answer.errors[0]?.message).toMatch(/Try again with the same key/);
    // The client does not wait for the commit.
    expect(server.resourceUsage().running).toBe(1);
    await untilNothingRuns();
    expect([await submissionsOf(first), await submissionsOf(second)]).toEqual([1, 0]);
  });

  test('without a key that takes too long tells the client to check first', async () => {
    shorten(OPERATION_TIMEOUT_MS, 200);
    await slow('insert', 800);
    const { teacher } = school;
    const answer = await teacher.ask(
      'mutation { one: createCourse(input: { name: "Maths" }) { __typename } two: createCourse(input: { name: "Art" }) { __typename } }',
    );
    expect(answer).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(answer.errors[0]?.message).toMatch(/It may have been done: check first, and try again if it was not\.$/);
    await untilNothingRuns();
  });

  // Apollo executes the first one of a form, executePlan the others.
  test.each([1, 2, 3])(
    'that is done, but whose answer cannot be read, says how to repeat it: time %d',
    async (time) => {
      const assignmentId = await school.assignment();
      await server.database.failCommand({
        failCommands: ['find'],
        namespace: `${server.database.name}.assignments`,
        errorCode: 50,
        mode: 'alwaysOn',
      });
      const createCourse = await school.teacher.ask(
        'mutation ($input: CreateCourseInput!) { createCourse(input: $input) { course { assignments { edges { node { id } } } } } }',
        { input: { name: `Course ${time}` } },
      );
      expect(createCourse).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
      expect(createCourse.errors[0]?.message).toMatch(/It may have been done: check first/);
      expect(await CourseModel.countDocuments({ name: `Course ${time}` })).toBe(1);
      const submitAssignment = await student.ask(
        `mutation ($input: SubmitAssignmentInput!) { submitAssignment(input: $input) { ... on SubmitAssignmentPayload {
        submission { assignment { course { assignments { edges { node { id } } } } } } } } }`,
        { input: { assignmentId, content: 'An essay' } },
      );
      expectUnavailable(submitAssignment);
      expect(submitAssignment.errors[0]?.message).toMatch(/Try again with the same key/);
      expect(await submissionsOf(assignmentId)).toBe(1);
    },
  );
});

function expectUnavailable(answer: Answer | undefined): void {
  expect(answer).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
  expect(answer?.headers.get('retry-after')).toBe('1');
  expect(answer?.errors[0]?.message).toMatch(/Try again/);
}
