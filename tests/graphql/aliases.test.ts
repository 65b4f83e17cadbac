/** One request may ask for the same field several times with other arguments. Each alias has the answer to its own. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { isObjectType } from 'graphql';
import { createSchema } from '../../src/graphql/schema.js';
import { createSchool, type Person, type School, signedInAgain } from '../http/school.js';
import { type Data, useServer } from '../support/client.js';

const server = useServer();

let school: School;
let admin: Person;
/** The first two take both courses, the third only the other one. */
let students: Person[];
let courses: string[];
/** Two of the first course and two of the second. */
let assignments: string[];
let submissions: string[];

const DAY = 86_400_000;

beforeAll(async () => {
  school = await createSchool(server);
  students = [];
  for (const taken of [
    [school.course, school.otherCourse],
    [school.course, school.otherCourse],
    [school.otherCourse],
  ]) {
    students.push(await school.student(...taken));
  }
  courses = [school.course.id, school.otherCourse.id];
  assignments = [];
  for (const days of [1, 2]) {
    assignments.push(await school.assignment({ title: `Own ${days}`, dueDate: school.inDays(days) }));
    assignments.push(await school.otherAssignment({ title: `Other ${days}`, dueDate: school.inDays(days + 5) }));
  }
  submissions = [];
  for (const [number, assignmentId] of assignments.entries()) {
    for (const [position, student] of students.entries()) {
      const isCourseTaken = position < 2 || number % 2 === 1;
      // The second student has handed in one assignment less, so the two have other points.
      if (!isCourseTaken || (position === 1 && number === 3)) continue;
      server.clock.advance(1_000);
      const input = { assignmentId, content: `By ${position}` };
      submissions.push((await student.mutate('submitAssignment', input, 'submission { id }')).submission.id);
    }
  }
  await extend(assignments[0]!, students.slice(0, 2));
  await extend(assignments[1]!, students);
  server.clock.advance(8 * DAY);
  admin = await signedInAgain(server, school.admin);
  students = await Promise.all(students.map((student) => signedInAgain(server, student)));
  const late = { assignmentId: assignments[3]!, content: 'Late' };
  submissions.push((await students[1]!.mutate('submitAssignment', late, 'submission { id }')).submission.id);
});

async function extend(assignmentId: string, some: readonly Person[]): Promise<void> {
  for (const [position, { id: studentId }] of some.entries()) {
    const dates = { dueDate: school.inDays(20 + position), note: 'Ill.' };
    await school.admin.mutate('extendDeadline', {
      assignmentId,
      studentId,
      ...dates,
      idempotencyKey: assignmentId + studentId,
    });
  }
}

interface Field {
  /** Each begins a selection of an object that has the field; [''] for a field of Query. */
  readonly of: () => readonly string[];
  /** Arguments that differ in one of them only. */
  readonly args: () => Promise<readonly string[]>;
  /** Arguments for which all parents have other answers. */
  readonly forAll?: string;
  readonly selection: string;
}

const named = (type: string, ids: readonly string[]): string[] => ids.map((id) => `${type}(id: "${id}")`);
const studentIds = (): string[] => students.map(({ id }) => id);
const byId = (ids: () => readonly string[], selection: string): Field => ({
  of: () => [''],
  args: async () => ids().map((id) => `id: "${id}"`),
  selection: `{ ${selection} }`,
});

/** A page of another length, and another page. The cursor is of the first parent's first row. */
function paged(of: () => readonly string[], field: string, node: string, more: readonly string[] = ['']): Field {
  return {
    of,
    forAll: 'first: 100',
    selection: `{ edges { node { ${node} } } pageInfo { hasNextPage hasPreviousPage } }`,
    args: async () => {
      const args: string[] = [];
      for (const other of more) {
        const [parent] = of();
        const first = inside(parent!, `x: ${field}(first: 1${other}) { pageInfo { endCursor } }`);
        const { endCursor } = at(await admin.must(`{ ${first} }`), parent!).x.pageInfo;
        args.push(`first: 1${other}`, `first: 2${other}`, `first: 1, after: "${endCursor}"${other}`);
      }
      return args;
    },
  };
}

const fields: Readonly<Record<string, Field>> = {
  'Query.assignment': byId(() => assignments, 'title'),
  'Query.course': byId(() => courses, 'name'),
  'Query.student': byId(studentIds, 'id displayName'),
  'Query.submission': byId(() => submissions, 'id content'),
  'Query.courses': paged(() => [''], 'courses', 'id'),
  'Course.assignments': paged(() => named('course', courses), 'assignments', 'title'),
  'Course.students': paged(() => named('course', courses), 'students', 'id'),
  'Course.leaderboard': paged(() => named('course', courses), 'leaderboard', 'displayName auraPoints rank', [
    '',
    ', period: WEEK',
    ', period: MONTH',
  ]),
  'Assignment.submissions': paged(() => named('assignment', assignments), 'submissions', 'id'),
  'Assignment.extensions': paged(
    () => named('assignment', assignments.slice(0, 2)),
    'extensions',
    'student { id } dueDate',
  ),
  'Student.submissions': paged(() => named('student', studentIds()), 'submissions', 'id'),
  'Student.rewards': paged(() => named('student', studentIds()), 'rewards', 'id'),
  'Student.dailyProgress': {
    of: () => named('student', studentIds()),
    args: async () => {
      const day = (days: number) => new Date(server.clock().getTime() - days * DAY).toISOString().slice(0, 10);
      return [
        [8, 8],
        [8, 0],
        [0, 0],
      ].map(([from, to]) => `from: "${day(from!)}", to: "${day(to!)}"`);
    },
    selection: '{ date xp submissions }',
  },
};

const inside = (parent: string, selection: string): string =>
  parent === '' ? selection : `parent: ${parent} { ${selection} }`;
const at = (data: Data, parent: string): Data => (parent === '' ? data : data.parent);

describe.each(Object.keys(fields))('%s', (name) => {
  const { of, args, forAll, selection } = fields[name]!;
  const [, field] = name.split('.');

  test('answers each of its arguments, alone and beside the others', async () => {
    const all = await args();
    for (const parent of of()) {
      const alone: Data[] = [];
      for (const some of cursorsOf(parent, of()[0]!, all)) {
        alone.push(at(await admin.must(`{ ${inside(parent, `x: ${field}(${some}) ${selection}`)} }`), parent).x);
      }
      expect(new Set(alone.map((value) => JSON.stringify(value))).size).toBeGreaterThan(1);
      for (const order of [alone.keys(), [...alone.keys()].reverse()]) {
        const own = cursorsOf(parent, of()[0]!, all);
        const aliases = [...order].map((number) => `x${number}: ${field}(${own[number]}) ${selection}`).join(' ');
        const together = at(await admin.must(`{ ${inside(parent, aliases)} }`), parent);
        expect(alone.map((_, number) => together[`x${number}`])).toEqual(alone);
      }
    }
  });

  test('answers each of its parents, alone and beside the others', async () => {
    const parents = of();
    const some = forAll ?? (await args())[0];
    const part = `x: ${field}(${some}) ${selection}`;
    const alone: Data[] = [];
    for (const parent of parents) alone.push(at(await admin.must(`{ ${inside(parent, part)} }`), parent).x);
    expect(new Set(alone.map((value) => JSON.stringify(value))).size).toBe(parents.length);
    const together = await admin.must(
      `{ ${parents.map((parent, number) => (parent === '' ? part : `p${number}: ${parent} { ${part} }`)).join(' ')} }`,
    );
    expect(parents.map((parent, number) => (parent === '' ? together.x : together[`p${number}`].x))).toEqual(alone);
  });
});

/** A cursor belongs to one parent: the others are asked without it. */
const cursorsOf = (parent: string, first: string, all: readonly string[]): readonly string[] =>
  parent === first ? all : all.filter((some) => !some.includes('after'));

test('this file tries all fields of objects that take arguments', async () => {
  const types = Object.values((await createSchema()).getTypeMap()).filter(isObjectType);
  const withArguments = types
    .filter(({ name }) => !name.startsWith('__') && name !== 'Mutation' && name !== 'Subscription')
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter(({ args }) => args.length > 0)
        .map((field) => `${type.name}.${field.name}`),
    );
  expect(Object.keys(fields).sort()).toEqual(withArguments.sort());
});
