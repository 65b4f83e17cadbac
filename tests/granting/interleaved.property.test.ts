import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Types } from 'mongoose';
import { joinCourse } from '../../src/actions/join-course.js';
import { updateStudentProfile } from '../../src/actions/update-profile.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import { day, hour, later, minute, noon } from '../rewards/given.js';
import { useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import {
  elsewhere,
  end,
  givenAssignment,
  givenCourse,
  givenStudent,
  here,
  requestOf,
  start,
  submit,
} from '../support/given.js';
import type { Granted } from '../support/replays.js';

useDatabase();

/** Two students of a course with four assignments, two of which close during the test, and another course to join. */
interface School {
  readonly another: CourseRecord;
  readonly assignments: readonly AssignmentRecord[];
  readonly students: readonly { readonly _id: Types.ObjectId; readonly sessions: Types.ObjectId[] }[];
}

async function givenSchool(): Promise<School> {
  const course = await givenCourse();
  const dates = [
    { dueDate: later(noon, 5 * day) },
    { dueDate: later(noon, hour), closesAt: later(noon, 2 * hour) },
    { dueDate: later(noon, day), closesAt: later(noon, day) },
    { dueDate: later(noon, -day) },
  ];
  const assignments = await Promise.all(dates.map((each) => givenAssignment(course, each)));
  const students = await Promise.all([1, 2].map(() => givenStudent({ courseIds: [course._id] })));
  return { another: await givenCourse(), assignments, students: students.map((_id) => ({ _id, sessions: [] })) };
}

const oneOf = (length: number) => fc.nat(length - 1);
const anyKey = fc.constantFrom(null, null, 'phone', 'laptop', 'Laptop');
const anyAction = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('submit'), assignment: oneOf(4), text: oneOf(2), key: anyKey }),
  },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('start'), plannedMinutes: fc.constantFrom(1, 25, 120) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('end'), session: oneOf(4), key: anyKey }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('join') }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('move'), timeZone: fc.constantFrom('UTC', 'Asia/Tokyo') }) },
) as fc.Arbitrary<Action>;

type Action =
  | { does: 'submit'; assignment: number; text: number; key: string | null }
  | { does: 'start'; plannedMinutes: number }
  | { does: 'end'; session: number; key: string | null }
  | { does: 'join' }
  | { does: 'move'; timeZone: string };

/** Requests sent at the same time: each once or several times, to one of two processes, with a clock that may jump. */
const anyRush = fc.array(
  fc.record({
    who: oneOf(2),
    action: anyAction,
    copies: fc.constantFrom(1, 1, 2, 3),
    elsewhere: fc.boolean(),
    clockOff: fc.constantFrom(0, 0, 0, -hour, hour),
  }),
  { minLength: 1, maxLength: 10 },
);
/** A sequence of rushes, each with the pause until the next one. */
const anyHistory = fc.array(
  fc.record({ rush: anyRush, pause: fc.constantFrom(0, minute, 10 * minute, 30 * minute, 3 * hour, day) }),
  { minLength: 2, maxLength: 8 },
);

type Rush = typeof anyRush extends fc.Arbitrary<infer Value> ? Value : never;

/** Sends a rush and waits for all answers. */
async function send(school: School, rush: Rush, now: Date): Promise<(Granted | null)[]> {
  const sent = rush.flatMap(({ who, action, copies, elsewhere: isElsewhere, clockOff }) =>
    Array.from({ length: copies }, async () => {
      const sending = { at: later(now, clockOff), by: isElsewhere ? elsewhere : here };
      return act(school, school.students[who]!, action, sending);
    }),
  );
  return Promise.all(sent);
}

/** @returns the answer of a granting action; null if it was refused, or if the action is not a granting one */
async function act(
  { another, assignments }: School,
  { _id: studentId, sessions }: School['students'][number],
  action: Action,
  { at, by }: { readonly at: Date; readonly by: typeof here },
): Promise<Granted | null> {
  const facts = requestOf(studentId, at);
  switch (action.does) {
    case 'submit': {
      const { assignment, text, key } = action;
      return granted(await submit(studentId, assignments[assignment]!, { content: `Text ${text}.`, key, at, by }));
    }
    case 'start': {
      const started = await start(studentId, { plannedMinutes: action.plannedMinutes, at, by });
      if (started.kind === 'started') sessions.unshift(started.session.id);
      return null;
    }
    case 'end':
      return granted(
        await end(studentId, sessions[action.session] ?? sessions[0] ?? 'no-such-id', { key: action.key, at, by }),
      );
    case 'join':
      await joinCourse(by, { studentId, joinCode: another.joinCode, facts });
      return null;
    case 'move':
      await updateStudentProfile(by, { studentId, changes: { timeZone: action.timeZone }, facts });
      return null;
  }
}

const granted = (outcome: Awaited<ReturnType<typeof submit | typeof end>>) =>
  outcome.kind === 'refused' ? null : outcome;

test('given any actions of two students, concurrent, repeated and out of order: each reward is paid once and each answer matches the ledger', async () => {
  await fc.assert(
    fc.asyncProperty(anyHistory, async (history) => {
      const school = await givenSchool();
      const answers: Granted[] = [];
      let now = noon;
      for (const { rush, pause } of history) {
        answers.push(...(await send(school, rush, now)).filter((answer) => answer !== null));
        now = later(now, pause);
      }

      const rows = (await Promise.all(school.students.map(({ _id }) => expectExactLedger(_id)))).flat();
      const rowsById = new Map(rows.map((row) => [row._id.toHexString(), row]));
      for (const { reward } of answers) if (reward) expect(reward).toEqual(rowsById.get(reward._id.toHexString()));
      const paid = answers.flatMap(({ reward, replayed }) => (reward && !replayed ? [reward._id.toHexString()] : []));
      expect(paid.sort()).toEqual([...rowsById.keys()].sort());
    }),
    { numRuns: 40 },
  );
});
