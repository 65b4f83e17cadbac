/** The part of the checker that concerns what teachers and admins do by hand: acts, and the rows that they write. */
import type { ManualActRecord } from '../../src/storage/models/manual-act.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { Stored } from './checker.js';
import type { Attempt, Granted, LogicalRequest, Refused } from './record.js';

/** An attempt of grantBonuses as one attempt for each student; any other attempt as it is. */
export function perStudent(attempt: Attempt): Attempt[] {
  const { request, result } = attempt;
  const { studentIds } = request.act ?? {};
  if (studentIds === undefined) return [attempt];
  const entries = result.kind === 'granted many' ? result.entries : [];
  const results = new Map(entries.map((entry) => [entry.studentId, entry.result]));
  return studentIds.map((studentId) => ({
    ...attempt,
    request: { ...request, id: `${request.id} for ${studentId}`, studentId },
    result:
      result.kind === 'granted many'
        ? ((results.get(studentId) as Granted | Refused | undefined) ?? {
            kind: 'no response',
            cause: 'the student is missing in the response',
          })
        : result,
  }));
}

/** The stored acts and what they refer to, for the lookups of the checks. */
export class Acts {
  readonly #stored: Stored;
  readonly #byKey = new Map<string, ManualActRecord[]>();
  readonly #byRow = new Map<string, ManualActRecord>();
  readonly #byId = new Map<string, ManualActRecord>();
  readonly #rowsById: ReadonlyMap<string, RewardRecord>;
  readonly #assignmentsByRow: ReadonlyMap<string, string>;
  readonly #submissionsByRow: ReadonlyMap<string, string>;

  constructor(stored: Stored) {
    this.#stored = stored;
    this.#rowsById = new Map(stored.rewards.map((row) => [row._id.toHexString(), row]));
    const ofRow = (id: 'assignmentId' | '_id') =>
      new Map(
        stored.submissions.map((submission) => [submission.rewardId.toHexString(), submission[id].toHexString()]),
      );
    this.#assignmentsByRow = ofRow('assignmentId');
    this.#submissionsByRow = ofRow('_id');
    for (const act of stored.acts) {
      const key = keyOf(act.actorId.toHexString(), act.operation, act.requestKey);
      this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), act]);
      this.#byId.set(act._id.toHexString(), act);
      for (const id of act.rewardIds) this.#byRow.set(id.toHexString(), act);
    }
  }

  /** @returns the acts under the key of a request: one, unless a promise is broken */
  underKeyOf({ act, operation, idempotencyKey }: LogicalRequest): readonly ManualActRecord[] {
    return this.#byKey.get(keyOf(act?.actorId ?? '', operation, idempotencyKey ?? '')) ?? [];
  }

  /** @returns the acts beyond the first under each key */
  get doubled(): ManualActRecord[] {
    return [...this.#byKey.values()].flatMap((acts) => acts.slice(1));
  }

  /** @returns the act that wrote a row; undefined if there is none */
  ofRow({ _id, subject }: RewardRecord): ManualActRecord | undefined {
    return this.#byRow.get(_id.toHexString()) ?? this.#byId.get(subject.id.toHexString());
  }

  /** @returns the assignment or session that a row of a student was paid for */
  subjectOf({ _id, subject }: RewardRecord): string {
    return (
      (subject.kind === 'resubmission' && this.#assignmentsByRow.get(_id.toHexString())) || subject.id.toHexString()
    );
  }

  /** Whether a row is about what the request names. A bonus is about nothing. */
  isAbout(row: RewardRecord, { subjectId }: LogicalRequest): boolean {
    if (subjectId === null) return row.subject.kind === 'bonus';
    const corrected = row.corrects && this.#rowsById.get(row.corrects.toHexString());
    if (row.corrects && !corrected) return false;
    const concerned = corrected ?? row;
    const ofSubmission = this.#submissionsByRow.get(concerned._id.toHexString());
    const ids = [row.corrects, row.submissionId, concerned.submissionId, ofSubmission].map(String);
    return ids.includes(subjectId) || this.subjectOf(concerned) === subjectId;
  }

  /** @returns why an acknowledged act is not stored as it was reported; null if it is */
  describeLoss(request: LogicalRequest, { reward, rewards = [] }: Granted): string | null {
    const { operation, studentId, subjectId, act } = request;
    const [kept] = this.underKeyOf(request);
    if (!kept) return 'the act is missing';
    if (operation === 'grantBonuses') return null;
    const reported = rewards.length > 0 ? rewards.map(({ id }) => id) : reward ? [reward.id] : [];
    if (String(kept.rewardIds) !== String(reported)) return `the act wrote ${kept.rewardIds}, not ${reported}`;
    if (operation !== 'extendDeadline') return null;
    const others = this.#stored.acts.filter(
      ({ assignmentId, studentIds }) => String(assignmentId) === subjectId && String(studentIds) === studentId,
    );
    const { dueDate } = (act?.input ?? {}) as { dueDate?: string };
    const student = this.#stored.students.find(({ _id }) => _id.toHexString() === studentId);
    const extension = student?.extensions?.find(({ assignmentId }) => assignmentId.toHexString() === subjectId);
    if (others.length > 1 || extension?.dueDate.toISOString() === dueDate) return null;
    return `the student has no extension to ${dueDate}`;
  }
}

const keyOf = (actorId: string, operation: string, requestKey: string) => `${actorId} ${operation} ${requestKey}`;

/** Whether a teacher or an admin wrote the row. */
export const isByHand = ({ operation }: RewardRecord): boolean =>
  operation !== 'submitAssignment' && operation !== 'endPomodoro';

/** What a row adds to the counters of its student, from the row and the row that it corrects. */
export function countersOf(
  { action, subject }: RewardRecord,
  corrected: RewardRecord | undefined,
): { submissionCount: number; pomodoroCount: number; totalPomodoroSeconds: number } {
  const submissions = { 'submission-revocation': -1, 'submission-restoration': 1 } as Readonly<Record<string, number>>;
  const counters = { submissionCount: submissions[subject.kind] ?? 0, pomodoroCount: 0, totalPomodoroSeconds: 0 };
  if (action.kind === 'AssignmentSubmitted') return { ...counters, submissionCount: 1 };
  if (action.kind === 'PomodoroEnded') {
    return { ...counters, pomodoroCount: 1, totalPomodoroSeconds: action.focusedSeconds };
  }
  const { focusedSeconds } = action as { focusedSeconds?: number };
  if (corrected?.action.kind !== 'PomodoroEnded' || focusedSeconds === undefined) return counters;
  return { ...counters, pomodoroCount: Math.sign(focusedSeconds), totalPomodoroSeconds: focusedSeconds };
}

/** Copies of the rules' limits: the checker does not use the rules. */
const MAX_BONUS_POINTS = 1_000;
const MAX_GRADE_POINTS = 50;

/** Whether the points of a row that was written by hand are possible. */
export function isInBounds({ xp, worth, corrects, action, after }: RewardRecord): boolean {
  if (after.lifetimeXp < 0 || after.auraPoints < 0) return false;
  if (corrects) return worth !== undefined && worth >= 0 && Math.abs(xp) <= MAX_BONUS_POINTS;
  return xp >= 0 && xp <= (action.kind === 'BonusGranted' ? MAX_BONUS_POINTS : MAX_GRADE_POINTS);
}
