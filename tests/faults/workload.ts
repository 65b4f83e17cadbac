/** Generates the requests of a run, duplicates included. The same seed and school give the same requests. */
import { type LogicalRequest, NO_SUBJECT } from './record.js';
import type { School, SchoolStudent } from './school.js';

export interface WorkloadOptions {
  readonly school: School;
  /** The number of subjects to be paid: submissions, and each student's running session. */
  readonly grants: number;
  /** The share of all requests that duplicate another request, from 0 to 1. */
  readonly duplicateShare: number;
  readonly random: () => number;
  /** The prefix of the ids and keys of the requests. Workloads of one school need different names. */
  readonly name?: string;
}

/** The share of requests that pay nothing, for example to start a session or to submit a closed assignment. */
const UNPAID_SHARE = 0.03;

/**
 * @returns the requests in the order in which to send them. Each duplicate follows its original closely, so that both
 * are in flight at the same time. About `grants` of them are paid: if another assignment claims an idempotency key
 * first, the original request may lose its reward.
 */
export function workloadOf({ school, grants, duplicateShare, random, name = 'r' }: WorkloadOptions): LogicalRequest[] {
  const perGrant = duplicateShare / (1 - duplicateShare);
  const requests: LogicalRequest[] = [];
  const number = () => `${name}-${requests.length}`;
  for (const original of paidRequestsOf(school, grants, random, name)) {
    requests.push(original);
    // The whole part of perGrant, and one more with the probability of its fraction.
    const count = Math.floor(perGrant) + (random() < perGrant % 1 ? 1 : 0);
    for (let copy = 0; copy < count; copy++) requests.push(duplicateOf(original, school, number(), random));
    if (random() < UNPAID_SHARE) requests.push(unpaidOf(original, school, number(), random));
  }
  return requests;
}

/** @returns one request for each subject to be paid */
function paidRequestsOf(
  { students, assignmentIds }: School,
  grants: number,
  random: () => number,
  name: string,
): LogicalRequest[] {
  const perStudent = Math.ceil(grants / students.length);
  if (perStudent > assignmentIds.length) throw new RangeError('the school has too few assignments');
  const subjects = students.flatMap((student) =>
    shuffled(subjectsOf(student, assignmentIds), random).slice(0, perStudent),
  );
  return shuffled(subjects, random)
    .slice(0, grants)
    .map((subject, position) => {
      const id = `${name}-grant-${position}`;
      return { ...subject, id, idempotencyKey: random() < 0.7 ? `key of ${id}` : null };
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

function duplicateOf(original: LogicalRequest, school: School, id: string, random: () => number): LogicalRequest {
  const copy = { ...original, id };
  const kind = DUPLICATES[Math.floor(random() * DUPLICATES.length)]!;
  switch (kind) {
    case 'same request':
      return copy;
    case 'no key':
      return { ...original, id, idempotencyKey: null };
    case 'new key':
      return { ...original, id, idempotencyKey: `key of ${id}` };
    case 'other content':
      return { ...original, id, idempotencyKey: null, content: original.content && `${original.content}, once more` };
    // It is sent at the same time as the original, so it may claim the key first.
    case 'key for the spare assignment':
      return original.operation === 'submitAssignment'
        ? { ...original, id, ...spareAssignmentOf(original.studentId, school) }
        : copy;
    case 'key for nothing':
      return original.idempotencyKey === null
        ? copy
        : { ...original, id, subjectId: NO_SUBJECT, sendAfter: original.id };
  }
}

/** The last assignment. It is submitted only under the keys of other requests. */
const spareAssignmentOf = (studentId: string, { assignmentIds }: School) => essayOf(studentId, assignmentIds.at(-1)!);

const essayOf = (studentId: string, subjectId: string) => ({
  subjectId,
  content: `The essay of ${studentId} on ${subjectId}`,
});

function unpaidOf({ studentId }: LogicalRequest, school: School, id: string, random: () => number): LogicalRequest {
  const submission = {
    id,
    studentId,
    operation: 'submitAssignment' as const,
    idempotencyKey: null,
    content: 'An unpaid essay',
  };
  const kinds: LogicalRequest[] = [
    { id, studentId, operation: 'startPomodoro', subjectId: null, idempotencyKey: null, content: null },
    { ...submission, subjectId: school.closedAssignmentId, expectedCode: 'ASSIGNMENT_CLOSED' },
    { ...submission, subjectId: school.foreignAssignmentId, expectedCode: 'NOT_FOUND' },
    {
      id,
      studentId,
      operation: 'endPomodoro',
      subjectId: NO_SUBJECT,
      idempotencyKey: `key of ${id}`,
      content: null,
      expectedCode: 'NOT_FOUND',
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

/** @returns one of so many equal parts of the items */
export function partOf<Item>(items: readonly Item[], position: number, parts: number): readonly Item[] {
  const start = (number: number) => Math.floor((items.length * number) / parts);
  return items.slice(start(position), start(position + 1));
}
