/** All mutations that grant rewards, in one form, so that one test can cover them all. Needs useDatabase(). */
import type { Types } from 'mongoose';
import { joinCourse } from '../../src/actions/join-course.js';
import type { Refused } from '../../src/granting/refusal.js';
import { type GrantingOperation } from '../../src/storage/models/reward.js';
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

/** Work that can be paid once, and the request that pays it. */
export interface Occasion {
  readonly student: Types.ObjectId;
  /** Sends the request. Every call sends the same one; only `sending` can differ. */
  readonly request: (sending?: Omit<Sending, 'at'>) => Promise<Granted | Refused>;
  /** The input of the mutation, for a client. */
  readonly input: Record<string, string>;
}

export interface GrantingMutation {
  readonly name: GrantingOperation;
  /** @param options.now the moment at which the request arrives */
  readonly prepare: (options?: { readonly student?: Types.ObjectId; readonly now?: Date }) => Promise<Occasion>;
  /** The writes of its transaction, in order. */
  readonly writes: readonly string[];
}

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
    writes: ['update students', 'insert submissions', 'insert rewards'],
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
    writes: ['update students', 'insert pomodoro_sessions', 'insert rewards'],
  },
];
