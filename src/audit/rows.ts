import { isActivity, type LedgerAction } from '../rewards/index.js';
import type { RewardReason, RewardRecord, SubjectKind } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { Findings } from './drift.js';
import { pathOfRow } from './student-snapshot.js';

/** What the kind of an action decides about its row. */
interface Expected {
  readonly reason: RewardReason;
  readonly operations: readonly RewardRecord['operation'][];
  /** Absent for corrections: theirs depends on the rows before them. */
  readonly subjects?: readonly SubjectKind[];
  /** The optional fields that the row may have. */
  readonly fields: readonly OptionalField[];
}

const OPTIONAL_FIELDS = [
  'requestKey',
  'dayZone',
  'courseId',
  'submissionId',
  'corrects',
  'worth',
  'lostBadges',
] as const;

type OptionalField = (typeof OPTIONAL_FIELDS)[number];

const OF_CORRECTIONS = ['submissionId', 'corrects', 'worth', 'lostBadges'] as const;

const EXPECTED: Readonly<Record<LedgerAction['kind'], Expected>> = {
  AssignmentSubmitted: {
    reason: 'ASSIGNMENT_SUBMITTED',
    subjects: ['assignment', 'resubmission'],
    operations: ['submitAssignment'],
    fields: ['requestKey', 'dayZone', 'submissionId'],
  },
  PomodoroEnded: {
    reason: 'POMODORO_ENDED',
    subjects: ['pomodoro'],
    operations: ['endPomodoro'],
    fields: ['requestKey', 'dayZone'],
  },
  BonusGranted: {
    reason: 'BONUS',
    subjects: ['bonus'],
    operations: ['grantBonus', 'grantBonuses'],
    fields: ['courseId'],
  },
  SubmissionGraded: {
    reason: 'SUBMISSION_GRADED',
    subjects: ['grade'],
    operations: ['gradeSubmission'],
    fields: ['submissionId'],
  },
  RewardRevoked: {
    reason: 'REVOCATION',
    operations: ['revokeReward', 'discardSubmission'],
    fields: OF_CORRECTIONS,
  },
  RewardRestored: { reason: 'RESTORATION', operations: ['restoreReward'], fields: OF_CORRECTIONS },
  SubmissionRegraded: { reason: 'SUBMISSION_GRADED', operations: ['gradeSubmission'], fields: OF_CORRECTIONS },
  DeadlineExtended: { reason: 'EXTENSION', operations: ['extendDeadline'], fields: OF_CORRECTIONS },
};

/** Whether a teacher or an admin wrote the row. */
export const isManual = ({ action }: Pick<RewardRecord, 'action'>): boolean => !isActivity(action);

/** Checks the fields of each row that the rules do not decide. */
export function checkRows(student: StudentRecord, rewards: readonly RewardRecord[], findings: Findings): void {
  const subjects = new Set<string>();
  const requestKeys = new Set<string>();
  let next = 1;
  for (const row of rewards) {
    const own = checkSequence(row, next, findings);
    next = own + 1;
    const path = pathOfRow(own - 1);
    const { action, subject, operation, requestKey } = row;
    checkKind(row, path, findings);
    checkActor(student, row, path, findings);
    if (action.kind === 'BonusGranted') {
      findings.compareCopies(`${path}.xp`, row.xp, `${path}.action.points`, action.points);
    }
    findings.compareCopies(`${path}.localDate`, row.localDate, `${path}.action.localDate`, action.localDate);
    findings.compareCopies(`${path}.grantedAt`, row.grantedAt, `${path}.action.at`, action.at);
    if (isRepeated(subjects, `${subject.kind} ${subject.id}`)) findings.add(`${path}.subject`, subject, undefined);
    if (requestKey !== undefined && isRepeated(requestKeys, `${operation} ${requestKey}`)) {
      findings.add(`${path}.requestKey`, requestKey, undefined);
    }
  }
}

/**
 * Reports missing rows once, so that the sound rows after them are no drift.
 * @param next the sequence that the row should have
 * @returns the one by which it is named
 */
function checkSequence({ sequence }: RewardRecord, next: number, findings: Findings): number {
  const field = `${pathOfRow(next - 1)}.sequence`;
  if (!Number.isInteger(sequence) || sequence <= next) {
    findings.compare(field, sequence, next);
    return next;
  }
  findings.add(field, undefined, sequence === next + 1 ? next : `${next} to ${sequence - 1}`);
  return sequence;
}

function checkKind(row: RewardRecord, path: string, findings: Findings): void {
  const { action, subject, operation, reason } = row;
  const { subjects, operations, fields, ...expected } = EXPECTED[action.kind];
  findings.compare(`${path}.reason`, reason, expected.reason);
  if (subjects && !subjects.includes(subject.kind)) {
    findings.add(`${path}.subject.kind`, subject.kind, subjects.join(' or '));
  }
  if (!operations.includes(operation)) findings.add(`${path}.operation`, operation, operations.join(' or '));
  for (const field of OPTIONAL_FIELDS) {
    if (row[field] !== undefined && !fields.includes(field)) findings.add(`${path}.${field}`, row[field], undefined);
  }
  if (fields.includes('courseId') && !row.courseId) findings.add(`${path}.courseId`, undefined, 'a course');
}

/** Of a manual row, checkActs compares the actor with that of its act. */
function checkActor({ _id }: StudentRecord, row: RewardRecord, path: string, findings: Findings): void {
  if (!isManual(row)) findings.compare(`${path}.actorId`, row.actorId, _id);
  else if (row.actorId.equals(_id)) findings.add(`${path}.actorId`, row.actorId, 'a teacher or an admin');
}

/** Whether the set has the key already. Adds it. */
export function isRepeated(seen: Set<string>, key: string): boolean {
  return seen.size === seen.add(key).size;
}
