/** Which acts by hand follow each other in the history of a scale school. */
import { gradeRow } from '../actions/grade-submission.js';
import { extensionOf as givenExtension } from '../granting/assignment-for-student.js';
import type { AssignmentRecord } from '../storage/models/assignment.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import {
  bonusOf,
  discardOf,
  extensionOf,
  gradeOf,
  restorationOf,
  revocationOf,
  type Staff,
  type Step,
} from './scale-acts.js';
import { type StudentHistory, submit } from './scale-history.js';

/** What an episode is about. Nothing was done to the submission and the session by hand before. */
export interface Occasion {
  readonly staff: Staff;
  readonly random: () => number;
  readonly submission: SubmissionRecord;
  /** The assignment of the submission. */
  readonly assignment: AssignmentRecord;
  /** The row of the submission. */
  readonly paid: RewardRecord;
  /** The row of a session. */
  readonly session: RewardRecord;
  /** An assignment that the student has not submitted. */
  readonly next: AssignmentRecord;
}

/** The steps of an episode. A step is one act, or the submission that follows it. Each comes days after the last. */
type Episode = (occasion: Occasion) => readonly Step[];

const DAY_MS = 86_400_000;
const daysAfter = (moment: Date, days: number): Date => new Date(moment.getTime() + days * DAY_MS);

const FEEDBACK = 'Clear. The last step is missing.';

const gradeIn = ({ staff, submission, random }: Occasion, feedback?: string | null): Step =>
  gradeOf(staff, submission, Math.floor(random() * 100), feedback);
const revoke = ({ staff, paid }: Occasion): Step => revocationOf(staff.teacherId, () => paid);
const extend = ({ staff, assignment, submission }: Occasion, days: number): Step =>
  extensionOf(staff, assignment, daysAfter(submission.submittedAt, days));

const bonus = ({ staff, random }: Pick<Occasion, 'staff' | 'random'>): Step =>
  bonusOf(staff, 1 + Math.floor(random() * 50));

const EPISODES: Readonly<Record<string, Episode>> = {
  bonus: (of) => [bonus(of)],
  'graded without feedback': (of) => [gradeIn(of, null)],
  'graded, and better later': (of) => [gradeIn(of, FEEDBACK), gradeOf(of.staff, of.submission, 100, undefined)],
  'the grade revoked, and graded again': (of) => [
    gradeIn(of, FEEDBACK),
    revocationOf(of.staff.teacherId, ({ ledger }) => gradeRow(ledger, of.submission) as RewardRecord),
    gradeIn(of),
  ],
  'a submission revoked': (of) => [revoke(of)],
  'a session revoked and restored': ({ staff, session }) => [
    revocationOf(staff.adminId, () => session),
    restorationOf(staff.adminId, session),
  ],
  'graded, discarded and handed in again': (of) => [
    gradeIn(of, FEEDBACK),
    discardOf(of.staff, of.submission),
    (history, at) => submit(history, of.assignment, at),
  ],
  'discarded and restored': (of) => [discardOf(of.staff, of.submission), restorationOf(of.staff.teacherId, of.paid)],
  'an extension that pays more': (of) => [extend(of, of.submission.late ? 0 : 6)],
  'an extension that pays nothing': (of) => [extend(of, -10)],
  'an extension of a revoked reward': (of) => [revoke(of), extend(of, 6)],
  'an extension for the next submission': ({ staff, next }) => [extensionOf(staff, next, daysAfter(next.dueDate, 7))],
  'an extension taken back': ({ staff, next }) => [
    extensionOf(staff, next, daysAfter(next.dueDate, 3)),
    extensionOf(staff, next, null),
  ],
};

/** Returns the steps of an episode about rows from anywhere in the history; a bonus if there are no such rows. */
export function nextEpisode(
  history: StudentHistory,
  assignments: readonly AssignmentRecord[],
  next: AssignmentRecord | undefined,
  staff: Staff,
  random: () => number,
): readonly Step[] {
  const episode = oneOf(Object.values(EPISODES), random)!;
  const occasion = occasionIn(history, assignments, next, staff, random);
  return occasion ? episode(occasion) : [bonus({ staff, random })];
}

function occasionIn(
  { student, ledger, submissions }: StudentHistory,
  assignments: readonly AssignmentRecord[],
  next: AssignmentRecord | undefined,
  staff: Staff,
  random: () => number,
): Occasion | null {
  const corrected = new Set(ledger.map(({ corrects }) => `${corrects}`));
  const isUntouched = ({ rewardId, assignmentId, grade }: SubmissionRecord) =>
    grade === undefined && !corrected.has(`${rewardId}`) && !givenExtension(student, assignmentId);
  const submission = oneOf(submissions.filter(isUntouched), random);
  const sessions = ledger.filter(({ _id, reason }) => reason === 'POMODORO_ENDED' && !corrected.has(`${_id}`));
  const session = oneOf(sessions, random);
  if (!submission || !session || !next || givenExtension(student, next._id)) return null;
  const assignment = assignments.find(({ _id }) => _id.equals(submission.assignmentId))!;
  const paid = ledger.find(({ _id }) => _id.equals(submission.rewardId))!;
  return { staff, random, submission, assignment, paid, session, next };
}

const oneOf = <Item>(items: readonly Item[], random: () => number): Item | undefined =>
  items[Math.floor(random() * items.length)];
