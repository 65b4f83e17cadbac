/** Every connection of the API, page by page: each row appears once and in order, even if rows are added meanwhile. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { isObjectType } from 'graphql';
import mongoose, { Types } from 'mongoose';
import { createSchema } from '../../src/graphql/schema.js';
import { createSchool, newStudent, type Person, type School } from '../http/school.js';
import { type Data, useServer } from '../support/client.js';

const server = useServer();

const ROWS = 5;

let school: School;
let students: Person[];
let assignmentId: string;

beforeAll(async () => {
  school = await createSchool(server);
  assignmentId = await school.assignment({ dueDate: school.inDays(1) });
  students = [];
  for (let n = 0; n < ROWS; n += 1) students.push(await school.student(school.course));
  for (let n = 1; n < ROWS; n += 1) {
    await school.teacher.mutate('createCourse', { name: `Course ${n}` });
    // With equal due dates, the order depends on the tie-breaker.
    await school.assignment({ title: `Assignment ${n}`, dueDate: school.inDays(1) });
  }
  // The clock stands still, so all submissions have the same time, and most students have equal points.
  for (const student of students) await submit(student, assignmentId);
  await handInAll(students[0]!);
  for (const student of students) await extend(student);
});

const submit = (student: Person, assignmentId: string) =>
  student.mutate('submitAssignment', { assignmentId, content: 'x' });

const extend = ({ id: studentId }: Person) =>
  school.teacher.mutate('extendDeadline', {
    assignmentId,
    studentId,
    dueDate: school.inDays(2),
    note: 'Ill.',
    idempotencyKey: studentId,
  });

async function handInAll(student: Person): Promise<void> {
  const { course } = await student.must(
    'query ($id: ID!) { course(id: $id) { assignments { edges { node { id } } } } }',
    school.course,
  );
  for (const { node } of course.assignments.edges) await submit(student, node.id);
}

/** A connection: who reads it, where it is in an answer, and how to add a row before or after the existing ones. */
interface List {
  readonly by: () => Person;
  readonly query: (page: string) => string;
  readonly of: (data: Data) => Data;
  readonly row: string;
  readonly add: () => Promise<unknown>;
}

const inCourse = (field: string, page: string) =>
  `query ($id: ID!, $first: Int!, $after: String) { course(id: $id) { list: ${field}${page} } }`;

const lists: Record<string, List> = {
  'Query.courses': {
    by: () => school.teacher,
    query: (page) => `query ($first: Int!, $after: String) { list: courses${page} }`,
    of: (data) => data.list,
    row: 'id',
    add: () => school.teacher.mutate('createCourse', { name: 'Another course' }),
  },
  'Course.assignments': {
    by: () => students[1]!,
    query: (page) => inCourse('assignments', page),
    of: (data) => data.course.list,
    row: 'id dueDate',
    // The new row comes first: it has the earliest due date.
    add: () => school.assignment({ dueDate: school.inDays(0.5) }),
  },
  'Course.students': {
    by: () => school.teacher,
    query: (page) => inCourse('students', page),
    of: (data) => data.course.list,
    row: 'id',
    add: () => school.student(school.course),
  },
  'Course.leaderboard': {
    by: () => students[1]!,
    query: (page) => inCourse('leaderboard', page),
    of: (data) => data.course.list,
    row: 'rank auraPoints displayName level isMe',
    // The new row comes first: it has the most points.
    add: async () => handInAll(await school.student(school.course)),
  },
  'Course.leaderboard of a week': {
    by: () => students[1]!,
    query: (page) => inCourse('leaderboard', page.replace('(', '(period: WEEK, ')),
    of: (data) => data.course.list,
    row: 'rank auraPoints displayName level isMe',
    add: async () => handInAll(await school.student(school.course)),
  },
  'Assignment.submissions': {
    by: () => school.teacher,
    query: (page) =>
      `query ($first: Int!, $after: String) { assignment(id: "${assignmentId}") { list: submissions${page} } }`,
    of: (data) => data.assignment.list,
    row: 'id',
    // The new row comes first: it is the newest.
    add: async () => {
      server.clock.advance(1);
      await submit(await school.student(school.course), assignmentId);
    },
  },
  'Assignment.extensions': {
    by: () => school.teacher,
    query: (page) => `query ($first: Int!, $after: String) {
      assignment(id: "${assignmentId}") { list: extensions${page} } }`,
    of: (data) => data.assignment.list,
    row: 'student { id } note',
    add: async () => extend(await school.student(school.course)),
  },
  'Student.submissions': {
    by: () => school.teacher,
    query: (page) =>
      `query ($first: Int!, $after: String) { student(id: "${students[0]!.id}") { list: submissions${page} } }`,
    of: (data) => data.student.list,
    row: 'id',
    // The new row comes first: it is the newest.
    add: async () => {
      server.clock.advance(1);
      await submit(students[0]!, await school.assignment());
    },
  },
  'Student.rewards': {
    by: () => students[0]!,
    query: (page) => `query ($first: Int!, $after: String) { me { ... on Student { list: rewards${page} } } }`,
    of: (data) => data.me.list,
    row: 'id sequence',
    add: async () => submit(students[0]!, await school.assignment()),
  },
};

describe.each(Object.keys(lists))('%s', (name) => {
  const { by, query, of, row, add } = lists[name]!;
  const text = (page: string) => query(page);

  async function read(first: number, after: string | null = null): Promise<Data> {
    const page = `(first: $first, after: $after) {
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { ${row} } } }`;
    return of(await by().must(text(page), { id: school.course.id, first, after }));
  }

  /** All rows, page by page. */
  async function readAll(first: number, between: () => Promise<unknown> = async () => {}): Promise<Data[]> {
    const rows: Data[] = [];
    for (let after: string | null = null; ; ) {
      const { edges, pageInfo } = await read(first, after);
      rows.push(...edges.map(({ node }: Data) => node));
      expect(pageInfo).toMatchObject({
        hasPreviousPage: after !== null,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      });
      if (!pageInfo.hasNextPage) return rows;
      expect(edges).toHaveLength(first);
      after = pageInfo.endCursor;
      await between();
    }
  }

  const whole = async (): Promise<Data[]> => nodesOf(await read(100));

  test.each([1, 2, 3, 4, ROWS])('all rows, in pages of %i', async (first) => {
    const all = await whole();
    expect(all.length).toBeGreaterThanOrEqual(ROWS);
    expect(await readAll(first)).toEqual(all);
  });

  test('the cursor of any row continues after that row', async () => {
    const { edges } = await read(100);
    for (const [position, { cursor }] of edges.entries()) {
      expect(nodesOf(await read(100, cursor))).toEqual(nodesOf({ edges: edges.slice(position + 1) }));
    }
  });

  test('a cursor reveals nothing about its row, in any encoding', async () => {
    const secrets = await secretsOf();
    for (const { cursor } of (await read(100)).edges) {
      const readable = readingsOf(cursor);
      expect(secrets.filter((secret) => readable.some((text) => text.includes(secret)))).toEqual([]);
    }
  });

  test('two cursors of the same row share only their length', async () => {
    const [once, again] = [await read(100), await read(100)].map(({ edges }) =>
      edges.map(({ cursor }: Data) => cursor),
    );
    for (const [position, cursor] of once.entries()) {
      expect(again[position]).toHaveLength(cursor.length);
      expect(sharedRun(cursor, again[position])).toBeLessThan(8);
    }
    expect(new Set(once.map(({ length }: string) => length)).size).toBe(1);
  });

  test('no row follows the last one', async () => {
    const { edges } = await read(100);
    expect(await read(1, edges.at(-1).cursor)).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    });
  });

  test('rows that are added between pages do not move other rows', async () => {
    const before = await whole();
    let added = false;
    const rows = await readAll(2, async () => {
      if (!added) await add();
      added = true;
    });
    // A rank is calculated when the page is read. The rows and their order do not change.
    const who = ({ rank: _, ...others }: Data) => JSON.stringify(others);
    const known = new Set(before.map(who));
    expect(rows.map(who).filter((row) => known.has(row))).toEqual(before.map(who));
    expect(await whole()).toHaveLength(before.length + 1);
  });
});

test('an empty list has no cursor', async () => {
  const { me } = await (await newStudent(server)).must(
    '{ me { ... on Student { rewards { edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }',
  );
  expect(me.rewards).toEqual({
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  });
});

test('this file tests all connections of the schema', async () => {
  const types = Object.values((await createSchema()).getTypeMap()).filter(isObjectType);
  const connections = types.flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => /Connection!?$/.test(String(field.type)))
      .map((field) => `${type.name}.${field.name}`),
  );
  const listed = Object.keys(lists).map((name) => name.replace(' of a week', ''));
  expect([...new Set(listed)].sort()).toEqual(connections.sort());
});

const nodesOf = ({ edges }: Data): Data[] => edges.map(({ node }: Data) => node);

/** All decodings of a cursor that an attacker may try. */
function readingsOf(cursor: string): string[] {
  const bytes = Buffer.from(cursor, 'base64url');
  return [
    cursor,
    ...(['latin1', 'utf8', 'utf16le', 'hex', 'base64'] as const).map((encoding) => bytes.toString(encoding)),
  ];
}

/** All stored ids, names and addresses, in the forms in which a cursor could contain them. */
async function secretsOf(): Promise<string[]> {
  const secrets = new Set<string>();
  const collect = (value: unknown): void => {
    if (value instanceof Types.ObjectId) {
      const bytes = Buffer.from(value.toHexString(), 'hex');
      for (const encoding of ['hex', 'latin1', 'base64'] as const) secrets.add(bytes.toString(encoding));
    } else if (Array.isArray(value)) value.forEach(collect);
    else if (value?.constructor === Object) Object.values(value).forEach(collect);
  };
  for (const name of ['accounts', 'students', 'courses', 'assignments', 'submissions', 'rewards']) {
    for (const document of await mongoose.connection.collection(name).find({}).toArray()) {
      collect({ ...document });
      for (const field of ['email', 'displayName', 'name', 'title']) {
        if (typeof document[field] === 'string') secrets.add(document[field]);
      }
    }
  }
  return [...secrets];
}

/** The length of the longest common substring. */
function sharedRun(one: string, other: string): number {
  let longest = 0;
  for (let start = 0; start < one.length; start += 1) {
    while (other.includes(one.slice(start, start + longest + 1)) && start + longest < one.length) longest += 1;
  }
  return longest;
}
