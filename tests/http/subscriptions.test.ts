/** What subscribers are told, over both transports, by real clients: the same as over HTTP, and held to the same limits. */
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, fetchExchange, type OperationResult, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { Types } from 'mongoose';
import WebSocket from 'ws';
import { RewardModel } from '../../src/storage/models/reward.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { posted, send, useServer } from '../support/client.js';
import { leaveAll, refusalOf, subscribeBy, TRANSPORTS, type Transport } from '../support/subscription-client.js';
import { until, untilIdle } from '../support/until.js';
import { createSchool, type Person, type School } from './school.js';

const server = useServer();

let school: School;
let student: Person;
beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
});

afterEach(async () => {
  leaveAll();
  await untilIdle(server);
});

const REWARDS = `subscription ($after: Int) {
  rewardGranted(afterSequence: $after) { sequence after { auraPoints } student { auraPoints } } }`;
const COURSE_REWARDS =
  'subscription ($courseId: ID!, $after: String) { courseRewardGranted(courseId: $courseId, after: $after) { student { id } } }';
const POMODORO = 'subscription { pomodoroChanged { status device } }';

/** Forbidden by the specification. graphql-js throws when it validates the first, and when it executes the second. */
const CONDITIONAL_ROOTS: [string, string][] = [
  ['a variable', 'subscription ($s: Boolean!) { rewardGranted @include(if: $s) { sequence } }'],
  ['a constant', 'subscription { rewardGranted @skip(if: true) { sequence } }'],
  [
    'in a fragment',
    'subscription { ...f } fragment f on Subscription { ... { rewardGranted @skip(if: true) { id } } }',
  ],
  ['at a fragment', 'subscription { ... @include(if: false) { rewardGranted { sequence } } }'],
];

const granted = async (person: Person): Promise<void> => {
  const assignmentId = await school.assignment();
  await person.mutate('submitAssignment', { assignmentId, content: 'x' });
};

const subscribed = (count: number) =>
  until(() => server.resourceUsage().subscriptions === count, 'so many subscriptions');

test('the variables of a subscription have at most as many values as those of a POST', async () => {
  const variables = { after: null, values: Array.from({ length: 2_000 }, () => 1) };
  const overHttp = await student.ask(REWARDS, variables);
  const overWebSocket = subscribeBy('websocket', server.url, { query: REWARDS, variables }, () => student.token);
  const [error] = await refusalOf(overWebSocket);
  const fields = [{ path: 'variables', message: 'They have more than 2000 values. Send fewer at once.' }];
  for (const refused of [overHttp.errors[0], error]) {
    expect(refused).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', fields } });
  }
});

describe.each<Transport>(TRANSPORTS)('over %s', (transport) => {
  const subscribe = (person: Person, query: string, variables = {}) =>
    subscribeBy(transport, server.url, { query, variables }, () => person.token);

  test('rewards arrive in sequence, each with the balances of its own moment', async () => {
    const ada = await school.student(school.course);
    const subscriber = subscribe(ada, REWARDS);
    await subscribed(1);
    for (let count = 0; count < 3; count += 1) await granted(ada);
    await until(() => subscriber.answers.length === 3);
    expect(subscriber.answers.map(({ data }) => data.rewardGranted)).toEqual(
      [1, 2, 3].map((sequence) => ({
        sequence,
        after: { auraPoints: 50 * sequence },
        student: { auraPoints: expect.any(Number) },
      })),
    );
    expect(subscriber.answers[2]?.data.rewardGranted.student.auraPoints).toBe(150);
  });

  test('what was missed comes first, then what is live', async () => {
    const ada = await school.student(school.course);
    await granted(ada);
    await granted(ada);
    const subscriber = subscribe(ada, REWARDS, { after: 1 });
    await until(() => subscriber.answers.length === 1);
    await granted(ada);
    await until(() => subscriber.answers.length === 2);
    expect(subscriber.answers.map(({ data }) => data.rewardGranted.sequence)).toEqual([2, 3]);
  });

  test('a session and the rewards of a course arrive', async () => {
    const ada = await school.student(school.course);
    const timer = subscribe(ada, POMODORO);
    const course = subscribe(school.teacher, COURSE_REWARDS, { courseId: school.course.id });
    await subscribed(2);
    await ada.mutate('startPomodoro', { plannedMinutes: 25, device: 'Phone' });
    await granted(ada);
    await until(() => timer.answers.length === 1 && course.answers.length === 1);
    expect(timer.answers[0]?.data.pomodoroChanged).toEqual({ status: 'RUNNING', device: 'Phone' });
    expect(course.answers[0]?.data.courseRewardGranted).toEqual({ student: { id: ada.id } });
  });

  test.each([
    ['a course that one does not teach', COURSE_REWARDS, 'NOT_FOUND'],
    ['rewards, by a teacher', REWARDS, 'FORBIDDEN'],
  ])('the rule of the field holds: %s', async (_, query, code) => {
    const variables = query === COURSE_REWARDS ? { courseId: school.course.id } : {};
    const person = query === COURSE_REWARDS ? school.otherTeacher : school.teacher;
    const [error, ...others] = await refusalOf(subscribe(person, query, variables));
    expect([error?.extensions.code, others]).toEqual([code, []]);
  });

  test('an event that fails is masked, named and logged, and the next one arrives', async () => {
    const ada = await school.student(school.course);
    await granted(ada);
    await granted(ada);
    const first = { studentId: new Types.ObjectId(ada.id), sequence: 1 };
    await RewardModel.collection.updateOne(first, { $set: { reason: 'canary' as never } });
    const query = 'subscription { rewardGranted(afterSequence: 0) { sequence reason } }';
    const subscriber = subscribe(ada, query);
    await until(() => subscriber.answers.length === 2);
    const [failed, next] = subscriber.answers;
    expect(failed).toEqual({
      errors: [
        {
          message: 'Something went wrong on our side. Nothing was written twice.',
          path: ['rewardGranted', 'reason'],
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.any(String) },
        },
      ],
      data: null,
    });
    expect(next).toEqual({ data: { rewardGranted: { sequence: 2, reason: 'ASSIGNMENT_SUBMITTED' } } });
    subscriber.leave();
    const lines = await server.linesOf(failed?.errors?.[0]?.extensions.requestId ?? '');
    expect(lines.filter(({ failure }) => failure)).toEqual([expect.objectContaining({ failure: 'GraphQLError' })]);
    expect(JSON.stringify([subscriber.answers, lines])).not.toMatch(/canary/);
  });

  test('an event of which one field fails has its other fields', async () => {
    const ada = await school.student(school.course);
    await granted(ada);
    const broken = { $unset: { submittedAt: '' } };
    await SubmissionModel.collection.updateOne({ studentId: new Types.ObjectId(ada.id) }, broken);
    const query = 'subscription { rewardGranted(afterSequence: 0) { sequence submission { submittedAt } } }';
    const { answers } = subscribe(ada, query);
    await until(() => answers.length === 1);
    expect(answers[0]).toEqual({
      errors: [expect.objectContaining({ path: ['rewardGranted', 'submission', 'submittedAt'] })],
      data: { rewardGranted: { sequence: 1, submission: null } },
    });
  });

  test('a variable that is null where it may only be absent fails its field, whatever was sent before', async () => {
    const ada = await school.student(school.course);
    await granted(ada);
    const query =
      'subscription ($n: Int) { rewardGranted(afterSequence: 0) { student { rewards(first: $n) { pageInfo { hasNextPage } } } } }';
    const errors = async (variables: object) => {
      const { answers } = subscribe(ada, query, variables);
      await until(() => answers.length === 1);
      return answers[0]?.errors?.map(({ path, extensions: { code } }) => ({ path, code }));
    };
    const failed = [{ path: ['rewardGranted', 'student', 'rewards'], code: 'BAD_USER_INPUT' }];
    expect(await errors({ n: null })).toEqual(failed);
    expect(await errors({})).toBeUndefined();
    expect(await errors({ n: null })).toEqual(failed);
  });

  test('each subscription has one line in the log, with what became of it', async () => {
    const ada = await school.student(school.course);
    const requestId = `${transport}-of-this-test`;
    const options = { headers: { 'x-request-id': requestId } };
    const subscriber = subscribeBy(transport, server.url, { query: REWARDS }, () => ada.token, options);
    await subscribed(1);
    await granted(ada);
    await until(() => subscriber.answers.length === 1);
    subscriber.leave();
    const lines = await server.linesOf(transport === 'sse' ? requestId : `${requestId}.1`);
    expect(lines).toEqual([
      expect.objectContaining({ operation: 'subscription rewardGranted', outcome: 'ok', transport, events: 1 }),
    ]);
  });

  test('a refused one has a line with its duration', async () => {
    const ada = await school.student(school.course);
    const requestId = `refused-${transport}-of-this-test`;
    const query = 'subscription { nothingOfThisName }';
    const options = { headers: { 'x-request-id': requestId }, retryAttempts: 0 };
    await subscribeBy(transport, server.url, { query }, () => ada.token, options).ended;
    const lines = await server.linesOf(transport === 'sse' ? requestId : `${requestId}.1`);
    expect(lines).toEqual([expect.objectContaining({ outcome: 'BAD_USER_INPUT', durationMs: expect.any(Number) })]);
  });

  test.each(CONDITIONAL_ROOTS)('@skip or @include on its root is refused: %s', async (_, query) => {
    for (let time = 0; time < 2; time += 1) {
      const subscriber = subscribe(student, query, { s: true });
      const [error, ...others] = await refusalOf(subscriber);
      expect([error?.message, error?.extensions.code, others]).toEqual([
        'query: A subscription must not have @skip or @include on its root field. Leave them out.',
        'BAD_USER_INPUT',
        [],
      ]);
      expect(subscriber.closeCodes).toEqual([]);
      subscriber.leave();
    }
  });

  describe('of several operations', () => {
    const query = 'subscription A { rewardGranted { sequence } } query B { badges { id } }';
    const ask = (operationName?: string, document = query) =>
      subscribeBy(
        transport,
        server.url,
        { query: document, ...(operationName !== undefined && { operationName }) },
        () => student.token,
      );

    test('the named one is executed', async () => {
      ask('A');
      await subscribed(1);
    });

    test('the only one is executed if the name is empty', async () => {
      ask('', 'subscription A { rewardGranted { sequence } }');
      await subscribed(1);
    });

    test.each([
      ['no name', undefined],
      ['an empty name', ''],
      ['an unknown name', 'C'],
    ])('%s is refused', async (_case, operationName) => {
      const subscriber = ask(operationName);
      const [error, ...others] = await refusalOf(subscriber);
      expect([error?.extensions, others]).toEqual([
        {
          code: 'BAD_USER_INPUT',
          fields: [{ path: 'operationName', message: expect.stringContaining('Set operationName') }],
          requestId: expect.any(String),
        },
        [],
      ]);
      expect(subscriber.closeCodes).toEqual([]);
    });
  });

  describe('the limits are those of POST /graphql', () => {
    const nested = (depth: number) => `rewardGranted ${'{ student { rewards { edges { node '.repeat(depth)} { sequence
      ${'} } } }'.repeat(depth)} }`;
    const bad: Record<string, { query: string; variables?: Record<string, unknown> }> = {
      'no GraphQL': { query: 'subscription {' },
      'too many tokens': { query: `subscription { rewardGranted { ${'sequence '.repeat(2_000)} } }` },
      'too deep': { query: `subscription { ${nested(6)} }` },
      'too many aliases': {
        query: `subscription { rewardGranted { ${Array.from({ length: 51 }, (_, n) => `a${n}: sequence`).join(' ')} } }`,
      },
      'too long a name': { query: `subscription ${'x'.repeat(129)} { rewardGranted { sequence } }` },
      'a field that does not exist': { query: 'subscription { rewardGranted { sequenze } }' },
      'two fields': { query: 'subscription { rewardGranted { sequence } pomodoroChanged { status } }' },
      'too many recursive selections': {
        query: `subscription { rewardGranted { ...F0 } } ${Array.from(
          { length: 14 },
          (_, n) => `fragment F${n} on Reward { ${n === 13 ? 'sequence' : `...F${n + 1} ...F${n + 1}`} }`,
        ).join(' ')}`,
      },
      'a variable of another type': { query: REWARDS, variables: { after: 'canary' } },
    };

    test.each(Object.keys(bad))('%s', async (name) => {
      const asked = bad[name]!;
      const overHttp = await student.ask(asked.query, asked.variables);
      const errors = await refusalOf(subscribe(student, asked.query, asked.variables));
      const form = (error: (typeof errors)[number]) => ({
        ...error,
        extensions: { ...error.extensions, requestId: expect.any(String) },
      });
      expect(overHttp.errors.length).toBeGreaterThan(0);
      expect(errors).toEqual(overHttp.errors.map(form));
      expect(JSON.stringify(errors)).not.toMatch(/canary|Did you mean/);
    });

    test('the cost of each event', async () => {
      const page =
        'student { rewards(first: 100) { edges { node { student { rewards(first: 100) { edges { node { id xp auraPoints sequence reason grantedAt } } } } } } } }';
      const [error] = await refusalOf(subscribe(student, `subscription { rewardGranted { ${page} } }`));
      expect(error?.extensions.code).toBe('BAD_USER_INPUT');
      expect(error?.extensions.fields?.[0]?.message).toMatch(/^Query cost limit of 50000 exceeded/);
    });

    test.each<[string, string, object, 'student' | 'teacher', string]>([
      ['afterSequence below 0', REWARDS, { after: -1 }, 'student', 'BAD_USER_INPUT at afterSequence'],
      ['afterSequence as a text', REWARDS, { after: '1' }, 'student', 'BAD_USER_INPUT at after'],
      ['afterSequence as a fraction', REWARDS, { after: 1.5 }, 'student', 'BAD_USER_INPUT at after'],
      ['afterSequence beyond 32 bits', REWARDS, { after: 2 ** 31 }, 'student', 'BAD_USER_INPUT at after'],
      ['a courseId that is none', COURSE_REWARDS, { courseId: 'x' }, 'teacher', 'NOT_FOUND at '],
      ['a courseId as an object', COURSE_REWARDS, { courseId: { $ne: null } }, 'teacher', 'BAD_USER_INPUT at courseId'],
      ['no courseId', COURSE_REWARDS, {}, 'teacher', 'BAD_USER_INPUT at courseId'],
      ['a cursor that is none', COURSE_REWARDS, { courseId: 'own', after: 'x' }, 'teacher', 'BAD_USER_INPUT at after'],
      ['a cursor of a list', COURSE_REWARDS, { courseId: 'own', after: 'page' }, 'teacher', 'BAD_USER_INPUT at after'],
    ])('bad input: %s', async (_, query, variables, role, expected) => {
      const own = 'courseId' in variables && variables.courseId === 'own' ? { courseId: school.course.id } : {};
      const { courses } = await school.teacher.must('{ courses { pageInfo { endCursor } } }');
      const page = 'after' in variables && variables.after === 'page' ? { after: courses.pageInfo.endCursor } : {};
      const person = role === 'teacher' ? school.teacher : student;
      const [error] = await refusalOf(subscribe(person, query, { ...variables, ...own, ...page }));
      const paths = error?.extensions.fields?.map(({ path }: { path: string }) => path) ?? [];
      expect(`${error?.extensions.code} at ${paths}`).toBe(expected);
      expect(server.resourceUsage().subscriptions).toBe(0);
    });

    test.each([
      ['a query', '{ me { id } }'],
      ['a mutation', 'mutation { signOut }'],
    ])('%s is sent by POST', async (_, query) => {
      const [error] = await refusalOf(subscribe(student, query));
      expect(error?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [
          { path: 'query', message: expect.stringContaining('Send queries and mutations with POST to /graphql') },
        ],
      });
      expect((await student.must('{ me { id } }')).me.id).toBe(student.id);
    });
  });
});

test('a subscription that is sent by POST is told where to go', async () => {
  const { errors } = await student.ask(POMODORO);
  expect(errors[0]?.extensions.fields?.[0]?.message).toContain('/graphql/stream');
});

test.each(CONDITIONAL_ROOTS)(
  '@skip or @include on the root of a subscription by POST is refused: %s',
  async (_, query) => {
    const { status, code, errors } = await server.nobody.ask(query, { s: true });
    expect([status, code, errors[0]?.extensions.requestId]).toEqual([400, 'BAD_USER_INPUT', expect.any(String)]);
  },
);

test('an empty operation is refused', async () => {
  const subscriber = subscribeBy('websocket', server.url, { query: '' }, () => student.token);
  const [error] = await refusalOf(subscriber);
  expect(error?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'query' }] });
});

test("urql's exchange receives rewards", async () => {
  const webSockets = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${student.token}` },
  });
  const client = new Client({
    url: `${server.url}/graphql`,
    preferGetMethod: false,
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: webSockets.subscribe({ query, variables: variables as never }, sink as never),
          }),
        }),
      }),
    ],
  });
  const results: OperationResult[] = [];
  const { unsubscribe } = client.subscription(REWARDS, {}).subscribe((result) => void results.push(result));
  await subscribed(1);
  await granted(student);
  await until(() => results.length === 1);
  expect(results[0]?.error).toBeUndefined();
  expect(results[0]?.data.rewardGranted.sequence).toBe(1);
  unsubscribe();
  await webSockets.dispose();
});

describe('the event stream', () => {
  const stream = (headers: Record<string, string>, body: object = { query: POMODORO }) =>
    send(`${server.url}/graphql/stream`, posted(body, headers));

  test.each<[string, () => Record<string, string>, number, string, string]>([
    ['no token', () => ({}), 401, 'UNAUTHENTICATED', 'Sign in first'],
    ['a bad token', () => ({ authorization: 'Bearer x.y.z' }), 401, 'UNAUTHENTICATED', 'The access token is invalid'],
    [
      'another type',
      () => ({ accept: 'application/json', authorization: `Bearer ${student.token}` }),
      406,
      'BAD_USER_INPUT',
      'The answer is a stream of events.',
    ],
  ])('is refused with %s', async (_, headers, status, code, message) => {
    const answer = await stream(headers());
    expect(answer).toMatchObject({ status, code });
    expect(answer.errors[0]?.message).toContain(message);
    expect(answer.errors[0]?.extensions.requestId).toBe(answer.headers.get('x-request-id'));
  });

  test('is refused without a query, and by GET', async () => {
    expect(await stream({ authorization: `Bearer ${student.token}` }, {})).toMatchObject({ status: 400 });
    expect(await send(`${server.url}/graphql/stream`)).toMatchObject({ status: 405 });
  });

  test('without a length reserves the memory of the longest, and gives it back', async () => {
    const body = new Blob([JSON.stringify({ query: POMODORO })]).stream();
    const headers = { authorization: `Bearer ${student.token}` };
    const leave = new AbortController();
    const options = { ...posted('', headers), body, duplex: 'half', signal: leave.signal } as RequestInit;
    const response = await fetch(`${server.url}/graphql/stream`, options);
    expect(response.status).toBe(200);
    leave.abort();
    // Memory that is no number would never be 0 again.
    await untilIdle(server);
  });

  test('is refused for the moment while the database does not answer', async () => {
    const fault = await server.database.failCommand({
      failCommands: ['aggregate', 'find'],
      errorCode: 11_600,
      mode: 'alwaysOn',
      namespace: `${server.database.name}.courses`,
    });
    const query = `subscription { courseRewardGranted(courseId: "${school.course.id}") { sequence } }`;
    const answer = await stream({ authorization: `Bearer ${school.teacher.token}` }, { query });
    expect(await fault.off()).toBeGreaterThan(0);
    expect(answer).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });

  test('is no text for proxies to keep or to collect', async () => {
    const response = await fetch(
      `${server.url}/graphql/stream`,
      posted({ query: '{ me { id } }' }, { authorization: `Bearer ${student.token}` }),
    );
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': expect.any(String),
    });
    expect(await response.text()).toMatch(/event: next\ndata: \{"errors"[\s\S]*event: complete/);
  });
});
