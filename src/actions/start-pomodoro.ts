import { Types } from 'mongoose';
import { isEnrolled } from '../auth/course-access.js';
import type { Committer } from '../granting/committer.js';
import type { Decision, LookupResults } from '../granting/decide-group.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import type { RunningPomodoroRecord, StudentRecord } from '../storage/models/student.js';
import { toObjectId } from '../storage/object-id.js';

export interface StartPomodoro {
  readonly studentId: Types.ObjectId;
  readonly plannedMinutes: number;
  readonly device: string | null;
  /** The assignment that the session is for. null: none. */
  readonly assignmentId: string | null;
  readonly facts: RequestFacts;
}

export interface PomodoroStarted {
  readonly kind: 'started';
  readonly session: RunningPomodoroRecord;
  /** Whether the session was running already. */
  readonly joined: boolean;
  readonly student: StudentRecord;
}

/**
 * Starts a focus session, or joins the running one. A student never has two running sessions.
 * @throws Unavailable
 */
export async function startPomodoro(committer: Committer, input: StartPomodoro): Promise<PomodoroStarted | Refused> {
  const assignmentId = input.assignmentId === null ? null : toObjectId(input.assignmentId);
  const triedIds: Types.ObjectId[] = [];
  return committer.submit<PomodoroStarted | Refused>({
    studentId: input.studentId,
    facts: input.facts,
    lookups: assignmentId ? { assignmentId } : {},
    decide: (student, found) => decide(input, triedIds, student, found),
  });
}

/**
 * Each attempt creates a session with a new id. With one id for all attempts, a retry could start a session again that
 * had already ended: one attempt commits, its reply is lost, and another client ends the session before the retry.
 * @param triedIds the ids of the sessions that earlier attempts of this request tried to start
 */
function decide(
  input: StartPomodoro,
  triedIds: Types.ObjectId[],
  student: StudentRecord,
  found: LookupResults,
): Decision<PomodoroStarted | Refused> {
  const running = student.runningPomodoro;
  if (running) {
    if (triedIds.some((id) => id.equals(running.id))) {
      return { answer: (now) => ({ kind: 'started', session: running, joined: false, student: now }) };
    }
    return join(input, student, running);
  }
  // The keys are ids in lower case; the client may have sent upper case.
  const assignment = found.assignments.get(input.assignmentId?.toLowerCase() ?? '');
  if (input.assignmentId !== null && (!assignment || !isEnrolled(student, assignment.courseId))) {
    return { answer: () => refuse('NOT_FOUND', 'There is no such assignment in your courses. Start without one.') };
  }
  const id = new Types.ObjectId();
  triedIds.push(id);
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

/** A join is written so that the change stream reports it to the student's other devices. */
function join(
  { device, facts }: StartPomodoro,
  student: StudentRecord,
  running: RunningPomodoroRecord,
): Decision<PomodoroStarted> {
  const session = { ...running, lastJoin: { at: facts.receivedAt, device } };
  return {
    writes: { student: { ...student, runningPomodoro: session } },
    answer: (now) => ({ kind: 'started', session, joined: true, student: now }),
  };
}
