import { describe, expect, test } from '@jest/globals';
import { randomNumbers } from '../../src/cli/scale-school.js';
import { NO_SUBJECT } from './record.js';
import type { School } from './school.js';
import { workloadOf } from './workload.js';

const school: School = {
  students: Array.from({ length: 20 }, (_, number) => ({ id: `student ${number}`, sessionId: `session ${number}` })),
  assignmentIds: Array.from({ length: 12 }, (_, number) => `assignment ${number}`),
  closedAssignmentId: 'closed',
  foreignAssignmentId: 'foreign',
};
const workload = (seed: number) => workloadOf({ school, grants: 220, duplicates: 0.3, random: randomNumbers(seed) });

describe('a workload', () => {
  const wanted = workload(1);
  const originals = wanted.filter(({ id }) => id.startsWith('r-grant-'));

  test('is the same for the same seed, and another one for another', () => {
    expect(workload(1)).toEqual(wanted);
    expect(workload(2)).not.toEqual(wanted);
  });

  test('asks once for each thing that is to be paid, as often as it is told to', () => {
    expect(originals).toHaveLength(220);
    expect(new Set(originals.map(({ studentId, subjectId }) => `${studentId} ${subjectId}`)).size).toBe(220);
  });

  test('names no request twice', () => {
    expect(new Set(wanted.map(({ id }) => id)).size).toBe(wanted.length);
  });

  test('has as many duplicates as it is told to, of every kind', () => {
    const unpaid = wanted.filter(({ mustBe, operation }) => mustBe !== undefined || operation === 'startPomodoro');
    const duplicates = wanted.length - originals.length - unpaid.length;
    expect(duplicates / (originals.length + duplicates)).toBeGreaterThan(0.25);
    expect(duplicates / (originals.length + duplicates)).toBeLessThan(0.35);
    expect(wanted.some(({ content }) => content?.endsWith(', once more'))).toBe(true);
    expect(wanted.some(({ subjectId, mustBe }) => subjectId === NO_SUBJECT && mustBe === undefined)).toBe(true);
    const keys = wanted.flatMap(({ key, studentId, subjectId }) =>
      key === null ? [] : [{ key, studentId, subjectId }],
    );
    const isForAnother = (one: (typeof keys)[number]) =>
      keys.some((other) => other.key === one.key && other.subjectId !== one.subjectId);
    expect(keys.some((each) => each.subjectId === 'assignment 11' && isForAnother(each))).toBe(true);
  });

  test('waits for nothing that comes later', () => {
    const position = new Map(wanted.map(({ id }, index) => [id, index]));
    for (const { id, after } of wanted) {
      if (after !== undefined) expect(position.get(after)).toBeLessThan(position.get(id)!);
    }
  });
});

test('more than the school has to give is refused', () => {
  expect(() => workloadOf({ school, grants: 241, duplicates: 0, random: randomNumbers(1) })).toThrow(RangeError);
});
