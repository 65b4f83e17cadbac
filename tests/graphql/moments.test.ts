/** Answers that are read while rewards are paid are consistent. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { createTokens } from '../../src/auth/tokens.js';
import { AccountModel } from '../../src/storage/models/account.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import { day, later } from '../rewards/given.js';
import { type Client, clientOf, type Data } from '../support/client.js';
import { useDatabase } from '../support/database.js';
import { elsewhere, givenAssignment, givenCourse, givenStudent, here, submit } from '../support/given.js';
import { JWT_SECRET, type RunningServer, startServer } from '../support/server.js';

useDatabase();

const STUDENTS = 24;
const ASSIGNMENTS = 20;
const READERS = 4;
/** Maximum number of reads of each reader, if the grants last that long. */
const READS = 40;
const PERIODS = ['ALL_TIME', 'WEEK', 'MONTH'] as const;

let server: RunningServer;
const now = new Date();
let course: CourseRecord;
let students: Types.ObjectId[];
let clients: Client[];
let teacher: Client;
let assignments: AssignmentRecord[];

beforeAll(async () => {
  server = await startServer({ demonstration: false, clock: () => now });
  course = await givenCourse();
  students = [];
  for (let each = 0; each < STUDENTS; each++) {
    students.push(await givenStudent({ courseIds: [course._id], createdAt: now }));
  }
  assignments = [];
  for (let each = 0; each < ASSIGNMENTS; each++) {
    // From 10 points to 100, so that rows overtake each other.
    assignments.push(await givenAssignment(course, { dueDate: later(now, ((each % 10) - 4) * day) }));
  }
  const tokens = createTokens(JWT_SECRET, () => new Date(), { has: () => false });
  const clientFor = async (id: Types.ObjectId, role: 'STUDENT' | 'TEACHER') =>
    clientOf(server.url, (await tokens.issueAccess({ accountId: id.toHexString(), role, signInId: 'none' })).token);
  clients = await Promise.all(students.map((student) => clientFor(student, 'STUDENT')));
  const name = { displayName: 'Ms Teacher', createdAt: now };
  const account = { email: 'teacher@moments.example', passwordHash: 'none', role: 'TEACHER' as const, ...name };
  await AccountModel.collection.insertOne({ _id: course.teacherId, ...account });
  teacher = await clientFor(course.teacherId, 'TEACHER');
});
afterAll(() => server.close());

const ROW = 'rank auraPoints level isMe';
const QUERY = `query ($course: ID!, $period: LeaderboardPeriod!, $first: Int!, $after: String) {
  course(id: $course) {
    leaderboard(period: $period, first: $first, after: $after) {
      me { ${ROW} } pageInfo { hasNextPage endCursor } edges { node { ${ROW} } }
    }
  }
}`;

interface Asked {
  readonly period: (typeof PERIODS)[number];
  readonly first: number;
  readonly after: string | null;
}

async function read(client: Client, asked: Asked): Promise<Data> {
  const { course: found } = await client.must(QUERY, { course: course._id.toHexString(), ...asked });
  return found.leaderboard;
}

/** @returns the contradictions inside one answer. It has none if all of it comes from one snapshot. */
function contradictions({ me, edges, pageInfo }: Data, { after }: Asked): string[] {
  const rows = edges.map(({ node }: Data) => node);
  const found: string[] = [];
  const must = (holds: boolean, what: string) => {
    if (!holds) found.push(what);
  };
  if (after === null && rows.length > 0) must(rows[0].rank === 1, `the first rank is ${rows[0].rank}`);
  for (const [position, row] of rows.entries()) {
    const before = rows[position - 1];
    if (!before) continue;
    must(row.auraPoints <= before.auraPoints, `${row.auraPoints} points come after ${before.auraPoints}`);
    const isEqual = row.auraPoints === before.auraPoints;
    must(isEqual ? row.rank === before.rank : row.rank > before.rank, `rank ${row.rank} comes after ${before.rank}`);
    // On the first page only: on later pages, the first row can share its rank with an earlier page.
    if (after === null && !isEqual) must(row.rank === position + 1, `rank ${row.rank} is in place ${position + 1}`);
  }
  const own = rows.find(({ isMe }: Data) => isMe);
  if (own)
    must(JSON.stringify(own) === JSON.stringify(me), `me is ${JSON.stringify(me)} and my row ${JSON.stringify(own)}`);
  else if (me) checkAbsentRow(me, rows, after, pageInfo, must);
  return found;
}

/** Checks an answer whose page does not contain my row: my rank and points must belong on another page. */
function checkAbsentRow(
  me: Data,
  rows: Data[],
  after: string | null,
  pageInfo: Data,
  must: (holds: boolean, what: string) => void,
) {
  for (const row of rows) {
    const isHigher = Math.sign(me.auraPoints - row.auraPoints);
    must(Math.sign(row.rank - me.rank) === isHigher, `I am ${me.rank} with ${me.auraPoints}: ${JSON.stringify(row)}`);
  }
  const last = rows.at(-1);
  if (after === null) {
    must(pageInfo.hasNextPage, 'I am ranked, and on none of the pages');
    must(
      !last || me.auraPoints <= last.auraPoints,
      `I have ${me.auraPoints}, and the page ends with ${last?.auraPoints}`,
    );
  }
}

test('contradictions() finds an inconsistent answer', () => {
  const row = (rank: number, auraPoints: number, isMe = false) => ({ node: { rank, auraPoints, level: 0, isMe } });
  const asked = { period: 'WEEK', first: 5, after: null } as const;
  const pageInfo = { hasNextPage: true };
  const judged = (me: Data, ...edges: Data[]) => contradictions({ me: me?.node ?? null, edges, pageInfo }, asked);
  expect(judged(row(1, 5, true), row(1, 5, true), row(2, 4), row(2, 4), row(4, 3))).toEqual([]);
  expect(judged(null, row(4, 5))).toHaveLength(1);
  expect(judged(null, row(1, 5), row(2, 6))).toHaveLength(1);
  expect(judged(null, row(1, 5), row(3, 4))).toHaveLength(1);
  expect(judged(null, row(1, 5), row(2, 5))).toHaveLength(1);
  expect(judged(row(1, 6, true), row(1, 5, true))).toHaveLength(1);
  expect(judged(row(2, 6, true), row(1, 5))).not.toEqual([]);
});

describe('while rewards are paid', () => {
  test('each of several hundred leaderboards comes from one snapshot', async () => {
    let isPaying = true;
    const paying = payEverything(assignments).finally(() => {
      isPaying = false;
    });
    const wrong: string[] = [];
    let judged = 0;
    const reading = Array.from({ length: READERS }, async (_, reader) => {
      for (let each = 0; each < READS || isPaying; each++) {
        const asked: Asked = { period: PERIODS[each % 3]!, first: 1 + ((each * 7) % 12), after: null };
        const board = await read(clients[(each * 5 + reader) % STUDENTS]!, asked);
        wrong.push(...contradictions(board, asked).map((what) => `${JSON.stringify(asked)}: ${what}`));
        judged += 1;
        const next: Asked = { ...asked, after: board.pageInfo.endCursor };
        if (board.pageInfo.endCursor) {
          wrong.push(
            ...contradictions(await read(clients[each % STUDENTS]!, next), next).map((what) => `behind: ${what}`),
          );
          judged += 1;
        }
      }
    });
    await Promise.all([paying, ...reading]);
    expect(wrong).toEqual([]);
    expect(judged).toBeGreaterThan(READERS * READS);
  });
});

test('a ledger that is read while rewards are paid has exactly the rewards that the student includes', async () => {
  const more: AssignmentRecord[] = [];
  for (let each = 0; each < 15; each++) more.push(await givenAssignment(course, { dueDate: now }));
  let isPaying = true;
  const paying = payEverything(more).finally(() => {
    isPaying = false;
  });
  const progress = 'level xp lifetimeXp auraPoints';
  const student = `${progress} rewards(first: 1) { edges { node { after { ${progress} } } } }`;
  const seen: Data[] = [];
  while (isPaying) {
    const [{ me }, { course: roster }] = await Promise.all([
      clients[0]!.must(`{ me { ... on Student { ${student} } } }`),
      teacher.must(`{ course(id: "${course._id}") { students(first: 100) { edges { node { ${student} } } } } }`),
    ]);
    seen.push(me, ...roster.students.edges.map(({ node }: Data) => node));
  }
  await paying;
  expect(seen.length).toBeGreaterThan(STUDENTS);
  for (const { rewards, ...stands } of seen) {
    expect(stands).toEqual(rewards.edges[0]?.node.after ?? { level: 0, xp: 0, lifetimeXp: 0, auraPoints: 0 });
  }
});

/** Submits every assignment for every student, through two committers. */
async function payEverything(handedIn: readonly AssignmentRecord[]): Promise<void> {
  for (const [number, assignment] of handedIn.entries()) {
    await Promise.all(
      students.map((student, each) =>
        submit(student, assignment, { at: now, by: (number + each) % 2 ? here : elsewhere }),
      ),
    );
  }
}
