/** What the clients of a run want, duplicates included. The same seed makes the same requests of a school. */

import { NO_SUBJECT, type Wanted } from './record.js';
import type { School, SchoolStudent } from './school.js';

export interface WorkloadOptions {
  readonly school: School;
  /** Things that pay: submissions, and each student's running session. */
  readonly grants: number;
  /** Which part of all requests asks for what another one asks for as well; from 0 to 1. */
  readonly duplicates: number;
  readonly random: () => number;
  /** Begins the ids and the keys of the requests; those of one school must differ. */
  readonly name?: string;
}

/** Which part of the requests is for something that pays nothing: a session to start, an assignment that is closed. */
const UNPAID = 0.03;

/**
 * Requests in the order in which they are to be sent: each duplicate close behind the request that it repeats, so that
 * both are under way at the same time. About `grants` of them are paid: a key that is claimed for another assignment
 * first may cost its own one its reward.
 */
export function workloadOf({ school, grants, duplicates, random, name = 'r' }: WorkloadOptions): Wanted[] {
  const perGrant = duplicates / (1 - duplicates);
  const requests: Wanted[] = [];
  const number = () => `${name}-${requests.length}`;
  for (const original of originalsOf(school, grants, random, name)) {
    requests.push(original);
    // A whole number of duplicates for each, and one more with the probability of the rest.
    const count = Math.floor(perGrant) + (random() < perGrant % 1 ? 1 : 0);
    for (let copy = 0; copy < count; copy++) requests.push(duplicateOf(original, school, number(), random));
    if (random() < UNPAID) requests.push(unpaidOf(original, school, number(), random));
  }
  return requests;
}

/** Every thing that pays, asked for once. */
function originalsOf(
  { students, assignmentIds }: School,
  grants: number,
  random: () => number,
  name: string,
): Wanted[] {
  const perStudent = Math.ceil(grants / students.length);
  if (perStudent > assignmentIds.length) throw new RangeError('the school has too few assignments');
  const things = students.flatMap((student) =>
    shuffled(subjectsOf(student, assignmentIds), random).slice(0, perStudent),
  );
  return shuffled(things, random)
    .slice(0, grants)
    .map((thing, position) => {
      const id = `${name}-grant-${position}`;
      return { ...thing, id, key: random() < 0.7 ? `key of ${id}` : null };
    });
}

const subjectsOf = ({ id: studentId, sessionId }: SchoolStudent, assignmentIds: readonly string[]) => [
  { studentId, operation: 'endPomodoro' as const, subjectId: sessionId, content: null },
  ...assignmentIds.slice(0, -1).map((subjectId) => ({
    studentId,
    operation: 'submitAssignment' as const,
    ...essayOf(studentId, subjectId),
  })),
];

type DuplicateKind =
  | 'same request'
  | 'no key'
  | 'new key'
  | 'other content'
  | 'key for the spare assignment'
  | 'key for nothing';
const DUPLICATES: readonly DuplicateKind[] = [
  'same request',
  'same request',
  'no key',
  'new key',
  'other content',
  'key for the spare assignment',
  'key for nothing',
];

function duplicateOf(original: Wanted, school: School, id: string, random: () => number): Wanted {
  const copy = { ...original, id };
  const kind = DUPLICATES[Math.floor(random() * DUPLICATES.length)]!;
  switch (kind) {
    case 'same request':
      return copy;
    case 'no key':
      return { ...original, id, key: null };
    case 'new key':
      return { ...original, id, key: `key of ${id}` };
    case 'other content':
      return { ...original, id, key: null, content: original.content && `${original.content}, once more` };
    // At the same time, so that the key may be claimed for this one first.
    case 'key for the spare assignment':
      return original.operation === 'submitAssignment'
        ? { ...original, id, ...spareOf(original.studentId, school) }
        : copy;
    case 'key for nothing':
      return original.key === null ? copy : { ...original, id, subjectId: NO_SUBJECT, after: original.id };
  }
}

/** The one that is asked for under the keys of others only. */
const spareOf = (studentId: string, { assignmentIds }: School) => essayOf(studentId, assignmentIds.at(-1)!);

const essayOf = (studentId: string, subjectId: string) => ({
  subjectId,
  content: `The essay of ${studentId} on ${subjectId}`,
});

function unpaidOf({ studentId }: Wanted, school: School, id: string, random: () => number): Wanted {
  const submission = { id, studentId, operation: 'submitAssignment' as const, key: null, content: 'For nothing' };
  const kinds: Wanted[] = [
    { id, studentId, operation: 'startPomodoro', subjectId: null, key: null, content: null },
    { ...submission, subjectId: school.closedAssignmentId, mustBe: 'ASSIGNMENT_CLOSED' },
    { ...submission, subjectId: school.foreignAssignmentId, mustBe: 'NOT_FOUND' },
    {
      id,
      studentId,
      operation: 'endPomodoro',
      subjectId: NO_SUBJECT,
      key: `key of ${id}`,
      content: null,
      mustBe: 'NOT_FOUND',
    },
  ];
  return kinds[Math.floor(random() * kinds.length)]!;
}

export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
