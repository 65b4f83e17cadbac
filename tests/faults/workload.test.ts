import { describe, expect, test } from '@jest/globals';
import { randomNumbers } from '../../src/cli/scale-school.js';
import { NO_SUBJECT } from './record.js';
import type { School } from './school.js';
import { workloadOf } from './workload.js';

const school: School = {
  courseId: 'course',
  joinCode: 'code',
  teacherId: 'teacher',
  adminId: 'admin',
  students: Array.from({ length: 20 }, (_, number) => ({ id: `student ${number}`, sessionId: `session ${number}` })),
  assignmentIds: Array.from({ length: 12 }, (_, number) => `assignment ${number}`),
  closedAssignmentId: 'closed',
  foreignAssignmentId: 'foreign',
};
const workload = (seed: number) =>
  workloadOf({ school, grants: 220, duplicateShare: 0.3, random: randomNumbers(seed) });

describe('a workload', () => {
  const requests = workload(1);
  const originals = requests.filter(({ id }) => id.startsWith('r-grant-'));

  test('depends on the seed only', () => {
    expect(workload(1)).toEqual(requests);
    expect(workload(2)).not.toEqual(requests);
  });

  test('has one original request for each subject, and as many as requested', () => {
    expect(originals).toHaveLength(220);
    expect(new Set(originals.map(({ studentId, subjectId }) => `${studentId} ${subjectId}`)).size).toBe(220);
  });

  test('gives each request its own id', () => {
    expect(new Set(requests.map(({ id }) => id)).size).toBe(requests.length);
  });

  test('has the requested share of duplicates, of every kind', () => {
    const unpaid = requests.filter(
      ({ expectedCode, operation }) => expectedCode !== undefined || operation === 'startPomodoro',
    );
    const duplicates = requests.length - originals.length - unpaid.length;
    expect(duplicates / (originals.length + duplicates)).toBeGreaterThan(0.25);
    expect(duplicates / (originals.length + duplicates)).toBeLessThan(0.35);
    expect(requests.some(({ content }) => content?.endsWith(', once more'))).toBe(true);
    expect(requests.some(({ subjectId, expectedCode }) => subjectId === NO_SUBJECT && expectedCode === undefined)).toBe(
      true,
    );
    const keys = requests.flatMap(({ idempotencyKey, studentId, subjectId }) =>
      idempotencyKey === null ? [] : [{ idempotencyKey, studentId, subjectId }],
    );
    const isUsedForAnotherSubject = (one: (typeof keys)[number]) =>
      keys.some((other) => other.idempotencyKey === one.idempotencyKey && other.subjectId !== one.subjectId);
    expect(keys.some((each) => each.subjectId === 'assignment 11' && isUsedForAnotherSubject(each))).toBe(true);
  });

  test('lets a request wait for earlier requests only', () => {
    const position = new Map(requests.map(({ id }, index) => [id, index]));
    for (const { id, sendAfter } of requests) {
      if (sendAfter !== undefined) expect(position.get(sendAfter)).toBeLessThan(position.get(id)!);
    }
  });
});

test('given more grants than the school can pay, workloadOf throws', () => {
  expect(() => workloadOf({ school, grants: 241, duplicateShare: 0, random: randomNumbers(1) })).toThrow(RangeError);
});
