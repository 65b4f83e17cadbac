/** Fourteen days of the demonstration class, with one of each act by hand. */
import type { Types } from 'mongoose';
import { discardSubmission } from '../actions/discard-submission.js';
import { endPomodoro } from '../actions/end-pomodoro.js';
import { extendDeadline } from '../actions/extend-deadline.js';
import { gradeSubmission } from '../actions/grade-submission.js';
import { grantBonus } from '../actions/grant-bonus.js';
import { restoreReward } from '../actions/restore-reward.js';
import { revokeReward } from '../actions/revoke-reward.js';
import { startPomodoro } from '../actions/start-pomodoro.js';
import { submitAssignment } from '../actions/submit-assignment.js';
import type { Committer } from '../granting/committer.js';
import type { ActDone } from '../granting/manual-acts.js';
import type { Refused } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import type { AssignmentRecord } from '../storage/models/assignment.js';
import type { CourseRecord } from '../storage/models/course.js';
import type { RewardRecord } from '../storage/models/reward.js';
import { StudentModel, type StudentRecord } from '../storage/models/student.js';
import { findSubmissionOfReward } from '../storage/submission-store.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

interface History {
  /** Minutes of the one focus session of each day, oldest day first, today last; 0: no session. */
  readonly focusMinutes: readonly number[];
  /** An assignment is named by its position in ASSIGNMENTS. */
  readonly submitted: readonly Submitted[];
  /** What the teacher did by hand, in order. */
  readonly acts: readonly Act[];
}

interface Submitted {
  readonly assignment: number;
  readonly daysAgo: number;
  /** Set if the teacher has discarded the first submission. */
  readonly again?: true;
}

type Act = { readonly daysAgo: number; readonly note: string } & (
  | { readonly kind: 'bonus'; readonly points: number }
  | { readonly kind: 'grade'; readonly assignment: number; readonly grade: number }
  | { readonly kind: 'revocation' | 'restoration' | 'discard'; readonly assignment: number }
  | { readonly kind: 'extension'; readonly assignment: number; readonly dueDaysAgo: number }
);

export const HISTORIES: Readonly<Record<string, History>> = {
  grace: {
    focusMinutes: [25, 50, 25, 25, 50, 25, 25, 50, 25, 25, 50, 25, 25, 25],
    submitted: [
      { assignment: 6, daysAgo: 10 },
      { assignment: 0, daysAgo: 5 },
      { assignment: 1, daysAgo: 2 },
      { assignment: 2, daysAgo: 1 },
    ],
    acts: [
      { kind: 'bonus', points: 25, daysAgo: 6, note: 'Helped three others to set up their tools.' },
      { kind: 'grade', assignment: 0, grade: 70, daysAgo: 3, note: 'Clear. The last step is missing.' },
      { kind: 'grade', assignment: 0, grade: 90, daysAgo: 2, note: 'Clear. I had overlooked the last step.' },
    ],
  },
  alan: {
    focusMinutes: [25, 0, 25, 25, 0, 0, 50, 25, 25, 0, 25, 0, 25, 25],
    submitted: [
      { assignment: 6, daysAgo: 8 },
      { assignment: 0, daysAgo: 1 },
    ],
    acts: [
      { kind: 'revocation', assignment: 6, daysAgo: 6, note: 'The same text as that of a classmate.' },
      { kind: 'restoration', assignment: 6, daysAgo: 5, note: 'The classmate had copied it. I am sorry.' },
      { kind: 'extension', assignment: 0, dueDaysAgo: 2, daysAgo: 0, note: 'Ill on the last day.' },
    ],
  },
  katherine: {
    focusMinutes: [50, 50, 75, 50, 25, 50, 50, 75, 50, 50, 25, 50, 50, 50],
    submitted: [
      { assignment: 6, daysAgo: 12 },
      { assignment: 0, daysAgo: 7 },
      { assignment: 1, daysAgo: 4 },
      { assignment: 1, daysAgo: 2, again: true },
      { assignment: 2, daysAgo: 3 },
      { assignment: 4, daysAgo: 1 },
    ],
    acts: [{ kind: 'discard', assignment: 1, daysAgo: 3, note: 'This is a text for another course.' }],
  },
  edsger: {
    focusMinutes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 25, 0],
    submitted: [{ assignment: 1, daysAgo: 2 }],
    acts: [],
  },
};

interface DemonstrationClass {
  readonly committer: Committer;
  readonly studentId: Types.ObjectId;
  readonly teacherId: Types.ObjectId;
  readonly course: CourseRecord;
  readonly assignments: readonly AssignmentRecord[];
  readonly now: Date;
}

/**
 * Creates the history day by day, oldest first. A day's focus session starts two hours before the current time of day.
 * Then comes what the student hands in, and a quarter of an hour before that time what the teacher does by hand.
 */
export async function createHistory(demo: DemonstrationClass, history: History): Promise<void> {
  const { focusMinutes, submitted, acts } = history;
  const { pomodoroCount } = mustExist(await StudentModel.findById(demo.studentId).lean<StudentRecord>());
  /** The row of each submission that counts, by its assignment. */
  const rows = new Map<number, RewardRecord>();
  let sessions = 0;
  for (const [day, minutes] of focusMinutes.entries()) {
    const daysAgo = focusMinutes.length - 1 - day;
    const start = new Date(demo.now.getTime() - daysAgo * DAY_MS - 2 * HOUR_MS);
    const after = (minutesLater: number) => new Date(start.getTime() + minutesLater * MINUTE_MS);
    if (minutes > 0) {
      sessions += 1;
      if (sessions > pomodoroCount) await focus(demo, minutes, start);
    }
    for (const each of submitted.filter((one) => one.daysAgo === daysAgo)) {
      rows.set(each.assignment, await submit(demo, each, after(90)));
    }
    for (const [position, act] of acts.entries()) {
      if (act.daysAgo === daysAgo) await actByHand(demo, act, `${position}`, rows, after(105));
    }
  }
}

const factsOf = (actorId: Types.ObjectId, receivedAt: Date): RequestFacts => ({
  requestId: 'demonstration',
  receivedAt,
  actorId,
});

async function focus({ committer, studentId }: DemonstrationClass, minutes: number, start: Date): Promise<void> {
  const started = done(
    await startPomodoro(committer, {
      studentId,
      plannedMinutes: minutes,
      device: 'laptop',
      assignmentId: null,
      facts: factsOf(studentId, start),
    }),
  );
  const { id: sessionId, startedAt } = started.session;
  done(
    await endPomodoro(committer, {
      studentId,
      sessionId: sessionId.toHexString(),
      idempotencyKey: null,
      facts: factsOf(studentId, new Date(startedAt.getTime() + minutes * MINUTE_MS)),
    }),
  );
}

/** @returns the row of the submission */
async function submit(
  { committer, studentId, assignments }: DemonstrationClass,
  { assignment, again }: Submitted,
  at: Date,
): Promise<RewardRecord> {
  const { _id, title } = mustExist(assignments[assignment]);
  const outcome = await submitAssignment(committer, {
    studentId,
    assignmentId: _id.toHexString(),
    content: `My work on "${title}"${again ? ', and now the right text' : ''}.`,
    idempotencyKey: `demonstration-${_id}${again ? '-again' : ''}`,
    facts: factsOf(studentId, at),
  });
  return done(outcome).reward;
}

async function actByHand(
  demo: DemonstrationClass,
  act: Act,
  name: string,
  rows: ReadonlyMap<number, RewardRecord>,
  at: Date,
): Promise<void> {
  const { committer, teacherId, now } = demo;
  const studentId = demo.studentId.toHexString();
  const { note } = act;
  const common = {
    teacher: { accountId: teacherId, role: 'TEACHER' } as const,
    idempotencyKey: `demonstration-${studentId}-${name}`,
    facts: factsOf(teacherId, at),
  };
  const perform = async (): Promise<ActDone | Refused> => {
    if (act.kind === 'bonus') {
      const courseId = demo.course._id.toHexString();
      return grantBonus(committer, { ...common, studentId, courseId, points: act.points, note });
    }
    const assignmentId = mustExist(demo.assignments[act.assignment])._id.toHexString();
    if (act.kind === 'extension') {
      const dates = { dueDate: new Date(now.getTime() - act.dueDaysAgo * DAY_MS), closesAt: null };
      return extendDeadline(committer, { ...common, studentId, assignmentId, dates, note });
    }
    const row = mustExist(rows.get(act.assignment));
    const rewardId = row._id.toHexString();
    if (act.kind === 'revocation') return revokeReward(committer, { ...common, rewardId, note });
    if (act.kind === 'restoration') return restoreReward(committer, { ...common, rewardId, note });
    const submissionId = mustExist(await findSubmissionOfReward(row))._id.toHexString();
    return act.kind === 'grade'
      ? gradeSubmission(committer, { ...common, submissionId, grade: act.grade, feedback: note })
      : discardSubmission(committer, { ...common, submissionId, note });
  };
  done(await perform());
}

/** @throws Error with the message of a refusal */
function done<Outcome extends { readonly kind: string }>(outcome: Outcome | Refused): Exclude<Outcome, Refused> {
  if (outcome.kind === 'refused') throw new Error((outcome as Refused).message);
  return outcome as Exclude<Outcome, Refused>;
}

function mustExist<Value>(value: Value | null | undefined): Value {
  if (value == null) throw new Error('the demonstration class was changed: a part of it is missing');
  return value;
}
