/** Generates what a teacher and an admin do by hand, each act under a key of its own. */
import type { Stored } from './checker.js';
import type { LogicalRequest } from './record.js';
import type { School } from './school.js';
import { shuffled } from './workload.js';

const DAY_MS = 86_400_000;

export type Corrector = 'teacher' | 'admin';

/** A submission that was paid. */
export interface Paid {
  readonly studentId: string;
  readonly assignmentId: string;
  readonly submissionId: string;
  readonly rewardId: string;
}

export function paidSubmissionsOf({ submissions }: Stored): Paid[] {
  return submissions.map(({ studentId, assignmentId, _id, rewardId }) => ({
    studentId: studentId.toHexString(),
    assignmentId: assignmentId.toHexString(),
    submissionId: _id.toHexString(),
    rewardId: rewardId.toHexString(),
  }));
}

/** Makes the requests of one school. Their ids begin with `name`. */
export function actsOf(school: School, name: string) {
  const act = (
    by: Corrector,
    { studentId }: { readonly studentId: string },
    rest: Pick<LogicalRequest, 'operation' | 'subjectId'> & { readonly input: object },
  ): LogicalRequest => {
    const { operation, subjectId, input } = rest;
    const id = `${name}-${by}-${operation}-${studentId.slice(-6)}-${subjectId?.slice(-6) ?? 'bonus'}`;
    const actor = by === 'teacher' ? { actorId: school.teacherId, role: 'TEACHER' as const } : undefined;
    return {
      ...{ id, studentId, operation, subjectId, idempotencyKey: `key of ${id}`, content: null },
      act: { ...(actor ?? { actorId: school.adminId, role: 'ADMIN' as const }), input },
    };
  };
  return {
    bonus: (by: Corrector, student: Pick<Paid, 'studentId'>, points: number) =>
      act(by, student, {
        ...{ operation: 'grantBonus', subjectId: null },
        input: { studentId: student.studentId, courseId: school.courseId, points, note: `Bonus ${name}` },
      }),
    bonuses: (studentIds: readonly string[], points: number): LogicalRequest => {
      const input = { courseId: school.courseId, studentIds, points, note: `Bonus ${name}` };
      const request = act('teacher', { studentId: '' }, { operation: 'grantBonuses', subjectId: null, input });
      return { ...request, act: { ...request.act!, studentIds } };
    },
    grade: (by: Corrector, paid: Paid, grade: number) =>
      act(by, paid, {
        ...{ operation: 'gradeSubmission', subjectId: paid.submissionId },
        input: { submissionId: paid.submissionId, grade, feedback: `Grade ${grade} by the ${by}` },
      }),
    revoke: (by: Corrector, paid: Paid) =>
      act(by, paid, {
        ...{ operation: 'revokeReward', subjectId: paid.rewardId },
        input: { rewardId: paid.rewardId, note: 'Copied' },
      }),
    restore: (by: Corrector, paid: Paid) =>
      act(by, paid, {
        ...{ operation: 'restoreReward', subjectId: paid.rewardId },
        input: { rewardId: paid.rewardId, note: 'Not copied' },
      }),
    discard: (by: Corrector, paid: Paid) =>
      act(by, paid, {
        ...{ operation: 'discardSubmission', subjectId: paid.submissionId },
        input: { submissionId: paid.submissionId, note: 'The wrong file' },
      }),
    extend: (by: Corrector, student: Pick<Paid, 'studentId'>, assignmentId: string) =>
      act(by, student, {
        ...{ operation: 'extendDeadline', subjectId: assignmentId },
        input: {
          ...{ assignmentId, studentId: student.studentId, note: 'Ill' },
          dueDate: new Date(Math.ceil(Date.now() / DAY_MS) * DAY_MS + 30 * DAY_MS).toISOString(),
        },
      }),
    /** A submission under a key of its own. The same assignment may be submitted again with another text. */
    submission: (studentId: string, assignmentId: string, text = 'An essay'): LogicalRequest => {
      const id = `${name}-submit-${studentId.slice(-6)}-${assignmentId.slice(-6)}-${text.length}`;
      return {
        ...{ id, studentId, operation: 'submitAssignment', subjectId: assignmentId },
        ...{ idempotencyKey: `key of ${id}`, content: text },
      };
    },
  };
}

/** How many assignments each student has submitted before anything is corrected. */
export const SUBMITTED_BEFORE = 4;
/** How many assignments the school needs for {@link correctionsOf}. */
export const ASSIGNMENTS_NEEDED = SUBMITTED_BEFORE + 4;

/**
 * @param paid the submissions of one student, SUBMITTED_BEFORE of them
 * @returns what a teacher and an admin do at the same time for one student, who meanwhile submits more
 */
export function correctionsOf(school: School, paid: readonly Paid[], random: () => number): LogicalRequest[] {
  const acts = actsOf(school, 'hand');
  const [graded, revoked, extended, discarded] = shuffled(paid, random) as [Paid, Paid, Paid, Paid];
  const { studentId } = graded;
  const submitted = new Set(paid.map(({ assignmentId }) => assignmentId));
  const open = school.assignmentIds.filter((id) => !submitted.has(id));
  const points = () => 1 + Math.floor(random() * 1_000);
  const discard = acts.discard('teacher', discarded);
  const revocations = [acts.revoke('teacher', revoked), acts.revoke('admin', revoked)];
  const restorations = [acts.restore('teacher', revoked), acts.restore('admin', revoked)];
  const first = shuffled(
    [
      ...revocations,
      ...[acts.bonus('teacher', graded, points()), acts.bonus('admin', graded, points())],
      ...[acts.grade('teacher', graded, 40 + Math.floor(random() * 20))],
      ...[acts.grade('admin', graded, 60 + Math.floor(random() * 40))],
      ...[acts.extend('teacher', extended, extended.assignmentId), acts.extend('admin', extended, open[0]!)],
      ...[discard, acts.discard('admin', discarded)],
      ...open.map((assignmentId) => acts.submission(studentId, assignmentId)),
    ],
    random,
  );
  const afterwards = shuffled(
    [
      ...restorations.map((each, position) => ({ ...each, sendAfter: revocations[position]!.id })),
      { ...acts.submission(studentId, discarded.assignmentId, 'An essay, the right one'), sendAfter: discard.id },
    ],
    random,
  );
  return [...first, ...afterwards];
}
