/** Acts by hand in tests: what teachers and admins do, and the class that they do it to. Needs useDatabase(). */
import { expect } from '@jest/globals';
import { Types } from 'mongoose';
import { discardSubmission } from '../../src/actions/discard-submission.js';
import { extendDeadline } from '../../src/actions/extend-deadline.js';
import { gradeSubmission } from '../../src/actions/grade-submission.js';
import { grantBonus } from '../../src/actions/grant-bonus.js';
import { grantBonuses } from '../../src/actions/grant-bonuses.js';
import { restoreReward } from '../../src/actions/restore-reward.js';
import { revokeReward } from '../../src/actions/revoke-reward.js';
import type { Teacher } from '../../src/auth/course-access.js';
import type { ActDone } from '../../src/granting/manual-acts.js';
import type { Refused } from '../../src/granting/refusal.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import { ManualActModel, type ManualActRecord } from '../../src/storage/models/manual-act.js';
import { type ManualOperation, RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';
import { later, minute, noon } from '../rewards/given.js';
import { type NaiveRow, naiveStudent, naiveSubmissionPoints } from '../rewards/naive-student.js';
import { expectExactLedger } from './exact-ledger.js';
import { givenClass, here, requestOf, type Sending, storedStudent, submit } from './given.js';
import { rewarded } from './replays.js';

/** How an act is sent. A key of its own by default, so that each call is another request. */
export interface ByHand extends Sending {
  readonly teacher?: Teacher;
  readonly note?: string;
}

export const admin: Teacher = { accountId: new Types.ObjectId(), role: 'ADMIN' };

export const teacherOf = ({ teacherId }: CourseRecord): Teacher => ({ accountId: teacherId, role: 'TEACHER' });

const afternoon = later(noon, 60 * minute);

let keys = 0;

function sent({ teacher = admin, note = 'Because.', key, at = afternoon }: ByHand) {
  keys += 1;
  return { teacher, note, idempotencyKey: key ?? `key-${keys}`, facts: requestOf(teacher.accountId, at) };
}

type Id = Types.ObjectId | string;
type WithId = { readonly _id: Types.ObjectId };

export const revoke = (reward: WithId | Id, options: ByHand = {}) =>
  revokeReward(options.by ?? here, { rewardId: idOf(reward), ...sent(options) });

export const restore = (reward: WithId | Id, options: ByHand = {}) =>
  restoreReward(options.by ?? here, { rewardId: idOf(reward), ...sent(options) });

export const discard = (submission: WithId | Id, options: ByHand = {}) =>
  discardSubmission(options.by ?? here, { submissionId: idOf(submission), ...sent(options) });

export const grade = (
  submission: WithId | Id,
  points: number,
  options: ByHand & { readonly feedback?: string | null } = {},
) =>
  gradeSubmission(options.by ?? here, {
    submissionId: idOf(submission),
    grade: points,
    feedback: options.feedback,
    ...sent(options),
  });

export const bonus = (student: WithId | Id, course: WithId | Id, points: number, options: ByHand = {}) =>
  grantBonus(options.by ?? here, { studentId: idOf(student), courseId: idOf(course), points, ...sent(options) });

export const bonuses = (
  students: readonly (WithId | Id)[] | null,
  course: WithId | Id,
  points: number,
  options: ByHand = {},
) =>
  grantBonuses(options.by ?? here, {
    studentIds: students === null ? null : students.map(idOf),
    courseId: idOf(course),
    points,
    ...sent(options),
  });

/** @param dates null takes the extension back */
export const extend = (
  student: WithId | Id,
  assignment: WithId | Id,
  dates: { readonly dueDate: Date; readonly closesAt?: Date | null } | null,
  options: ByHand = {},
) =>
  extendDeadline(options.by ?? here, {
    studentId: idOf(student),
    assignmentId: idOf(assignment),
    dates: dates && { dueDate: dates.dueDate, closesAt: dates.closesAt ?? null },
    ...sent(options),
  });

function idOf(named: WithId | Id): string {
  return typeof named === 'string' || named instanceof Types.ObjectId ? named.toString() : named._id.toHexString();
}

/** @returns what an act did. @throws Error if it was refused */
export function done(outcome: ActDone | Refused): ActDone {
  if (outcome.kind === 'refused') throw new Error(`refused: ${outcome.code}: ${outcome.message}`);
  return outcome;
}

/** Creates a class whose student has handed in, on time by default. @returns the class, the submission and its reward */
export async function givenSubmitted(overrides: Parameters<typeof givenClass>[0] = {}, sending: Sending = {}) {
  const given = await givenClass(overrides);
  const { reward, submission } = rewarded(await submit(given.student, given.assignment, sending));
  return { ...given, reward, submission: submission!, teacher: teacherOf(given.course) };
}

export const storedSubmission = (_id: Types.ObjectId) => SubmissionModel.findById(_id).lean<SubmissionRecord>();
export const storedActs = (studentId: Types.ObjectId) =>
  ManualActModel.find({ studentIds: studentId }).sort({ _id: 1 }).lean<ManualActRecord[]>();

const KINDS: Readonly<Record<string, NaiveRow['kind']>> = {
  AssignmentSubmitted: 'submission',
  PomodoroEnded: 'session',
  BonusGranted: 'bonus',
  SubmissionGraded: 'grade',
};

/** Reads a ledger the plain way: the rows of their own, each with what the corrections after it made of it. */
export function naiveRows(ledger: readonly RewardRecord[]): { rows: NaiveRow[]; own: RewardRecord[] } {
  const own = ledger.filter(({ corrects }) => corrects === undefined);
  const rows = own.map(({ action, xp, localDate, grantedAt }) => {
    const seconds = action.kind === 'PomodoroEnded' ? action.focusedSeconds : 0;
    return { kind: KINDS[action.kind]!, points: xp, isRevoked: false, localDate, at: grantedAt, seconds };
  });
  for (const { corrects, action, xp, worth } of ledger) {
    const row = rows[own.findIndex(({ _id }) => corrects?.equals(_id))];
    if (!row) continue;
    expect(worth).toBe((row.isRevoked ? 0 : row.points) + xp);
    if (action.kind === 'RewardRevoked') row.isRevoked = true;
    else if (action.kind === 'RewardRestored') row.isRevoked = false;
    else if (action.kind === 'SubmissionRegraded') Object.assign(row, { points: worth, isRevoked: false });
    else if (action.kind === 'DeadlineExtended') {
      row.points = Math.max(row.points, naiveSubmissionPoints(action.dueDate, row.at));
    }
    expect(worth).toBe(row.isRevoked ? 0 : row.points);
  }
  return { rows, own };
}

/**
 * Asserts that a ledger with corrections is exact by the rules of `npm run verify-ledger`, and also by the naive account,
 * which does not use the fold of src/rewards.
 * @returns the rows, in order
 */
export async function expectExplained(studentId: Types.ObjectId): Promise<RewardRecord[]> {
  await expectExactLedger(studentId);
  const ledger = await RewardModel.find({ studentId }).sort({ sequence: 1 }).lean<RewardRecord[]>();
  const student = await storedStudent(studentId);
  expect(ledger.map(({ sequence }) => sequence)).toEqual(ledger.map((_, position) => position + 1));
  expect(student.sequence).toBe(ledger.length);
  let progress = { level: 0, xp: 0, lifetimeXp: 0, auraPoints: 0 };
  for (const { before, after, xp, auraPoints, lines } of ledger) {
    expect(before).toEqual(progress);
    const [lifetimeXp, aura] = [before.lifetimeXp + xp, before.auraPoints + auraPoints];
    expect(after).toMatchObject({ lifetimeXp, auraPoints: aura });
    expect(lines.reduce((sum, { points }) => sum + points, 0)).toBe(xp);
    progress = after;
  }
  const { rows, own } = naiveRows(ledger);
  const naive = naiveStudent(rows, 'discard');
  const { badges: ids, ...state } = naive.state;
  expect(student).toMatchObject({ ...progress, ...state });
  expect(student.badges.map(({ badgeId }) => badgeId)).toEqual(ids);
  expect(student.badges).toEqual(
    naive.badges.map(({ badgeId, sequence }) => {
      const { _id, grantedAt } = own[sequence - 1]!;
      return { badgeId, unlockedAt: grantedAt, rewardId: _id };
    }),
  );
  expect(student.dayZone).toBe(naiveDayZone(rows, own));
  const { asOfDay, week, month } = student.auraWindow;
  const pointsSince = (days: number) =>
    rows
      .filter(({ at, isRevoked }) => !isRevoked && Math.floor(at.getTime() / 86_400_000) > asOfDay - days)
      .reduce((sum, { points }) => sum + points, 0);
  expect({ week, month }).toEqual({ week: pointsSince(7), month: pointsSince(30) });
  return ledger;
}

/** The zone that the row says with which the last active day began. */
function naiveDayZone(rows: readonly NaiveRow[], own: readonly RewardRecord[]): string | null {
  let [latest, zone]: (string | null)[] = ['', null];
  for (const [position, { kind, isRevoked, localDate }] of rows.entries()) {
    if (isRevoked || kind === 'bonus' || kind === 'grade' || localDate <= latest!) continue;
    latest = localDate;
    zone = own[position]!.dayZone!;
  }
  return zone!;
}

/** One of the seven operations, and a request for it, in a form that one test can run for all of them. */
export interface HandOccasion {
  /** The students whom it concerns. */
  readonly students: readonly Types.ObjectId[];
  /** Sends the request. Every call sends the same one; only `sending` can differ. */
  readonly request: (sending: { readonly key: string; readonly by?: ByHand['by'] }) => Promise<Answer>;
  /** Sends another request of the same account, about other students. */
  readonly another: (sending: { readonly key: string; readonly by?: ByHand['by'] }) => Promise<Answer>;
  /** Sends the request with one field changed. */
  readonly changed: (sending: { readonly key: string; readonly by?: ByHand['by'] }) => Promise<Answer>;
}

/** What a request did: for each student, the rows and whether it was a replay. */
export interface Answer {
  readonly refused: string | null;
  readonly rows: readonly RewardRecord[];
  readonly replayed: readonly boolean[];
}

const answer = (outcome: ActDone | Refused): Answer =>
  outcome.kind === 'refused'
    ? { refused: outcome.code, rows: [], replayed: [] }
    : { refused: null, rows: outcome.rewards, replayed: [outcome.replayed] };

function answerOfMany(outcome: Awaited<ReturnType<typeof bonuses>>): Answer {
  if (outcome.kind === 'refused') return answer(outcome);
  const each = outcome.entries.map((entry) => done(entry.outcome));
  return { refused: null, rows: each.flatMap(({ rewards }) => rewards), replayed: each.map((one) => one.replayed) };
}

interface HandMutation {
  readonly name: ManualOperation;
  /** How many rows it writes for its student. */
  readonly rows: number;
  /** The commands of its transaction. */
  readonly writes: readonly string[];
  readonly prepare: () => Promise<HandOccasion>;
}

/** Two classes of one teacher: the same request for either of them. */
async function inTwoClasses(
  prepare: (teacher: Teacher) => Promise<{
    readonly student: Types.ObjectId;
    readonly send: (options: ByHand) => Promise<ActDone | Refused>;
  }>,
): Promise<HandOccasion> {
  const [one, other] = [await prepare(admin), await prepare(admin)];
  return {
    students: [one.student],
    request: async (sending) => answer(await one.send(sending)),
    another: async (sending) => answer(await other.send(sending)),
    changed: async (sending) => answer(await one.send({ ...sending, note: 'For another reason.' })),
  };
}

const REGRADED = later(noon, 30 * minute);
const changing = ['update students', 'update submissions', 'insert rewards', 'insert manual_acts', 'commitTransaction'];
const paying = ['update students', 'insert rewards', 'insert manual_acts', 'commitTransaction'];

export const handMutations: readonly HandMutation[] = [
  {
    name: 'grantBonus',
    rows: 1,
    writes: paying,
    prepare: () =>
      inTwoClasses(async () => {
        const { student, course } = await givenSubmitted();
        return { student, send: (options) => bonus(student, course, 70, options) };
      }),
  },
  {
    name: 'grantBonuses',
    rows: 1,
    writes: ['update students', 'insert rewards', 'commitTransaction'],
    async prepare() {
      const classes = [await givenSubmitted(), await givenSubmitted()] as const;
      const send =
        (which: 0 | 1, note = 'Because.') =>
        async (options: ByHand) =>
          answerOfMany(await bonuses([classes[which].student], classes[which].course, 70, { note, ...options }));
      return {
        students: [classes[0].student],
        request: send(0),
        another: send(1),
        changed: send(0, 'For another reason.'),
      };
    },
  },
  {
    name: 'gradeSubmission',
    rows: 1,
    writes: changing,
    prepare: () =>
      inTwoClasses(async () => {
        const { student, submission } = await givenSubmitted();
        const send = ({ note, ...options }: ByHand) =>
          grade(submission, 80, { ...options, ...(note !== undefined && { feedback: note }) });
        return { student, send };
      }),
  },
  {
    name: 'revokeReward',
    rows: 1,
    writes: paying,
    prepare: () =>
      inTwoClasses(async () => {
        const { student, submission } = await givenSubmitted();
        const [graded] = done(await grade(submission, 100, { at: REGRADED })).rewards;
        return { student, send: (options) => revoke(graded!, options) };
      }),
  },
  {
    name: 'restoreReward',
    rows: 1,
    writes: changing,
    prepare: () =>
      inTwoClasses(async () => {
        const { student, submission, reward } = await givenSubmitted();
        done(await discard(submission, { at: REGRADED }));
        return { student, send: (options) => restore(reward, options) };
      }),
  },
  {
    name: 'discardSubmission',
    rows: 2,
    writes: changing,
    prepare: () =>
      inTwoClasses(async () => {
        const { student, submission } = await givenSubmitted();
        done(await grade(submission, 60, { at: REGRADED }));
        return { student, send: (options) => discard(submission, options) };
      }),
  },
  {
    name: 'extendDeadline',
    rows: 1,
    writes: changing,
    prepare: () =>
      inTwoClasses(async () => {
        const { student, assignment } = await givenSubmitted({ dueDate: later(noon, -minute) });
        return { student, send: (options) => extend(student, assignment, { dueDate: noon }, options) };
      }),
  },
];
