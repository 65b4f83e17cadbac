/** Who has handed an assignment in, late or not, and who has not. */
import type { RosterNamesQuery, SubmissionsOfAssignmentQuery } from '../api/generated/teacher';

export type NamedStudent = NonNullable<RosterNamesQuery['course']>['students']['edges'][number]['node'];
export type HandedIn = NonNullable<SubmissionsOfAssignmentQuery['assignment']>['submissions']['edges'][number]['node'];

/** missing: nothing is handed in and the due date has passed. due: nothing is handed in yet. */
export type HandInStatus = 'onTime' | 'late' | 'missing' | 'due';

export interface HandIn {
  readonly student: NamedStudent;
  readonly status: HandInStatus;
  readonly submission: HandedIn | null;
}

const names = new Intl.Collator('en', { sensitivity: 'base', numeric: true });

/** @returns every student of the roster and everyone who handed in, by name */
export function handInsOf(
  students: readonly NamedStudent[],
  submissions: readonly HandedIn[],
  { dueDateOf, now }: { dueDateOf: (studentId: string) => string; now: number },
): HandIn[] {
  const rest = (studentId: string) => (Date.parse(dueDateOf(studentId)) < now ? 'missing' : 'due');
  const bySubmitter = new Map(submissions.map((submission) => [submission.student.id, submission]));
  const people = new Map([...students, ...submissions.map(({ student }) => student)].map((each) => [each.id, each]));
  return [...people.values()]
    .map((student): HandIn => {
      const submission = bySubmitter.get(student.id) ?? null;
      return { student, submission, status: submission ? (submission.late ? 'late' : 'onTime') : rest(student.id) };
    })
    .sort((one, other) => names.compare(one.student.displayName, other.student.displayName));
}

export const countOf = (handIns: readonly HandIn[], status: HandInStatus): number =>
  handIns.filter((handIn) => handIn.status === status).length;
