/** The tests that each real client of the API runs: sign in, submit, retry, and handle errors. */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createSchool, PASSWORD, type Person, type School } from '../http/school.js';
import type { AnsweredError, Data, TestServer } from '../support/client.js';

/** The part of an answer that a client library shows to its users. */
export interface ClientResult {
  readonly data?: Data;
  readonly errors: readonly Pick<AnsweredError, 'message' | 'extensions'>[];
}

export interface RealClient {
  ask(operation: Operation, variables?: Record<string, unknown>): Promise<ClientResult>;
  /** Like `ask`, with one retry after UNAVAILABLE. @param wait gets the seconds of Retry-After */
  askAgain(operation: Operation, variables: Record<string, unknown>, wait: Wait): Promise<ClientResult>;
}

export type Wait = (seconds: number) => Promise<void>;

const PAYLOAD = `__typename
  ... on SubmitAssignmentPayload { replayed reward { id sequence xp } student { id level xp auraPoints } }
  ... on Refusal { code message }`;

/** The names follow the rules of relay-compiler for a module called Story. */
export const OPERATIONS = {
  StorySignInMutation: `mutation StorySignInMutation($input: SignInInput!) {
    signIn(input: $input) { __typename ... on Session { accessToken user { id displayName } } ... on Refusal { code } }
  }`,
  StorySubmitMutation: `mutation StorySubmitMutation($input: SubmitAssignmentInput!) {
    submitAssignment(input: $input) { ${PAYLOAD} }
  }`,
  StoryMeQuery: 'query StoryMeQuery { me { __typename id displayName } }',
};
export type Operation = keyof typeof OPERATIONS;

/** @param connect creates a client; without a token, an anonymous one */
export function playStory(server: TestServer, connect: (url: string, token?: string) => RealClient): void {
  let school: School;
  let student: Person;
  let client: RealClient;

  beforeAll(async () => {
    school = await createSchool(server);
    student = await school.student(school.course);
    const input = { email: student.email, password: PASSWORD };
    const { data } = await connect(server.url).ask('StorySignInMutation', { input });
    expect(data.signIn).toMatchObject({ __typename: 'Session', user: { id: student.id } });
    client = connect(server.url, data.signIn.accessToken);
  });

  const submission = (assignmentId: string) => ({
    input: { assignmentId, content: 'My trace', idempotencyKey: `key of ${assignmentId}` },
  });

  test('signs in and reads its own account', async () => {
    const { data, errors } = await client.ask('StoryMeQuery');
    expect(errors).toEqual([]);
    expect(data.me).toMatchObject({ __typename: 'Student', id: student.id });
  });

  test('submits; a retry with the same key returns the same reward', async () => {
    const variables = submission(await school.assignment());
    const first = await client.ask('StorySubmitMutation', variables);
    const second = await client.ask('StorySubmitMutation', variables);
    expect([first.errors, second.errors]).toEqual([[], []]);
    expect(first.data.submitAssignment).toMatchObject({ __typename: 'SubmitAssignmentPayload', replayed: false });
    expect(second.data.submitAssignment).toMatchObject({
      replayed: true,
      reward: first.data.submitAssignment.reward,
    });
  });

  test('reads a refusal as data', async () => {
    const assignmentId = await school.assignment({ dueDate: school.inDays(-2), closesAt: school.inDays(-1) });
    const { data, errors } = await client.ask('StorySubmitMutation', submission(assignmentId));
    expect(errors).toEqual([]);
    expect(data.submitAssignment).toMatchObject({ __typename: 'Refusal', code: 'ASSIGNMENT_CLOSED' });
  });

  describe('reads the code of an error for', () => {
    test('an invalid input, with its fields', async () => {
      const input = { assignmentId: await school.assignment(), content: '' };
      const { errors } = await client.ask('StorySubmitMutation', { input });
      expect(errors[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.content', message: 'It is empty. Write something.' }],
      });
    });

    test('a variable of the wrong type, before anything is executed', async () => {
      const { errors } = await client.ask('StorySubmitMutation', { input: { content: 7 } });
      expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
      expect(errors[0]?.extensions.fields).toContainEqual({ path: 'input.assignmentId', message: 'It is required.' });
    });

    test('a client that is not signed in', async () => {
      const { errors } = await connect(server.url).ask('StoryMeQuery');
      expect(errors[0]).toMatchObject({
        message: expect.stringContaining('Sign in first'),
        extensions: { code: 'UNAUTHENTICATED' },
      });
    });

    test('a request that never reached GraphQL', async () => {
      const input = { assignmentId: await school.assignment(), content: 'x'.repeat(1_100_000) };
      const { errors } = await client.ask('StorySubmitMutation', { input });
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'body' }] });
    });
  });

  test('waits for the time in Retry-After, retries, and is paid once', async () => {
    const variables = submission(await school.assignment());
    const { off } = await server.database.failCommand({
      failCommands: ['find', 'aggregate'],
      mode: 'alwaysOn',
      closeConnection: true,
    });
    const waits: number[] = [];
    const { data, errors } = await client.askAgain('StorySubmitMutation', variables, async (seconds) => {
      waits.push(seconds);
      await off();
      await sleep(seconds * 1_000);
    });
    expect(waits).toEqual([1]);
    expect(errors).toEqual([]);
    expect(data.submitAssignment).toMatchObject({ __typename: 'SubmitAssignmentPayload', replayed: false });
  });
}
