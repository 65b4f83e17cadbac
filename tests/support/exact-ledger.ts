import { expect } from '@jest/globals';
import type { Model, Types } from 'mongoose';
import { stateOf } from '../../src/actions/pay-reward.js';
import {
  decideReward,
  isLate,
  newStudentState,
  progressOf,
  type RewardDecision,
  rulesOf,
} from '../../src/rewards/index.js';
import {
  type AuraWindow,
  addAura,
  emptyAuraWindow,
  settleAuraWindow,
  utcDayOf,
} from '../../src/storage/aura-window.js';
import { PomodoroSessionModel, type PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { StudentModel, type StudentRecord } from '../../src/storage/models/student.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';

/** All that is stored of one student. */
interface Books {
  readonly student: StudentRecord;
  /** In the order of their sequence. */
  readonly rewards: RewardRecord[];
  readonly submissions: SubmissionRecord[];
  readonly sessions: PomodoroSessionRecord[];
}

/**
 * Fails unless the ledger of a student is exact: its rows run 1..n, each begins where the one before ended and pays
 * what the rules of its version say of its action; folded, they are the stored student; each badge names the row that
 * crossed its threshold; and every submission and completed session has its reward and every reward its subject.
 * @returns the rows, in order, for whatever else a test has to say of them
 */
export async function expectExactLedger(studentId: Types.ObjectId): Promise<RewardRecord[]> {
  const books = await readBooks(studentId);
  await expectDeclaredDocuments(books);
  expectRows(books);
  expectSums(books);
  expectBadges(books);
  expectSubmissions(books);
  expectSessions(books);
  return books.rewards;
}

async function readBooks(studentId: Types.ObjectId): Promise<Books> {
  const [student, rewards, submissions, sessions] = await Promise.all([
    StudentModel.findById(studentId).lean<StudentRecord>(),
    RewardModel.find({ studentId }).sort({ sequence: 1 }).lean<RewardRecord[]>(),
    SubmissionModel.find({ studentId }).sort({ _id: 1 }).lean<SubmissionRecord[]>(),
    PomodoroSessionModel.find({ studentId }).sort({ _id: 1 }).lean<PomodoroSessionRecord[]>(),
  ]);
  if (!student) throw new Error(`there is no student ${studentId}`);
  return { student, rewards, submissions, sessions };
}

/** Documents are written past mongoose: each must still be what its model declares, no more and no less. */
async function expectDeclaredDocuments({ student, rewards, submissions, sessions }: Books): Promise<void> {
  await expectDeclared(StudentModel, [student]);
  await expectDeclared(RewardModel, rewards);
  await expectDeclared(SubmissionModel, submissions);
  await expectDeclared(PomodoroSessionModel, sessions);
}

async function expectDeclared<Document>(model: Model<Document>, documents: readonly Document[]): Promise<void> {
  for (const document of documents) {
    const declared = new model(document, undefined, { strict: 'throw' });
    await declared.validate();
    expect(declared.toObject()).toEqual(document);
  }
}

/** Each row says what the rules decide of its action, and all of them make the student. */
function expectRows({ student, rewards }: Books): void {
  expect(rewards.map(({ sequence }) => sequence)).toEqual(rewards.map((_, position) => position + 1));
  expect(student.sequence).toBe(rewards.length);
  let state = newStudentState;
  for (const row of rewards) {
    const decision = decideReward(state, row.action, rulesOf(row.rulesVersion));
    expect(saidBy(row)).toEqual(decidedBy(decision, row));
    state = decision.state;
  }
  expect(stateOf(student)).toEqual(state);
}

/** What a row says that the rules decide. */
function saidBy(row: RewardRecord) {
  const { xp, auraPoints, lines, before, after, leveledUp, surplusDiscarded, badges, streak, localDate } = row;
  return { xp, auraPoints, lines, before, after, leveledUp, surplusDiscarded, badges, streak, localDate };
}

function decidedBy(decision: RewardDecision, { action }: RewardRecord): ReturnType<typeof saidBy> {
  const { xp, auraPoints, lines, before, after, leveledUp, surplusDiscarded, newBadges, state } = decision;
  return {
    ...{ xp, auraPoints, before, after, leveledUp, surplusDiscarded },
    lines: [...lines],
    badges: [...newBadges],
    streak: state.streak,
    localDate: action.localDate,
  };
}

/** The same without asking the rules: a balance is the sum of what was paid, and no row forgets the one before. */
function expectSums({ student, rewards }: Books): void {
  const sum = (of: (row: RewardRecord) => number) => rewards.reduce((total, row) => total + of(row), 0);
  expect(student.lifetimeXp).toBe(sum(({ xp }) => xp));
  expect(student.auraPoints).toBe(sum(({ auraPoints }) => auraPoints));
  const progress = [progressOf(newStudentState), ...rewards.map(({ after }) => after)];
  expect([...rewards.map(({ before }) => before), progressOf(student)]).toEqual(progress);
  for (const { lines, xp } of rewards) expect(lines.reduce((total, { points }) => total + points, 0)).toBe(xp);
  const window = rewards.reduce(
    (days: AuraWindow, { grantedAt, auraPoints }) => addAura(days, utcDayOf(grantedAt), auraPoints),
    emptyAuraWindow,
  );
  expect(student.auraWindow).toEqual(settleAuraWindow(window, student.auraWindow.asOfDay));
}

/** In the order in which they were unlocked, each by the one row that crossed its threshold. */
function expectBadges({ student, rewards }: Books): void {
  const crossed = rewards.flatMap(({ _id: rewardId, badges, grantedAt: unlockedAt }) =>
    badges.map((badgeId) => ({ badgeId, unlockedAt, rewardId })),
  );
  expect(student.badges).toEqual(crossed);
}

function expectSubmissions({ rewards, submissions }: Books): void {
  const handedIn = submissions.map(
    ({ rewardId, assignmentId, submittedAt, late }) =>
      [rewardId.toHexString(), { assignmentId, submittedAt, late }] as const,
  );
  const paid = rewards.flatMap(({ _id, subject, action }) =>
    action.kind === 'AssignmentSubmitted'
      ? [
          [
            _id.toHexString(),
            { assignmentId: subject.id, submittedAt: action.at, late: isLate(action.dueDate, action.at) },
          ] as const,
        ]
      : [],
  );
  expect(submissions).toHaveLength(paid.length);
  expect(new Map(handedIn)).toEqual(new Map(paid));
}

function expectSessions({ student, rewards, sessions }: Books): void {
  const completed = sessions.filter(({ status }) => status === 'COMPLETED');
  const focused = completed.map(
    ({ rewardId, _id, plannedMinutes, focusedSeconds, requestKey }) =>
      [rewardId?.toHexString(), { _id, plannedMinutes, focusedSeconds, requestKey }] as const,
  );
  const paid = rewards.flatMap(({ _id, subject, action, requestKey }) =>
    action.kind === 'PomodoroEnded'
      ? [
          [
            _id.toHexString(),
            {
              _id: subject.id,
              plannedMinutes: action.plannedMinutes,
              focusedSeconds: action.focusedSeconds,
              requestKey,
            },
          ] as const,
        ]
      : [],
  );
  expect(completed).toHaveLength(paid.length);
  expect(new Map(focused)).toEqual(new Map(paid));
  for (const { status, rewardId } of sessions) expect(rewardId === null).toBe(status !== 'COMPLETED');
  expect(sessions.map(({ _id }) => _id.toHexString())).not.toContain(student.runningPomodoro?.id.toHexString());
}
