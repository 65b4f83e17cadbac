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

interface Common {
  readonly staff: Staff;
  readonly random: () => number;
}

/** A submission that counts, and to which nothing was done by hand. */
interface Subject extends Common {
  readonly submission: SubmissionRecord;
  readonly assignment: AssignmentRecord;
  readonly paid: RewardRecord;
}

/** The steps of an episode. A step is one act, or the submission that follows it. Each comes days after the last. */
type Episode<Of> = (of: Of) => readonly Step[];

const DAY_MS = 86_400_000;
const daysAfter = (moment: Date, days: number): Date => new Date(moment.getTime() + days * DAY_MS);

const FEEDBACK = 'Clear. The last step is missing.';

const gradeIn = ({ staff, submission, random }: Subject, feedback?: string | null): Step =>
  gradeOf(staff, submission, Math.floor(random() * 100), feedback);
const revoke = ({ staff, paid }: Subject): Step => revocationOf(staff.teacherId, () => paid);
const extend = ({ staff, assignment, submission }: Subject, days: number): Step =>
  extensionOf(staff, assignment, daysAfter(submission.submittedAt, days));

const OF_SUBMISSION: Readonly<Record<string, Episode<Subject>>> = {
  'graded without feedback': (of) => [gradeIn(of, null)],
  'graded, and better later': (of) => [gradeIn(of, FEEDBACK), gradeOf(of.staff, of.submission, 100, undefined)],
  'the grade revoked, and graded again': (of) => [
    gradeIn(of, FEEDBACK),
    revocationOf(of.staff.teacherId, ({ ledger }) => gradeRow(ledger, of.submission) as RewardRecord),
    gradeIn(of),
  ],
  revoked: (of) => [revoke(of)],
  'graded, discarded and handed in again': (of) => [
    gradeIn(of, FEEDBACK),
    discardOf(of.staff, of.submission),
    (history, at) => submit(history, of.assignment, at),
  ],
  'discarded and restored': (of) => [discardOf(of.staff, of.submission), restorationOf(of.staff.teacherId, of.paid)],
  'an extension that pays more': (of) => [extend(of, of.submission.late ? 0 : 6)],
  'an extension that pays nothing': (of) => [extend(of, -10)],
  'an extension of a revoked reward': (of) => [revoke(of), extend(of, 6)],
};

const OF_SESSION: Readonly<Record<string, Episode<Common & { readonly session: RewardRecord }>>> = {
  'revoked and restored': ({ staff, session }) => [
    revocationOf(staff.adminId, () => session),
    restorationOf(staff.adminId, session),
  ],
};

/** Of an assignment that the student has not submitted. */
const OF_NEXT: Readonly<Record<string, Episode<Common & { readonly next: AssignmentRecord }>>> = {
  'an extension': ({ staff, next }) => [extensionOf(staff, next, daysAfter(next.dueDate, 7))],
  'an extension that is taken back': ({ staff, next }) => [
    extensionOf(staff, next, daysAfter(next.dueDate, 3)),
    extensionOf(staff, next, null),
  ],
};

const OF_STUDENT: Readonly<Record<string, Episode<Common>>> = {
  'a bonus': ({ staff, random }) => [bonusOf(staff, 1 + Math.floor(random() * 50))],
};

/**
 * Returns the steps of an episode, about rows from anywhere in the history.
 * @param next the assignment that the student submits next
 */
export function nextEpisode(
  { student, ledger, submissions }: StudentHistory,
  assignments: readonly AssignmentRecord[],
  next: AssignmentRecord | undefined,
  common: Common,
): readonly Step[] {
  const corrected = new Set(ledger.map(({ corrects }) => `${corrects}`));
  const isExtended = (assignmentId: AssignmentRecord['_id']) => givenExtension(student, assignmentId) !== undefined;
  const untouched = submissions.filter(
    ({ rewardId, assignmentId, grade }) =>
      grade === undefined && !corrected.has(`${rewardId}`) && !isExtended(assignmentId),
  );
  const sessions = ledger.filter(({ _id, reason }) => reason === 'POMODORO_ENDED' && !corrected.has(`${_id}`));
  const submission = oneOf(untouched, common.random);
  const session = oneOf(sessions, common.random);
  const episodes = [
    ...episodesOf(OF_STUDENT, common),
    ...episodesOf(OF_SUBMISSION, submission && { ...common, ...subjectOf(submission, ledger, assignments) }),
    ...episodesOf(OF_SESSION, session && { ...common, session }),
    ...episodesOf(OF_NEXT, next && !isExtended(next._id) ? { ...common, next } : undefined),
  ];
  return oneOf(episodes, common.random)!();
}

/** @param of undefined: there is nothing that they could be about */
const episodesOf = <Of>(episodes: Readonly<Record<string, Episode<Of>>>, of: Of | undefined) =>
  of === undefined ? [] : Object.values(episodes).map((episode) => () => episode(of));

const subjectOf = (
  submission: SubmissionRecord,
  ledger: readonly RewardRecord[],
  assignments: readonly AssignmentRecord[],
) => ({
  submission,
  assignment: assignments.find(({ _id }) => _id.equals(submission.assignmentId))!,
  paid: ledger.find(({ _id }) => _id.equals(submission.rewardId))!,
});

const oneOf = <Item>(items: readonly Item[], random: () => number): Item | undefined =>
  items[Math.floor(random() * items.length)];
