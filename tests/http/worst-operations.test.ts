/**
 * Every operation stays within the maximum cost: either it is refused, or it sends the database about a hundred commands
 * at most and the client some megabytes at most.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLObjectType, getNamedType, isAbstractType, isLeafType, isObjectType } from 'graphql';
import type { Types } from 'mongoose';
import { joinCourse } from '../../src/actions/join-course.js';
import { createTokens } from '../../src/auth/tokens.js';
import { type ScaleSchool, seedScaleSchool } from '../../src/cli/scale-school.js';
import { MAX_TEXT_BYTES } from '../../src/graphql/context.js';
import { fieldCosts } from '../../src/graphql/field-costs.js';
import { createSchema } from '../../src/graphql/schema.js';
import { MAX_COST } from '../../src/http/query-cost.js';
import { AccountModel, type AccountRecord, type Role } from '../../src/storage/models/account.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { type Client, clientOf } from '../support/client.js';
import { watchCommands } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { givenAssignment, givenCourse, here, requestOf } from '../support/given.js';
import { JWT_SECRET, type RunningServer, startServer } from '../support/server.js';
import { generatedOperations } from './generated-operations.js';

useDatabase();

/** One more than a full page. */
const STUDENTS = 101;
const ROWS_OF_FIRST = 202;
const ROWS_EACH = 8;
const COURSES = 30;
const ASSIGNMENTS = 101;
/** The text that is longest in JSON: six bytes for each character. */
const LONGEST_TEXT = '\u0001'.repeat(20_000);

/** ADR 12: a hundred, plus the commands that the server sends between requests. */
const MAX_COMMANDS = 110;
/** ADR 12: 320 bytes for each point. */
const MAX_BYTES = MAX_COST * 320;

let server: RunningServer;
let school: ScaleSchool;
let clients: Record<Role, Client>;

beforeAll(async () => {
  server = await startServer({ demonstration: false });
  school = await seedScaleSchool({
    students: STUDENTS,
    rows: ROWS_OF_FIRST + ROWS_EACH * (STUDENTS - 1),
    rowsOfFirst: ROWS_OF_FIRST,
    seed: 1,
    now: new Date(),
    report: () => {},
  });
  await SubmissionModel.updateMany({}, { $set: { content: LONGEST_TEXT } });
  const studentId = school.studentIds[0]!;
  const { teacherId } = school.course;
  for (let number = 0; number < ASSIGNMENTS; number++) await givenAssignment(school.course);
  for (let number = 0; number < COURSES; number++) {
    const course = await givenCourse({ teacherId });
    await joinCourse(here, { studentId, joinCode: course.joinCode, facts: requestOf(studentId) });
  }
  const tokens = createTokens(JWT_SECRET, () => new Date(), { has: () => false });
  const admin = await AccountModel.findOne({ role: 'ADMIN' }).lean<AccountRecord>();
  const clientOfRole = async (role: Role, id: Types.ObjectId) => {
    const { token } = await tokens.issueAccess({ accountId: id.toHexString(), role, signInId: 'none' });
    return clientOf(server.url, token);
  };
  clients = {
    STUDENT: await clientOfRole('STUDENT', studentId),
    TEACHER: await clientOfRole('TEACHER', teacherId),
    ADMIN: await clientOfRole('ADMIN', admin!._id),
  };
  // The first ranking of a course on a new day also settles it, which costs extra: ADR 7.
  await clients.STUDENT.must('{ courses(first: 40) { edges { node { leaderboard(period: WEEK) { me { rank } } } } } }');
});
afterAll(() => server.close());

interface ObservedCost {
  readonly outcome: 'answered' | 'refused';
  readonly commands: number;
  readonly bytes: number;
}

/** Expects an answer within the limits or a refusal. */
async function observe(role: Role, query: string, variables: object = {}): Promise<ObservedCost> {
  const watched = watchCommands();
  const answer = await clients[role].ask(query, variables);
  watched.stop();
  const commands = watched.sent.length;
  const bytes = Buffer.byteLength(answer.text);
  const codes = answer.errors.map(({ extensions }) => extensions.code);
  expect(codes.filter((code) => ['INTERNAL_SERVER_ERROR', 'UNAUTHENTICATED'].includes(code))).toEqual([]);
  expect({ query, commands: Math.max(commands, MAX_COMMANDS) }).toEqual({ query, commands: MAX_COMMANDS });
  expect({ query, bytes: Math.max(bytes, MAX_BYTES) }).toEqual({ query, bytes: MAX_BYTES });
  if (answer.status !== 400) return { outcome: 'answered', commands, bytes };
  expect(answer.errors[0]?.message).toMatch(/limit|too many/);
  return { outcome: 'refused', commands, bytes };
}

const page = (field: string, first: number, inside: string) =>
  `${field}(first: ${first}) { edges { node { ${inside} } } }`;
const me = (inside: string) => `{ me { ... on Student { ${inside} } } }`;
const many = (count: number, each: (n: number) => string) => Array.from({ length: count }, (_, n) => each(n)).join(' ');
const course = (inside: string) => `query ($c: ID!) { course(id: $c) { ${inside} } }`;
const ofCourse = (inside: string) => course(page('assignments', 100, `course { ${inside} }`));
const LEADERBOARD = page('leaderboard', 1, 'rank');
const days = (to: string) => `dailyProgress(from: "2026-01-01", to: "${to}") { xp }`;

interface Case {
  readonly by: Role;
  readonly query: string;
  readonly outcome: 'answered' | 'refused';
}

const cases: Readonly<Record<string, Case>> = {
  'in a circle from ledger to submission to student to ledger, with long texts': {
    by: 'STUDENT',
    query: me(page('rewards', 40, `submission { student { ${page('rewards', 40, 'submission { content }')} } }`)),
    outcome: 'refused',
  },
  'the maximum number of long texts': {
    by: 'STUDENT',
    query: me(page('rewards', 100, 'submission { content }')),
    outcome: 'answered',
  },
  'the same long text many times': {
    by: 'STUDENT',
    query: me(many(50, (n) => `r${n}: ${page('rewards', 1, 'submission { content }')}`)),
    outcome: 'refused',
  },
  'long texts of all submissions': {
    by: 'TEACHER',
    query: `query ($a: ID!) { assignment(id: $a) { ${page('submissions', 100, 'content student { displayName email }')} } }`,
    outcome: 'answered',
  },
  'a leaderboard of one row in each of 100 x 100 assignments': {
    by: 'STUDENT',
    query: ofCourse(page('assignments', 100, `course { ${LEADERBOARD} }`)),
    outcome: 'refused',
  },
  'a leaderboard of one row in each of 100 assignments': {
    by: 'STUDENT',
    query: ofCourse(LEADERBOARD),
    outcome: 'refused',
  },
  'leaderboards of all courses': {
    by: 'STUDENT',
    query: `{ ${page('courses', 40, page('leaderboard(period: WEEK)', 1, 'rank').replace(')(', ', '))} }`,
    outcome: 'answered',
  },
  'leaderboards of one course under many aliases': {
    by: 'STUDENT',
    query: course(many(30, (n) => `l${n}: ${page('leaderboard', n + 1, 'rank')}`)),
    outcome: 'answered',
  },
  'days in nested ledgers': {
    by: 'STUDENT',
    query: me(page('rewards', 100, `student { ${page('rewards', 100, `student { ${days('2026-01-01')} }`)} }`)),
    outcome: 'refused',
  },
  'days in nested ledgers, with a shorter inner page': {
    by: 'STUDENT',
    query: me(page('rewards', 100, `student { ${page('rewards', 10, `student { ${days('2026-01-01')} }`)} }`)),
    outcome: 'answered',
  },
  'days of all students': {
    by: 'TEACHER',
    query: course(page('students', 100, days('2026-12-31'))),
    outcome: 'answered',
  },
  'different days under each of many aliases': {
    by: 'STUDENT',
    query: me(many(50, (n) => `d${n}: ${days(`2026-02-${10 + (n % 18)}`)}`)),
    outcome: 'answered',
  },
  'pages of different lengths under each of many aliases': {
    by: 'STUDENT',
    query: me(many(50, (n) => `r${n}: ${page('rewards', n + 1, 'id')}`)),
    outcome: 'answered',
  },
  'all students with all their rewards': {
    by: 'TEACHER',
    query: course(page('students', 100, page('rewards', 100, 'id xp'))),
    outcome: 'answered',
  },
  'all submissions of all assignments, with their students': {
    by: 'TEACHER',
    query: course(page('assignments', 100, page('submissions', 100, 'student { email }'))),
    outcome: 'refused',
  },
  'one object under many aliases': {
    by: 'TEACHER',
    query: `query ($c: ID!) { ${many(49, (n) => `s${n}: course(id: $c) { id }`)} }`,
    outcome: 'answered',
  },
  'nested objects to the maximum depth': {
    by: 'TEACHER',
    query: course(
      page(
        'assignments',
        10,
        page(
          'submissions',
          10,
          `student { ${page('rewards', 5, 'submission { assignment { course { name } } } pomodoro { reward { student { email } } }')} }`,
        ),
      ),
    ),
    outcome: 'answered',
  },
};

test.each(Object.entries(cases))('%s', async (_of, { by, query, outcome }) => {
  const variables = { c: school.course._id.toHexString(), a: school.assignments[0]!._id.toHexString() };
  expect((await observe(by, query, variables)).outcome).toBe(outcome);
});

test('a page of a hundred texts of the maximum length is answered, and any more texts are refused', async () => {
  const submissions = (first: number) => page('submissions', first, 'content');
  const ask = (selection: string) =>
    observe('TEACHER', `query ($a: ID!) { assignment(id: $a) { ${selection} } }`, {
      a: school.assignments[0]!._id.toHexString(),
    });
  const hundred = await ask(submissions(100));
  expect(hundred.outcome).toBe('answered');
  expect(hundred.bytes).toBeGreaterThan(0.9 * MAX_TEXT_BYTES);
  const more = `query ($a: ID!) { assignment(id: $a) { ${submissions(100)} more: ${submissions(20)} } }`;
  const refused = await clients.TEACHER.ask(more, { a: school.assignments[0]!._id.toHexString() });
  expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', data: { assignment: null } });
  expect(refused.errors[0]?.message).toMatch(/more than 13 MB\. Ask for shorter pages/);
});

describe('generated operations of clients', () => {
  test.each([0, 1, 2, 3])('%i', async (which) => {
    const operations = generatedOperations(school.studentIds.map((id) => id.toHexString()));
    const { by, query, variables } = operations[which]!;
    expect((await observe(by, query, variables)).outcome).toBe('answered');
  });
});

describe('all fields of all types, nested, with growing depth and page size', () => {
  const LENGTHS = [1, 2, 3, 5, 10, 20, 50, 100];
  const ROOTS: readonly (readonly [Role, string, string])[] = [
    ['STUDENT', 'Student', '{ me { ...Student } }'],
    ['STUDENT', 'Course', '{ courses(first: FIRST) { edges { node { ...Course } } } }'],
    ['TEACHER', 'Course', '{ courses(first: FIRST) { edges { node { ...Course } } } }'],
    ['ADMIN', 'Course', '{ courses(first: FIRST) { edges { node { ...Course } } } }'],
    [
      'TEACHER',
      'Assignment',
      '{ courses(first: 1) { edges { node { assignments(first: FIRST) { edges { node { ...Assignment } } } } } } }',
    ],
  ];

  test.each(ROOTS)('as a %s, starting at a %s', async (role, type, query) => {
    const schema = await createSchema();
    const observed: ObservedCost[] = [];
    for (let depth = 1; depth <= 4; depth++) {
      for (const first of LENGTHS) {
        const fragments = fragmentsOf(schema.getType(type) as GraphQLObjectType, depth, first);
        const started = query.replace(`...${type}`, `...${type}${depth}`).replace('FIRST', `${first}`);
        observed.push(await observe(role, `${started} ${[...fragments.values()].join(' ')}`));
      }
    }
    expect(observed.filter(({ outcome }) => outcome === 'answered').length).toBeGreaterThan(2);
    expect(observed.filter(({ outcome }) => outcome === 'refused').length).toBeGreaterThan(2);
  });

  /**
   * @returns a fragment for each type and depth that is reached, by name. A student gets FORBIDDEN for the fields of
   * teachers, and the other fields.
   */
  function fragmentsOf(type: GraphQLObjectType, depth: number, first: number, made = new Map<string, string>()) {
    const name = `${type.name}${depth}`;
    if (made.has(name)) return made;
    made.set(name, '');
    const fields = Object.values(type.getFields()).map((field) => {
      const inner = getNamedType(field.type);
      if (isLeafType(inner)) return field.name;
      if (isAbstractType(inner) || !isObjectType(inner)) return '';
      if (field.name === 'dailyProgress') return days('2026-01-10');
      const deeper = inner.name.endsWith('Connection') || inner.name.endsWith('Edge') ? depth : depth - 1;
      if (deeper === 0) return `${field.name}${pageOf(field.args, first)} { __typename }`;
      fragmentsOf(inner, deeper, first, made);
      return `${field.name}${pageOf(field.args, first)} { ...${inner.name}${deeper} }`;
    });
    made.set(name, `fragment ${name} on ${type.name} { ${fields.join(' ')} }`);
    return made;
  }

  const pageOf = (args: readonly { readonly name: string }[], first: number) =>
    args.some(({ name }) => name === 'first') ? `(first: ${first})` : '';
});

describe('a field sends no more commands than its cost says', () => {
  const ofMe = (inside: string) => me(`id ${inside}`);
  const one = (field: string, inside: string) => page(field, 1, inside);
  const ofOwnReward = (inside: string) => ofMe(page('rewards', 50, inside));
  const ofAssignment = (inside: string) => `query ($a: ID!) { assignment(id: $a) { id ${inside} } }`;
  const ofSubmission = (inside: string) => ofAssignment(one('submissions', `id ${inside}`));
  /** How to reach an object of each type. */
  const PATHS: readonly (readonly [Role, string, (field: string) => string])[] = [
    ['STUDENT', 'Student', ofMe],
    ['TEACHER', 'Student', (field) => course(one('students', `id ${field}`))],
    ['ADMIN', 'Student', (field) => course(one('students', `id ${field}`))],
    ['STUDENT', 'Course', (field) => course(`id ${field}`)],
    ['TEACHER', 'Course', (field) => course(`id ${field}`)],
    ['STUDENT', 'Assignment', ofAssignment],
    ['TEACHER', 'Assignment', ofAssignment],
    ['TEACHER', 'Submission', ofSubmission],
    ['STUDENT', 'Submission', (field) => ofMe(one('submissions', `id ${field}`))],
    ['STUDENT', 'Reward', (field) => ofOwnReward(`id ${field}`)],
    ['TEACHER', 'Reward', (field) => course(one('students', one('rewards', `id ${field}`)))],
    ['STUDENT', 'PomodoroSession', (field) => ofOwnReward(`id pomodoro { id ${field} }`)],
    ['STUDENT', 'UnlockedBadge', (field) => ofMe(`unlockedBadges { unlockedAt ${field} }`)],
  ];
  const TRIES = [1, 2, 3];

  /** The fewest of several tries: the server also sends commands between requests. */
  async function commandsOf(role: Role, query: string): Promise<number> {
    const variables = { c: school.course._id.toHexString(), a: school.assignments[0]!._id.toHexString() };
    let fewest = Number.POSITIVE_INFINITY;
    for (const _ of TRIES) fewest = Math.min(fewest, (await observe(role, query, variables)).commands);
    return fewest;
  }

  test.each(PATHS)('as a %s, of a %s', async (role, type, reach) => {
    const fields = Object.values(((await createSchema()).getType(type) as GraphQLObjectType).getFields());
    const without = await commandsOf(role, reach(''));
    let most = 0;
    for (const field of fields) {
      const inner = isLeafType(getNamedType(field.type)) ? '' : '{ __typename }';
      const asked = field.name === 'dailyProgress' ? days('2026-01-10') : `${field.name} ${inner}`;
      const sent = (await commandsOf(role, reach(asked))) - without;
      const counted = fieldCosts[`${type}.${field.name}`]?.commands ?? 0;
      expect({ field: field.name, sent: Math.max(sent, counted) }).toEqual({ field: field.name, sent: counted });
      most = Math.max(most, sent);
    }
    expect(most).toBeGreaterThan(0);
  });
});

// This test must be the last one: it deletes what the others read.
test('an answer lists a hundred errors, and then the number of further errors', async () => {
  const emails = (first: number) => page('students', first, 'email');
  await AccountModel.deleteMany({ role: 'STUDENT' });
  const { errors, text } = await clients.TEACHER.ask(course(`${emails(100)} more: ${emails(99)}`), {
    c: school.course._id.toHexString(),
  });
  expect(errors).toHaveLength(101);
  expect(errors.at(-1)).toMatchObject({
    message: '99 more errors are not listed.',
    extensions: { code: 'INTERNAL_SERVER_ERROR' },
  });
  expect(text.length).toBeLessThan(100_000);
});
