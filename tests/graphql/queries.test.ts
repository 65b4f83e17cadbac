import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { print } from 'graphql';
import { Types } from 'mongoose';
import { ensureAccount } from '../../src/actions/create-account.js';
import { discardSubmission } from '../../src/actions/discard-submission.js';
import { extendDeadline } from '../../src/actions/extend-deadline.js';
import { joinCourse } from '../../src/actions/join-course.js';
import { revokeReward } from '../../src/actions/revoke-reward.js';
import { createTokens } from '../../src/auth/tokens.js';
import { type ScaleSchool, seedScaleSchool } from '../../src/cli/scale-school.js';
import type { Role } from '../../src/storage/models/account.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import { ManualActModel } from '../../src/storage/models/manual-act.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';
import { useDatabase } from '../support/database.js';
import { type Command, planOf, readsOf, THROUGH_AN_INDEX } from '../support/explain.js';
import { givenAssignment, givenCourse, here, requestOf } from '../support/given.js';
import { JWT_SECRET, type RunningServer, startServer } from '../support/server.js';
import { type Ask, type DashboardQuery, dashboardQueries } from './dashboard-queries.js';

const FILE = fileURLToPath(new URL('../../docs/queries.md', import.meta.url));
const HOW_TO_UPDATE = 'Review the difference. If it is right, set UPDATE_DOCS=1 to write the file.';

/** Fewer than a page, and more than one. */
const FEW = 2;
const MANY = 101;
/** Fewer than half a page, so that a page has rows of both kinds. */
const MANY_CORRECTED = 40;
/** Courses of the teacher and of the first student, in addition to the one that all students take. */
const MANY_COURSES = 30;
const ASSIGNMENTS_EACH = 4;
/** Ledger rows of each student. */
const ROWS_EACH = 12;
const ROWS_OF_FIRST = 130;

const database = useDatabase();

describe('the database cost of the dashboards', () => {
  let server: RunningServer;
  let schools: Record<'few' | 'many', ScaleSchool>;

  beforeAll(async () => {
    server = await startServer({ demonstration: false });
    schools = { few: await schoolOf(FEW, 'few'), many: await schoolOf(MANY, 'many') };
    await addCourses(schools.many, MANY_COURSES);
    await correct(schools.few, FEW);
    await correct(schools.many, MANY_CORRECTED);
  });
  afterAll(() => server.close());

  test.each(dashboardQueries.map((query) => [query.name, query] as const))(
    '%s sends as many commands for 1 row as for 100, each through an index',
    async (_name, query) => {
      const few = await commandsOf(query, schools.few);
      const many = await commandsOf(query, schools.many);

      expect(namesOf(many)).toHaveLength(few.length);
      for (const command of many) {
        const examinedMoreThanTwice = command.aggregate !== undefined && command.aggregate === query.readsMoreOf;
        expect(await planOf(command)).toEqual({ ...THROUGH_AN_INDEX, examinedMoreThanTwice });
      }
    },
  );

  test('docs/queries.md lists all dashboard queries', async () => {
    const rows: string[] = [];
    for (const query of dashboardQueries) {
      const names = namesOf(await commandsOf(query, schools.many));
      rows.push(`| ${query.name} | ${names.length} | ${names.join(', ')} |`);
    }
    const seen = `${INTRODUCTION}\n${rows.join('\n')}\n`;
    if (process.env.UPDATE_DOCS) await writeFile(FILE, seen);
    expect({ hint: HOW_TO_UPDATE, seen }).toEqual({ hint: HOW_TO_UPDATE, seen: await readFile(FILE, 'utf8') });
  });

  /** The queries are about the first assignment. Its history has no extensions: only those that `correct` gives. */
  async function schoolOf(students: number, name: string): Promise<ScaleSchool> {
    const school = await seedScaleSchool({
      name,
      students,
      rows: ROWS_OF_FIRST + ROWS_EACH * (students - 1),
      rowsOfFirst: ROWS_OF_FIRST,
      seed: 1,
      now: new Date(),
      report: () => {},
    });
    const extended = new Set((await ManualActModel.distinct('assignmentId')).map(String));
    const isExtended = ({ _id }: AssignmentRecord) => extended.has(_id.toHexString());
    const assignments = school.assignments.toSorted(
      (one, other) => Number(isExtended(one)) - Number(isExtended(other)),
    );
    expect(isExtended(assignments[0]!)).toBe(false);
    return { ...school, assignments };
  }

  async function addCourses({ course, studentIds }: ScaleSchool, count: number): Promise<void> {
    for (let number = 0; number < count; number++) {
      const another = await givenCourse({ teacherId: course.teacherId });
      for (let each = 0; each < ASSIGNMENTS_EACH; each++) await givenAssignment(another);
      const studentId = studentIds[0]!;
      await joinCourse(here, { studentId, joinCode: another.joinCode, facts: requestOf(studentId) });
    }
  }

  /** Corrects as many rows of the first student, discards a submission, and extends a deadline for each student. */
  async function correct({ studentIds, assignments }: ScaleSchool, rows: number): Promise<void> {
    const { id } = await ensureAccount({
      email: 'admin@queries.example',
      password: 'a password of the tests',
      role: 'ADMIN',
      displayName: 'The Admin',
      timeZone: 'UTC',
      createdAt: new Date(),
    });
    const admin = { accountId: new Types.ObjectId(id), role: 'ADMIN' } as const;
    const common = () => ({
      teacher: admin,
      note: 'A note.',
      idempotencyKey: randomUUID(),
      facts: requestOf(admin.accountId, new Date()),
    });
    const [studentId] = studentIds as [Types.ObjectId];
    const corrected = await RewardModel.distinct('corrects', { studentId });
    const ledger = await RewardModel.find({ studentId, _id: { $nin: corrected }, corrects: { $exists: false } })
      .sort({ sequence: -1 })
      .limit(rows)
      .lean<RewardRecord[]>();
    for (const { _id } of ledger) await done(revokeReward(here, { ...common(), rewardId: _id.toHexString() }));
    const submission = await SubmissionModel.findOne({
      studentId,
      discardedAt: { $exists: false },
    }).lean<SubmissionRecord>();
    await done(discardSubmission(here, { ...common(), submissionId: submission!._id.toHexString() }));
    const dates = { dueDate: new Date(), closesAt: null };
    const assignmentId = assignments[0]!._id.toHexString();
    for (const each of studentIds)
      await done(extendDeadline(here, { ...common(), assignmentId, studentId: each.toHexString(), dates }));
  }

  async function done(act: Promise<{ readonly kind: string; readonly message?: string }>): Promise<void> {
    const { kind, message } = await act;
    if (kind === 'refused') throw new Error(message);
  }

  /** The commands of one request, after a first one: that one settles the points of the day for the leaderboard. */
  async function commandsOf(query: DashboardQuery, school: ScaleSchool): Promise<Command[]> {
    const token = await tokenOf(query.as, school);
    const ask: Ask = async (document, variables) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: print(document), variables }),
      });
      const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    };
    const cursor = (await query.prepare?.(ask, school)) ?? null;
    await query.send(ask, school, cursor);
    const sent = await readsOf(database.name, () => query.send(ask, school, cursor));
    // The server looks for ended sign-ins on a timer, not for a request.
    return sent.filter(({ find }) => find !== 'sign_ins');
  }
});

const INTRODUCTION = `# What the dashboards cost the database

tests/graphql/queries.test.ts generates this page. It sends each query for a course of ${FEW} and for one of ${MANY} students.
Both need the same number of commands. Each command uses an index: it has no collection scan and no blocking sort, and
examines at most twice as many documents as it returns.

| query | commands | which |
|---|---|---|`;

const namesOf = (commands: readonly Command[]): string[] =>
  commands
    .map((command) => {
      const [name] = Object.keys(command);
      return `${name} ${typeof command[name!] === 'string' ? command[name!] : 'documents'}`;
    })
    .sort();

const tokens = createTokens(JWT_SECRET, () => new Date(), { has: () => false });

async function tokenOf(role: Role, { course, studentIds }: ScaleSchool): Promise<string> {
  const accountId = (role === 'TEACHER' ? course.teacherId : studentIds[0]!).toHexString();
  return (await tokens.issueAccess({ accountId, role, signInId: 'none' })).token;
}
