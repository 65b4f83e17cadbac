import { expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { type RewardLookup, rewardFilters } from '../../src/storage/reward-ledger.js';

const ids = Array.from({ length: 8 }, () => new Types.ObjectId());
const [ada, alan, essay, test1, session, other, bonus, grade] = ids as [
  Types.ObjectId,
  Types.ObjectId,
  Types.ObjectId,
  Types.ObjectId,
  Types.ObjectId,
  Types.ObjectId,
  Types.ObjectId,
  Types.ObjectId,
];

const of = (
  studentId: Types.ObjectId,
  kind: NonNullable<RewardLookup['subject']>['kind'],
  id: Types.ObjectId,
): RewardLookup => ({ studentId, subject: { kind, id }, operation: 'submitAssignment', requestKey: null });

const filter = (kind: string, students: readonly Types.ObjectId[], subjects: readonly Types.ObjectId[]) => ({
  studentId: { $in: students },
  'subject.kind': kind,
  'subject.id': { $in: subjects },
});

test('sessions of several students share a filter, each other subject has its own', () => {
  const lookups = [
    of(ada, 'pomodoro', session),
    of(ada, 'assignment', essay),
    of(alan, 'assignment', essay),
    of(alan, 'assignment', test1),
    of(alan, 'pomodoro', other),
    of(alan, 'bonus', bonus),
    of(alan, 'grade', grade),
  ];
  expect(rewardFilters(lookups)).toEqual([
    filter('pomodoro', [ada, alan], [session, other]),
    filter('assignment', [ada, alan], [essay, essay]),
    filter('assignment', [alan], [test1]),
    filter('bonus', [alan], [bonus]),
    filter('grade', [alan], [grade]),
  ]);
});

test('keys of one operation share a filter; what has neither subject nor key has none', () => {
  const keyed = { studentId: ada, subject: null, operation: 'submitAssignment', requestKey: 'a key' } as const;
  const lookups: RewardLookup[] = [
    keyed,
    { ...keyed, studentId: alan, requestKey: 'another' },
    { ...keyed, operation: 'endPomodoro' },
    { ...keyed, requestKey: null },
  ];
  expect(rewardFilters(lookups)).toEqual([
    { studentId: { $in: [ada, alan] }, operation: 'submitAssignment', requestKey: { $in: ['a key', 'another'] } },
    { studentId: { $in: [ada] }, operation: 'endPomodoro', requestKey: { $in: ['a key'] } },
  ]);
});

test.each([
  { of: 'keys', lookup: (studentId: Types.ObjectId) => ({ subject: null, requestKey: `key of ${studentId}` }) },
  {
    of: 'sessions',
    lookup: (studentId: Types.ObjectId) => ({
      subject: { kind: 'pomodoro' as const, id: studentId },
      requestKey: null,
    }),
  },
])('no more than eight $of share a filter, which is asked for each pair of a student and one of them', ({ lookup }) => {
  const students = Array.from({ length: 20 }, () => new Types.ObjectId());
  const filters = rewardFilters(
    students.map((studentId) => ({ studentId, operation: 'endPomodoro', ...lookup(studentId) })),
  ) as { studentId: { $in: Types.ObjectId[] } }[];
  expect(filters.map(({ studentId }) => studentId.$in.length)).toEqual([8, 8, 4]);
  expect(filters.flatMap(({ studentId }) => studentId.$in)).toEqual(students);
});
