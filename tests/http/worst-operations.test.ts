/**
 * What an operation may cost at most holds: whatever is asked, it is refused, or the database gets some hundred
 * commands and the client some megabytes.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLObjectType, getNamedType, isAbstractType, isLeafType, isObjectType } from 'graphql';
import { joinCourse } from '../../src/actions/join-course.js';
import { createTokens } from '../../src/auth/tokens.js';
import { type ScaleSchool, seedScaleSchool } from '../../src/cli/scale-school.js';
import { MAX_TEXT_BYTES } from '../../src/graphql/context.js';
import { createSchema } from '../../src/graphql/schema.js';
import { MAX_COST } from '../../src/http/query-cost.js';
import { AccountModel, type Role } from '../../src/storage/models/account.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { type Client, clientOf } from '../support/client.js';
import { watchCommands } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { givenAssignment, givenCourse, here, requestOf } from '../support/given.js';
import { JWT_SECRET, type RunningServer, startServer } from '../support/server.js';
import { generatedOperations } from './generated-operations.js';

useDatabase();

/** A full page of each, and one more. */
const STUDENTS = 101;
const ROWS_OF_FIRST = 202;
const ROWS_EACH = 8;
const COURSES = 30;
const ASSIGNMENTS = 101;
/** The text that is longest in JSON: six bytes for each of its characters. */
const LONGEST_TEXT = '\u0001'.repeat(20_000);

/** ADR 12: a hundred, and what goes on between the requests. */
const MOST_COMMANDS = 110;
/** ADR 12: 320 for each point. */
const MOST_BYTES = MAX_COST * 320;

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
  const clientOfRole = async (role: Role, id = teacherId) => {
    const { token } = await tokens.issueAccess({ accountId: id.toHexString(), role, signInId: 'none' });
    return clientOf(server.url, token);
  };
  clients = {
    STUDENT: await clientOfRole('STUDENT', studentId),
    TEACHER: await clientOfRole('TEACHER'),
    ADMIN: await clientOfRole('ADMIN'),
  };
  // Whoever first ranks a course on a new day settles it, at a cost of its own: ADR 7.
  await clients.STUDENT.must('{ courses(first: 40) { edges { node { leaderboard(period: WEEK) { me { rank } } } } } }');
});
afterAll(() => server.close());

interface Seen {
  readonly outcome: 'answered' | 'refused';
  readonly commands: number;
  readonly bytes: number;
}

/** @throws where it is neither an answer of the bounded size nor a refusal */
async function see(role: Role, query: string, variables: object = {}): Promise<Seen> {
  const watched = watchCommands();
  const answer = await clients[role].ask(query, variables);
  watched.stop();
  const commands = watched.sent.length;
  const bytes = Buffer.byteLength(answer.text);
  expect(answer.errors.map(({ extensions }) => extensions.code)).not.toContain('INTERNAL_SERVER_ERROR');
  expect({ query, commands: Math.max(commands, MOST_COMMANDS) }).toEqual({ query, commands: MOST_COMMANDS });
  expect({ query, bytes: Math.max(bytes, MOST_BYTES) }).toEqual({ query, bytes: MOST_BYTES });
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
  'round from ledger to submission to student to ledger, with long texts': {
    by: 'STUDENT',
    query: me(page('rewards', 40, `submission { student { ${page('rewards', 40, 'submission { content }')} } }`)),
    outcome: 'refused',
  },
  'as many long texts as may be': {
    by: 'STUDENT',
    query: me(page('rewards', 100, 'submission { content }')),
    outcome: 'answered',
  },
  'the same long text again and again': {
    by: 'STUDENT',
    query: me(many(50, (n) => `r${n}: ${page('rewards', 1, 'submission { content }')}`)),
    outcome: 'refused',
  },
  'long texts that everybody handed in': {
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
  'leaderboards of one course under many names': {
    by: 'STUDENT',
    query: course(many(30, (n) => `l${n}: ${page('leaderboard', n + 1, 'rank')}`)),
    outcome: 'answered',
  },
  'days in a ledger in a ledger': {
    by: 'STUDENT',
    query: me(page('rewards', 100, `student { ${page('rewards', 100, `student { ${days('2026-01-01')} }`)} }`)),
    outcome: 'refused',
  },
  'days in a shorter ledger in a ledger': {
    by: 'STUDENT',
    query: me(page('rewards', 100, `student { ${page('rewards', 10, `student { ${days('2026-01-01')} }`)} }`)),
    outcome: 'answered',
  },
  'days of everybody': {
    by: 'TEACHER',
    query: course(page('students', 100, days('2026-12-31'))),
    outcome: 'answered',
  },
  'other days under each of many names': {
    by: 'STUDENT',
    query: me(many(50, (n) => `d${n}: ${days(`2026-02-${10 + (n % 18)}`)}`)),
    outcome: 'answered',
  },
  'pages of another length under each of many names': {
    by: 'STUDENT',
    query: me(many(50, (n) => `r${n}: ${page('rewards', n + 1, 'id')}`)),
    outcome: 'answered',
  },
  'everybody, and everything of theirs': {
    by: 'TEACHER',
    query: course(page('students', 100, page('rewards', 100, 'id xp'))),
    outcome: 'answered',
  },
  'what everybody handed in, by everybody': {
    by: 'TEACHER',
    query: course(page('assignments', 100, page('submissions', 100, 'student { email }'))),
    outcome: 'refused',
  },
  'one object by many ids': {
    by: 'TEACHER',
    query: `query ($c: ID!) { ${many(49, (n) => `s${n}: course(id: $c) { id }`)} }`,
    outcome: 'answered',
  },
  'from one thing to the next, to the greatest depth': {
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
  expect((await see(by, query, variables)).outcome).toBe(outcome);
});

test('a page of a hundred of the longest texts is answered, and any more of them are refused', async () => {
  const submissions = (first: number) => page('submissions', first, 'content');
  const ask = (selection: string) =>
    see('TEACHER', `query ($a: ID!) { assignment(id: $a) { ${selection} } }`, {
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

describe('operations as clients generate them', () => {
  test.each([0, 1, 2, 3])('%i', async (which) => {
    const operations = generatedOperations(school.studentIds.map((id) => id.toHexString()));
    const { by, query, variables } = operations[which]!;
    expect((await see(by, query, variables)).outcome).toBe('answered');
  });
});

describe('all fields of everything, in each other, as deep and as long as may be', () => {
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

  test.each(ROOTS)('a %s, from a %s on', async (role, type, query) => {
    const schema = await createSchema();
    const seen: Seen[] = [];
    for (let depth = 1; depth <= 4; depth++) {
      for (const first of LENGTHS) {
        const fragments = fragmentsOf(schema.getType(type) as GraphQLObjectType, depth, first);
        const started = query.replace(`...${type}`, `...${type}${depth}`).replace('FIRST', `${first}`);
        seen.push(await see(role, `${started} ${[...fragments.values()].join(' ')}`));
      }
    }
    expect(seen.filter(({ outcome }) => outcome === 'answered').length).toBeGreaterThan(2);
    expect(seen.filter(({ outcome }) => outcome === 'refused').length).toBeGreaterThan(2);
  });

  /**
   * A fragment for each type and depth that is reached, by name. Students are refused what is for teachers, and go on.
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

// Last: it takes away what the others read.
test('an answer has some errors, and then how many more there would be', async () => {
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
