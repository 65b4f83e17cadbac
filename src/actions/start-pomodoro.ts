import { Types } from 'mongoose';
import { isEnrolled } from '../auth/course-access.js';
import type { Committer } from '../granting/committer.js';
import type { Known, Step } from '../granting/decide-group.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import type { RunningPomodoroRecord, StudentRecord } from '../storage/models/student.js';
import { toObjectId } from '../storage/object-id.js';

export interface StartPomodoro {
  readonly studentId: Types.ObjectId;
  readonly plannedMinutes: number;
  readonly device: string | null;
  /** What it is to be spent on; null: nothing in particular. */
  readonly assignmentId: string | null;
  readonly facts: RequestFacts;
}

export interface PomodoroStarted {
  readonly kind: 'started';
  readonly session: RunningPomodoroRecord;
  /** A session was running already, and this is it. */
  readonly joined: boolean;
  readonly student: StudentRecord;
}

/**
 * Starts a focus session, or joins the one that runs: a student never has two.
 * @throws Unavailable
 */
export async function startPomodoro(committer: Committer, input: StartPomodoro): Promise<PomodoroStarted | Refused> {
  const assignmentId = input.assignmentId === null ? null : toObjectId(input.assignmentId);
  const tried: Types.ObjectId[] = [];
  return committer.submit<PomodoroStarted | Refused>({
    studentId: input.studentId,
    facts: input.facts,
    needs: assignmentId ? { assignmentId } : {},
    decide: (student, known) => decide(input, tried, student, known),
  });
}

/**
 * @param tried ids of sessions that this request has tried to start: each try has a new one, lest a session run again
 * that was started, by a commit whose answer was lost, and ended meanwhile by somebody else
 */
function decide(
  input: StartPomodoro,
  tried: Types.ObjectId[],
  student: StudentRecord,
  known: Known,
): Step<PomodoroStarted | Refused> {
  const running = student.runningPomodoro;
  if (running) {
    if (tried.some((id) => id.equals(running.id))) {
      return { answer: (now) => ({ kind: 'started', session: running, joined: false, student: now }) };
    }
    return join(input, student, running);
  }
  const assignment = known.assignments.get(input.assignmentId?.toLowerCase() ?? '');
  if (input.assignmentId !== null && (!assignment || !isEnrolled(student, assignment))) {
    return { answer: () => refuse('NOT_FOUND', 'There is no such assignment in your courses. Start without one.') };
  }
  const id = new Types.ObjectId();
  tried.push(id);
  const session: RunningPomodoroRecord = {
    id,
    startedAt: input.facts.receivedAt,
    plannedMinutes: input.plannedMinutes,
    device: input.device,
    assignmentId: assignment?._id ?? null,
  };
  return {
    writes: { student: { ...student, runningPomodoro: session } },
    answer: (now) => ({ kind: 'started', session, joined: false, student: now }),
  };
}

/** Written down so that the student's other devices hear of it: a change stream tells of writes only. */
function join(
  { device, facts }: StartPomodoro,
  student: StudentRecord,
  running: RunningPomodoroRecord,
): Step<PomodoroStarted> {
  const session = { ...running, lastJoin: { at: facts.receivedAt, device } };
  return {
    writes: { student: { ...student, runningPomodoro: session } },
    answer: (now) => ({ kind: 'started', session, joined: true, student: now }),
  };
}
