/** Which account a request belongs to, and what happens to invalid and stolen tokens and to guessed passwords. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createTokens } from '../../src/auth/tokens.js';
import { day, minute } from '../auth/harness.js';
import { type Answer, type Client, clientOf, mutationOf, posted, send, useServer } from '../support/client.js';
import { startServer } from '../support/server.js';
import { createSchool, newEmail, newStudent, PASSWORD, type Person, type School, signedInAgain } from './school.js';

const server = useServer();

let student: Person;

const ME = '{ me { id } }';
const SIGN_OUT = 'mutation { signOut }';

const refresh = (refreshToken: string): Promise<Answer> =>
  server.nobody.ask(
    `mutation ($refreshToken: String!) { refreshSession(refreshToken: $refreshToken) {
      ... on Session { accessToken refreshToken user { id } } ... on Refusal { code message } } }`,
    { refreshToken },
  );
const signInAgain = (person: Person): Promise<Person> => signedInAgain(server, person);
const withoutAccess = { status: 200, code: 'UNAUTHENTICATED', data: null };

describe('an access token', () => {
  beforeAll(async () => {
    student = await newStudent(server);
  });

  test('identifies its account', async () => {
    expect((await student.must(ME)).me.id).toBe(student.id);
  });

  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const parts = () => student.token.split('.') as [string, string, string];

  test.each<[string, () => string | Promise<string>]>([
    ['that is a word', () => 'token'],
    ['that is empty', () => ''],
    ['with another signature', () => `${parts()[0]}.${parts()[1]}.${encoded({})}`],
    ['without a signature', () => `${parts()[0]}.${parts()[1]}.`],
    ['with the algorithm "none"', () => `${encoded({ alg: 'none' })}.${parts()[1]}.`],
    ['with another role', () => `${parts()[0]}.${encoded({ ...claims(), role: 'ADMIN' })}.${parts()[2]}`],
    ['of another server', () => foreignToken()],
    ['that is a refresh token', () => student.refreshToken],
    ['that is repeated', () => student.token + student.token],
  ])('%s signs nobody in', async (_, token) => {
    expect(await server.as(await token()).ask(ME)).toMatchObject(withoutAccess);
  });

  const claims = () => JSON.parse(Buffer.from(parts()[1], 'base64url').toString());

  async function foreignToken(): Promise<string> {
    const tokens = createTokens('the secret of another server, as long as ours', server.clock, { has: () => false });
    return (await tokens.issueAccess({ accountId: student.id, role: 'STUDENT', signInId: claims().sid })).token;
  }

  test.each(['Basic', 'bearer', 'Bearer ', 'Token'])(
    'is accepted after Bearer, in upper or lower case and with any number of spaces, and after no other scheme: %s',
    async (scheme) => {
      const { data } = await server.nobody.ask(ME, {}, { authorization: `${scheme} ${student.token}` });
      expect(data?.me.id).toBe(/^bearer/i.test(scheme) ? student.id : undefined);
    },
  );

  test('is valid for 15 minutes', async () => {
    const own = await signInAgain(student);
    server.clock.advance(15 * minute - 1_000);
    expect((await own.ask(ME)).errors).toEqual([]);
    server.clock.advance(1_000);
    expect(await own.ask(ME)).toMatchObject(withoutAccess);
  });

  test('that has expired prevents neither a sign-in nor public queries', async () => {
    const stale = await signInAgain(student);
    server.clock.advance(day);
    expect(await stale.mutate('signIn', { email: student.email, password: PASSWORD })).toEqual({
      __typename: 'Session',
    });
    expect((await stale.must('{ badges { id } }')).badges).not.toEqual([]);
  });
});

describe('after a sign-out', () => {
  test('both tokens of the sign-in are invalid, and other sign-ins are not affected', async () => {
    student = await newStudent(server);
    const phone = await signInAgain(student);
    expect(await phone.must(SIGN_OUT)).toEqual({ signOut: true });
    expect(await phone.ask(ME)).toMatchObject(withoutAccess);
    expect(await phone.ask(SIGN_OUT)).toMatchObject(withoutAccess);
    expect((await refresh(phone.refreshToken)).data.refreshSession.code).toBe('INVALID_CREDENTIALS');
    expect((await student.must(ME)).me.id).toBe(student.id);
  });

  test('the mutations after it in the same request are UNAUTHENTICATED', async () => {
    const before = await server.database.snapshot();
    const answer = await student.ask('mutation { signOut updateProfile(input: { displayName: "Too late" }) { id } }');
    expect(answer).toMatchObject({ code: 'UNAUTHENTICATED' });
    const after = await server.database.snapshot();
    expect(after.students).toEqual(before.students);
  });
});

describe('a refresh token', () => {
  beforeAll(async () => {
    student = await newStudent(server);
  });

  test('returns two new tokens and their account', async () => {
    const { refreshSession } = (await refresh(student.refreshToken)).data;
    expect(refreshSession.user.id).toBe(student.id);
    expect((await server.as(refreshSession.accessToken).must(ME)).me.id).toBe(student.id);
    expect((await refresh(refreshSession.refreshToken)).data.refreshSession.user.id).toBe(student.id);
  });

  test('that is used twice ends the sign-in with all of its tokens', async () => {
    const stolen = await signInAgain(student);
    const next = (await refresh(stolen.refreshToken)).data.refreshSession;
    const reuse = (await refresh(stolen.refreshToken)).data.refreshSession;
    expect(reuse).toMatchObject({ code: 'INVALID_CREDENTIALS', message: expect.stringContaining('Sign in again') });
    expect(await server.as(next.accessToken).ask(ME)).toMatchObject(withoutAccess);
    expect(await stolen.ask(ME)).toMatchObject(withoutAccess);
    expect((await refresh(next.refreshToken)).data.refreshSession.code).toBe('INVALID_CREDENTIALS');
  });

  test('that is sent ten times at once returns at most one session', async () => {
    const { refreshToken } = await signInAgain(student);
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)));
    const codes = answers.map(({ data }) => data.refreshSession.code ?? 'a session');
    expect(codes.filter((code) => code === 'a session').length).toBeLessThanOrEqual(1);
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS').length).toBeGreaterThanOrEqual(9);
  });
});

describe('an account that signs in', () => {
  let school: School;
  beforeAll(async () => {
    school = await createSchool(server);
  });

  const OWN = `accessToken user { __typename id email displayName role ... on Student {
    timeZone courses { name joinCode assignments { edges { node { title pointsNow } } } }
    rewards { edges { node { sequence } } } } }`;

  test('gets its own data in the same answer', async () => {
    const own = await school.student(school.course);
    const assignmentId = await school.assignment({ title: 'Submitted' });
    await own.mutate('submitAssignment', { assignmentId, content: 'x' });
    const { user } = await server.nobody.mutate('signIn', { email: own.email, password: PASSWORD }, OWN);
    expect(user).toEqual({
      __typename: 'Student',
      id: own.id,
      email: own.email,
      displayName: expect.stringMatching(/^Student \d$/),
      role: 'STUDENT',
      timeZone: 'UTC',
      courses: [
        {
          name: 'Own course',
          joinCode: null,
          assignments: { edges: [{ node: { title: 'Submitted', pointsNow: null } }] },
        },
      ],
      rewards: { edges: [{ node: { sequence: 1 } }] },
    });
  });

  test('is the account of the answer, whoever sends the request', async () => {
    const own = await newStudent(server);
    const { user } = await school.teacher.mutate(
      'signIn',
      { email: own.email, password: PASSWORD },
      'user { id email }',
    );
    expect(user).toEqual({ id: own.id, email: own.email });
  });

  test('may send more mutations in the same request, and each one sees the writes of the previous one', async () => {
    await school.assignment({ title: 'To do' });
    const { data } = await server.nobody.ask(
      `mutation ($email: String!, $joinCode: String!) {
        signUp(input: { email: $email, password: "${PASSWORD}", displayName: "New" }) {
          ... on Session { user { ... on Student { courses { name } } } } }
        joinCourse(input: { joinCode: $joinCode }) { ... on JoinCoursePayload { course {
          assignments(first: 100) { edges { node { title pointsNow } } } } } }
      }`,
      { email: newEmail(), joinCode: school.course.joinCode },
    );
    expect(data.signUp.user.courses).toEqual([]);
    expect(data.joinCourse.course.assignments.edges).toContainEqual({ node: { title: 'To do', pointsNow: 50 } });
  });

  test.each(['teacher', 'admin'] as const)('has the type and the role of a %s', async (who) => {
    const { email, id } = school[who];
    const selection = 'user { __typename id email role }';
    const { user } = await server.nobody.mutate('signIn', { email, password: PASSWORD }, selection);
    const name = who === 'admin' ? 'Admin' : 'Teacher';
    expect(user).toEqual({ __typename: name, id, email, role: name.toUpperCase() });
  });
});

describe('a client that guesses passwords', () => {
  const guess = (email: string, by: Client = server.nobody, headers: Record<string, string> = {}) =>
    by.ask(
      'mutation ($input: SignInInput!) { signIn(input: $input) { __typename ... on Refusal { code } } }',
      { input: { email, password: 'a wrong password' } },
      headers,
    );
  const limited = {
    code: 'RATE_LIMITED',
    errors: [{ message: 'Too many attempts. Try again in 900 seconds.', extensions: { retryAfterSeconds: 900 } }],
  };

  test('must wait after ten failures, even with the right password, whatever address it claims', async () => {
    const { email } = await newStudent(server);
    for (let n = 0; n < 10; n += 1) {
      const answer = await guess(email, server.nobody, { 'x-forwarded-for': `203.0.113.${n}` });
      expect(answer.data.signIn.code).toBe('INVALID_CREDENTIALS');
    }
    expect(await guess(email, server.nobody, { 'x-forwarded-for': '203.0.113.99' })).toMatchObject(limited);
    const right = { input: { email, password: PASSWORD } };
    const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { __typename } }';
    expect(await server.nobody.ask(signIn, right)).toMatchObject(limited);
    server.clock.advance(15 * minute);
    expect(await server.nobody.must(signIn, right)).toEqual({ signIn: { __typename: 'Session' } });
  });

  test('gets only ten answers from fifteen aliases in one request', async () => {
    const { email } = await newStudent(server);
    const input = `{ email: "${email}", password: "a wrong password" }`;
    const aliases = Array.from({ length: 15 }, (_, n) => `a${n}: signIn(input: ${input}) { ... on Refusal { code } }`);
    const { errors, data } = await server.nobody.ask(`mutation { ${aliases.join(' ')} }`);
    expect(errors.map(({ path }) => path)).toEqual([['a10']]);
    expect(data).toBeNull();
    expect((await server.linesOf(errors[0]?.extensions.requestId ?? ''))[0]).toMatchObject({ outcome: 'RATE_LIMITED' });
  });

  test.each([
    ['false', 50],
    ['1', 60],
    ['loopback', 60],
  ])(
    'with many accounts from one address is limited by address, and TRUST_PROXY=%s gives %i answers',
    async (trustProxy, answers) => {
      const behind = await startServer({ demonstration: false, clock: server.clock, env: { TRUST_PROXY: trustProxy } });
      const outcomes: unknown[] = [];
      for (let n = 0; n < 60; n += 1) {
        const headers = { 'x-forwarded-for': `203.0.113.${n % 2}` };
        const { code, data } = await guess(`nobody-${n}@school.example`, clientOf(behind.url), headers);
        outcomes.push(code ?? data.signIn.code);
      }
      await behind.close();
      expect(outcomes.filter((outcome) => outcome === 'INVALID_CREDENTIALS')).toHaveLength(answers);
      expect(new Set(outcomes.slice(answers))).toEqual(new Set(answers < 60 ? ['RATE_LIMITED'] : []));
    },
  );
});

describe('an account may do this so often in 15 minutes', () => {
  const limited = { code: 'RATE_LIMITED', errors: [{ extensions: { retryAfterSeconds: 900 } }] };

  test('sending a wrong join code: 60 times, also at once, and then no right one either', async () => {
    const { course } = await createSchool(server);
    const own = await newStudent(server);
    const join = (joinCode: string, by: Client = own) => by.ask(mutationOf('joinCourse'), { input: { joinCode } });
    const answers: Answer[] = [];
    for (let n = 0; n < 10; n += 1)
      answers.push(...(await Promise.all(Array.from({ length: 20 }, () => join('none')))));
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(60);
    expect(answers.at(-1)).toMatchObject({ code: 'RATE_LIMITED' });
    expect(await join(course.joinCode)).toMatchObject(limited);
    expect((await own.must('{ courses { edges { node { id } } } }')).courses.edges).toEqual([]);
    expect((await join('none', await newStudent(server))).errors).toEqual([]);
    server.clock.advance(15 * minute);
    expect((await join(course.joinCode, await signedInAgain(server, own))).errors).toEqual([]);
  });

  test('sending a right join code: as often as it likes', async () => {
    const { course } = await createSchool(server);
    const own = await newStudent(server);
    const join = () => own.mutate('joinCourse', { joinCode: course.joinCode }, 'course { id }');
    const joined = await Promise.all(Array.from({ length: 100 }, join));
    expect(joined).toEqual(joined.map(() => ({ __typename: 'JoinCoursePayload', course: { id: course.id } })));
  });

  test('signing in: 300 times', async () => {
    const own = await newStudent(server);
    const input = { email: own.email, password: PASSWORD };
    for (let n = 0; n < 300; n += 1) await server.nobody.mutate('signIn', input);
    expect(await server.nobody.ask(mutationOf('signIn'), { input })).toMatchObject(limited);
    expect((await own.must(ME)).me.id).toBe(own.id);
    expect((await refresh(own.refreshToken)).data.refreshSession.user.id).toBe(own.id);
  });
});

test('public fields need no token, and all others do', async () => {
  const publicQueries = ['{ badges { id } }', '{ __typename }', '{ __schema { queryType { name } } }'];
  for (const query of publicQueries) expect((await server.nobody.ask(query)).errors).toEqual([]);
  const before = await server.database.snapshot();
  const protectedQueries = [ME, SIGN_OUT, '{ courses { pageInfo { endCursor } } }', '{ student(id: "x") { id } }'];
  for (const query of protectedQueries) expect((await server.nobody.ask(query)).code).toBe('UNAUTHENTICATED');
  const { code } = await send(
    `${server.url}/graphql`,
    posted({ query: 'mutation { createCourse(input: { name: "x" }) { course { id } } }' }),
  );
  expect(code).toBe('UNAUTHENTICATED');
  expect(await server.database.snapshot()).toEqual(before);
});
