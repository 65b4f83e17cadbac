/** When the server ends subscriptions, and what real clients do then. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { createTokens } from '../../src/auth/tokens.js';
import { AccountModel } from '../../src/storage/models/account.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { type Client, useServer } from '../support/client.js';
import { type Connection, openConnection, requestOf } from '../support/connection.js';
import { useTwoServers } from '../support/second-server.js';
import { JWT_SECRET, startServer } from '../support/server.js';
import { leaveAll, subscribeBy, TRANSPORTS, type Transport } from '../support/subscription-client.js';
import { until, untilIdle } from '../support/until.js';
import { createSchool, type Person, type School, signedInAgain } from './school.js';

const server = useServer();
const servers = useTwoServers(server.database);

let school: School;
// One for each test: they move the clock, and a token lives for fifteen minutes of it.
beforeEach(async () => {
  school = await createSchool(server);
});
afterEach(async () => {
  leaveAll();
  await untilIdle(server);
});

const REWARDS = { query: 'subscription ($after: Int) { rewardGranted(afterSequence: $after) { sequence } }' };
const COURSE = 'subscription ($courseId: ID!) { courseRewardGranted(courseId: $courseId) { sequence } }';

const granted = async (person: Client, assignment = school.assignment()): Promise<void> => {
  const assignmentId = await assignment;
  await person.mutate('submitAssignment', { assignmentId, content: 'x' });
};
const subscribed = (count: number) =>
  until(() => server.resourceUsage().subscriptions === count, 'so many subscriptions');

/** The same person with a token that is good for the 15 minutes from now on. */
async function renewed(person: Person): Promise<string> {
  return (await signedInAgain(server, person)).token;
}

describe.each<Transport>(TRANSPORTS)('over %s', (transport) => {
  const subscribe = (token: () => string, asked: { query: string; variables?: object } = REWARDS) =>
    subscribeBy(transport, server.url, asked as never, token);

  test("the token's end ends the connection, and a client with a new one resumes", async () => {
    const ada = await school.student(school.course);
    let { token } = ada;
    const later = await school.assignment({ dueDate: school.inDays(1) });
    const variables = {
      get after() {
        return subscriber?.answers.at(-1)?.data.rewardGranted.sequence ?? 0;
      },
    };
    let subscriber: ReturnType<typeof subscribe> | undefined;
    subscriber = subscribe(() => token, { ...REWARDS, variables });
    await subscribed(1);
    await granted(ada);
    await until(() => subscriber?.answers.length === 1);
    // A token ends at a whole second, up to 999 ms before its fifteen minutes are over.
    server.clock.advance(15 * 60_000 - 1_000);
    token = await renewed(ada);
    expect(subscriber.connected).toBe(1);
    server.clock.advance(1_000);
    await until(() => subscriber?.connected === 2);
    await granted(server.as(token), Promise.resolve(later));
    await until(() => subscriber?.answers.length === 2);
    expect(subscriber.answers.map(({ data }) => data.rewardGranted.sequence)).toEqual([1, 2]);
    expect(subscriber.closeCodes).toEqual(transport === 'websocket' ? [4403] : []);
    expect(subscriber.isEnded).toBe(false);
  });

  test('a client that comes with an old token is refused, so that it may come again with a new one', async () => {
    const ada = await school.student(school.course);
    server.clock.advance(15 * 60_000);
    let tried = 0;
    const token = await renewed(ada);
    const subscriber = subscribe(() => {
      tried += 1;
      return tried <= 2 ? ada.token : token;
    });
    await subscribed(1);
    expect(tried).toBe(3);
    expect(subscriber.closeCodes).toEqual(transport === 'websocket' ? [4403, 4403] : []);
  });

  test('a sign-out ends it for good', async () => {
    const ada = await school.student(school.course);
    const other = await signedInAgain(server, ada);
    const subscriber = subscribe(() => ada.token);
    const ofOtherSignIn = subscribe(() => other.token);
    await subscribed(2);
    await ada.must('mutation { signOut }');
    await subscriber.ended;
    expect(subscriber).toMatchObject({ connected: 1, closeCodes: transport === 'websocket' ? [4401] : [] });
    expect(ofOtherSignIn.isEnded).toBe(false);
    await subscribed(1);
  });

  test('a student is told of a grant at another process, and of a sign-out there', async () => {
    const { url, token, client } = await servers.signUp();
    const subscriber = subscribeBy(transport, url(0), REWARDS, () => token);
    await until(() => subscriber.connected === 1);
    const { joinCode } = school.course;
    await client(1).mutate('joinCourse', { joinCode });
    // Whatever came first, its connection or the grant.
    const again = subscribeBy(transport, url(0), { ...REWARDS, variables: { after: 0 } }, () => token);
    await granted(client(1));
    await until(() => again.answers.length === 1);
    await client(1).must('mutation { signOut }');
    const signedOutAt = performance.now();
    await Promise.all([subscriber.ended, again.ended]);
    // The issue asks for five seconds; a poll takes two, a check one, and a busy machine may take as long again.
    expect(performance.now() - signedOutAt).toBeLessThan(10_000);
    expect(again).toMatchObject({ connected: 1, closeCodes: transport === 'websocket' ? [4401] : [] });
  });

  test('whoever teaches a course no longer is told nothing more of it', async () => {
    const ada = await school.student(school.course);
    const { id } = school.teacher;
    const subscriber = subscribe(() => school.teacher.token, {
      query: COURSE,
      variables: { courseId: school.course.id },
    });
    await subscribed(1);
    await granted(ada);
    await until(() => subscriber.answers.length === 1);
    const found = await AccountModel.findOneAndUpdate({ email: school.teacher.email }, { role: 'STUDENT' });
    expect(found?.id).toBe(id);
    const assignmentId = await school.otherAssignment();
    await ada.mutate('joinCourse', { joinCode: school.otherCourse.joinCode });
    await ada.mutate('submitAssignment', { assignmentId, content: 'x' });
    await subscriber.ended;
    expect(subscriber.answers.filter(({ data }) => data)).toHaveLength(1);
  });

  test('an event that the database does not answer ends the connection, and the client resumes with that event', async () => {
    const ada = await school.student(school.course);
    await granted(ada);
    // Only the read of this event fails, once.
    const fault = await server.database.failCommand({
      failCommands: ['find'],
      namespace: `${server.database.name}.submissions`,
      errorCode: 11_600,
      mode: { times: 2 },
    });
    const query = 'subscription { rewardGranted(afterSequence: 0) { sequence submission { content } } }';
    const { answers, ...subscriber } = subscribe(() => ada.token, { query });
    await until(() => answers.length === 1);
    expect(answers).toEqual([{ data: { rewardGranted: { sequence: 1, submission: { content: 'x' } } } }]);
    expect(subscriber.closeCodes).toEqual(transport === 'websocket' ? [1013] : []);
    // The driver repeats a read once.
    expect(await fault.off()).toBe(2);
  });

  test('a failure of the server ends the connection, and the log says what failed', async () => {
    const ada = await school.student(school.course);
    await ada.mutate('startPomodoro', { plannedMinutes: 25 });
    // The product never writes a session without a start.
    const spoiled = { $unset: { 'runningPomodoro.startedAt': '' } };
    await StudentModel.collection.updateOne({ _id: new Types.ObjectId(ada.id) }, spoiled);
    const requestId = `failed-${transport}-of-this-test`;
    const options = { headers: { 'x-request-id': requestId }, retryAttempts: 0 };
    const query = 'subscription { pomodoroChanged { id } }';
    const subscriber = subscribeBy(transport, server.url, { query }, () => ada.token, options);
    expect(await subscriber.ended).toBeDefined();
    expect(subscriber.closeCodes).toEqual(transport === 'websocket' ? [1013] : []);
    const lines = await server.linesOf(transport === 'sse' ? requestId : `${requestId}.1`);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 40,
        failure: expect.stringMatching(/^TypeError: /),
        stack: expect.stringContaining(' at '),
      }),
    );
  });

  test('at a shutdown it is cut, so that the client finds another process', async () => {
    const first = await startServer({ demonstration: false });
    const ada = await school.student(school.course);
    const token = await freshToken(ada);
    const subscriber = subscribeBy(transport, first.url, REWARDS, () => token, { retryAttempts: 0 });
    await until(() => first.resourceUsage().subscriptions === 1);
    await first.close();
    const error = await subscriber.ended;
    expect(error).toBeDefined();
    if (transport === 'websocket') expect(subscriber.closeCodes).toEqual([1001]);
    expect(Object.values(first.resourceUsage()).every((held) => held === 0)).toBe(true);
  });
});

describe('event streams that wait behind another one on their connection', () => {
  async function pipelined(person: Person): Promise<Connection> {
    const connection = await openConnection(server.url);
    const stream = { path: '/graphql/stream', token: person.token, accept: 'text/event-stream' };
    connection.write(requestOf(REWARDS, stream).repeat(3));
    await subscribed(3);
    return connection;
  }

  test('end with their connection', async () => {
    const { cut } = await pipelined(await school.student(school.course));
    cut();
    await untilIdle(server);
  });

  test('end with the token', async () => {
    const ada = await school.student(school.course);
    const { ended } = await pipelined(ada);
    server.clock.advance(15 * 60_000);
    await ended;
    await untilIdle(server);
  });
});

/** By the clock of the day, which a server without a test's clock has. */
async function freshToken(person: Person): Promise<string> {
  const tokens = createTokens(JWT_SECRET, () => new Date(), { has: () => false });
  const signInId = 'ffffffff-0000-4000-8000-000000000000';
  return (await tokens.issueAccess({ accountId: person.id, role: 'STUDENT', signInId })).token;
}
