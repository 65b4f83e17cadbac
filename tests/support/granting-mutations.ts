/** The mutations that pay, in a form in which one test tries them all. Needs useDatabase(). */
import type { Types } from 'mongoose';
import { joinCourse } from '../../src/actions/join-course.js';
import type { Refused } from '../../src/granting/refusal.js';
import { PomodoroSessionModel } from '../../src/storage/models/pomodoro-session.js';
import { type GrantingOperation, RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { SubmissionModel } from '../../src/storage/models/submission.js';
import { later, minute, noon } from '../rewards/given.js';
import {
  end,
  givenAssignment,
  givenCourse,
  givenRunning,
  givenStudent,
  here,
  requestOf,
  type Sending,
  submit,
} from './given.js';
import type { Granted } from './replays.js';

/** Something that a student can be paid for, once, and the request for it. */
export interface Occasion {
  readonly student: Types.ObjectId;
  /** Always the same, but for how it is sent. */
  readonly request: (sending?: Omit<Sending, 'at'>) => Promise<Granted | Refused>;
  /** The same for a client: the input of the mutation. */
  readonly input: Record<string, string>;
}

export interface GrantingMutation {
  readonly name: GrantingOperation;
  /** @param now when the request will arrive */
  readonly prepare: (told?: { readonly student?: Types.ObjectId; readonly now?: Date }) => Promise<Occasion>;
  /** What is written in its transaction, in this order, and the method that writes it. */
  readonly writes: readonly { readonly what: string; readonly collection: object; readonly method: string }[];
}

const theStudent = { what: 'the student', collection: StudentModel.collection, method: 'bulkWrite' };
const theReward = { what: 'the reward', collection: RewardModel.collection, method: 'insertMany' };

export const grantingMutations: readonly GrantingMutation[] = [
  {
    name: 'submitAssignment',
    async prepare({ student = undefined, now = noon } = {}) {
      const studentId = student ?? (await givenStudent());
      const course = await givenCourse();
      const assignment = await givenAssignment(course, { dueDate: now });
      await joinCourse(here, { studentId, joinCode: course.joinCode, facts: requestOf(studentId, now) });
      return {
        student: studentId,
        request: (sending) => submit(studentId, assignment, { ...sending, at: now }),
        input: { assignmentId: assignment._id.toHexString(), content: 'My essay.' },
      };
    },
    writes: [
      theStudent,
      { what: 'the submission', collection: SubmissionModel.collection, method: 'insertMany' },
      theReward,
    ],
  },
  {
    name: 'endPomodoro',
    async prepare({ student = undefined, now = noon } = {}) {
      const studentId = student ?? (await givenStudent());
      const session = await givenRunning(studentId, { at: later(now, -25 * minute) });
      return {
        student: studentId,
        request: (sending) => end(studentId, session, { ...sending, at: now }),
        input: { sessionId: session.toHexString() },
      };
    },
    writes: [
      theStudent,
      { what: 'the session', collection: PomodoroSessionModel.collection, method: 'insertMany' },
      theReward,
    ],
  },
];
