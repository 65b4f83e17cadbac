import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Types } from 'mongoose';
import { dailyProgress } from '../../src/actions/daily-progress.js';
import { rankCourse } from '../../src/actions/rank-course.js';
import { updateStudentProfile } from '../../src/actions/update-profile.js';
import { createLoaders } from '../../src/storage/loaders.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { SubmissionModel, type SubmissionRecord } from '../../src/storage/models/submission.js';
import { day, hour, later, minute, noon } from '../rewards/given.js';
import { countsToday, type NaiveRow, naiveAura, naiveDay } from '../rewards/naive-student.js';
import {
  bonus,
  bonuses,
  discard,
  expectExplained,
  extend,
  grade,
  naiveRows,
  restore,
  revoke,
} from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import {
  elsewhere,
  focus,
  givenAssignment,
  givenCourse,
  givenStudent,
  here,
  requestOf,
  submit,
} from '../support/given.js';

useDatabase();

type Action =
  | { readonly does: 'submit'; readonly assignment: number; readonly text: number }
  | { readonly does: 'focus'; readonly minutes: number }
  | { readonly does: 'bonus' | 'bonuses'; readonly points: number }
  | { readonly does: 'grade'; readonly submission: number; readonly grade: number }
  | { readonly does: 'discard'; readonly submission: number }
  | { readonly does: 'revoke' | 'restore'; readonly row: number }
  | { readonly does: 'extend'; readonly assignment: number; readonly days: number | null }
  | { readonly does: 'move'; readonly timeZone: string };

const upTo = (most: number) => fc.nat(most);
const anyAction = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('submit'), assignment: upTo(2), text: upTo(2) }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('focus'), minutes: fc.constantFrom(5, 25, 120) }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constantFrom('bonus', 'bonuses'), points: fc.constantFrom(1, 90, 700) }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('grade'), submission: upTo(5), grade: upTo(100) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('discard'), submission: upTo(5) }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constantFrom('revoke', 'restore'), row: upTo(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('extend'), assignment: upTo(2), days: fc.constantFrom(null, -1, 1, 4) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('move'),
      timeZone: fc.constantFrom('UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Asia/Tokyo'),
    }),
  },
) as fc.Arbitrary<Action>;

/** What happens, and how much later the next thing does. Midnight comes at another moment in each zone. */
const anyHistory = fc.array(
  fc.record({
    action: anyAction,
    isElsewhere: fc.boolean(),
    pause: fc.constantFrom(0, minute, 3 * hour, 11 * hour, 13 * hour, day, day, 2 * day, 8 * day),
  }),
  { minLength: 8, maxLength: 28, size: 'max' },
);

interface Class {
  readonly course: CourseRecord;
  readonly assignments: readonly AssignmentRecord[];
  readonly student: Types.ObjectId;
}

async function act({ course, assignments, student }: Class, action: Action, sending: Sending): Promise<unknown> {
  const { at, by } = sending;
  switch (action.does) {
    case 'submit':
      return submit(student, assignments[action.assignment]!, { content: `Text ${action.text}.`, ...sending });
    case 'focus':
      return focus(student, action.minutes, { from: later(at, -action.minutes * minute) });
    case 'bonus':
      return bonus(student, course, action.points, sending);
    case 'bonuses':
      return bonuses(null, course, action.points, sending);
    case 'grade':
    case 'discard': {
      const submissions = await SubmissionModel.find({ studentId: student })
        .sort({ _id: 1 })
        .lean<SubmissionRecord[]>();
      const submission = submissions[action.submission % Math.max(1, submissions.length)];
      if (!submission) return;
      return action.does === 'grade' ? grade(submission, action.grade, sending) : discard(submission, sending);
    }
    case 'revoke':
    case 'restore': {
      const rows = await RewardModel.find({ studentId: student }).sort({ sequence: 1 }).lean<RewardRecord[]>();
      const row = rows[action.row % Math.max(1, rows.length)];
      if (!row) return;
      return action.does === 'revoke' ? revoke(row, sending) : restore(row, sending);
    }
    case 'extend': {
      const dates = action.days === null ? null : { dueDate: later(at, action.days * day) };
      return extend(student, assignments[action.assignment]!, dates, sending);
    }
    case 'move':
      return updateStudentProfile(by, {
        studentId: student,
        changes: { timeZone: action.timeZone },
        facts: requestOf(student, at),
      });
  }
}

interface Sending {
  readonly at: Date;
  readonly by: typeof here;
}

/** Asserts the points of the student on each leaderboard. The clock must not go back between two calls. */
async function expectRanked({ course, student }: Class, rows: readonly NaiveRow[], at: Date): Promise<void> {
  const lengths = { WEEK: 7, MONTH: 30, ALL_TIME: 100_000 } as const;
  for (const period of ['WEEK', 'MONTH', 'ALL_TIME'] as const) {
    const page = { first: 5, after: null };
    const facts = requestOf(student, at);
    const { ranked } = await rankCourse(here, { courseId: course._id, period, page, facts });
    const points = naiveAura(rows, at, lengths[period]);
    expect({ period, at, points: ranked[0]?.points ?? 0 }).toEqual({ period, at, points });
  }
}

const dateOf = (at: Date) => at.toISOString().slice(0, 10);
const FROM = dateOf(later(noon, -2 * day));

test('after any grants, corrections and their undoing, across days and zones: the student, the totals of each day and the leaderboards are what the rows that count make of them', async () => {
  let corrections = 0;
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      const course = await givenCourse();
      const assignments = await Promise.all(
        [0, 3 * day, 9 * day].map((delay) => givenAssignment(course, { dueDate: later(noon, delay) })),
      );
      const given = { course, assignments, student: await givenStudent({ courseIds: [course._id] }) };
      let now = noon;
      for (const { action, isElsewhere, pause } of history) {
        await act(given, action, { at: now, by: isElsewhere ? elsewhere : here });
        now = later(now, pause);
      }

      const ledger = await expectExplained(given.student);
      corrections += ledger.filter((row) => row.corrects).length;
      const { rows } = naiveRows(ledger);
      const studentId = given.student;
      const loaders = createLoaders(new AbortController().signal);
      const to = dateOf(later(noon, 350 * day));
      const days = await dailyProgress({ studentId, from: FROM, to }, (asked) => loaders.dayTotals.load(asked));
      expect(days).toEqual(days.map(({ date }) => naiveDay(rows, date)));
      expect(days.reduce((sum, each) => sum + each.submissions, 0)).toBe(
        countsToday(rows).filter(({ kind }) => kind === 'submission').length,
      );
      for (const at of [now, later(now, 4 * day)]) await expectRanked(given, rows, at);
    }),
    { numRuns: 15, interruptAfterTimeLimit: 40_000 },
  );
  expect(corrections).toBeGreaterThan(5);
});
