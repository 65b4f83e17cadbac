import { Types } from 'mongoose';
import type { Committer } from '../granting/committer.js';
import { endedSession, type Known, type Step } from '../granting/decide-group.js';
import { fingerprintOf, priorOf, type RequestIdentity } from '../granting/find-replay.js';
import { dayOf, payReward } from '../granting/pay-reward.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import { toObjectId } from '../storage/object-id.js';

export interface EndPomodoro {
  readonly studentId: Types.ObjectId;
  readonly sessionId: string;
  readonly idempotencyKey: string | null;
  readonly facts: RequestFacts;
}

export interface PomodoroEnded {
  readonly kind: 'ended';
  readonly session: PomodoroSessionRecord;
  readonly student: StudentRecord;
  /** null where the session ended unpaid. */
  readonly reward: RewardRecord | null;
  readonly replayed: boolean;
}

interface Ending extends EndPomodoro {
  readonly id: Types.ObjectId | null;
  readonly identity: RequestIdentity;
  readonly rewardId: Types.ObjectId;
}

/**
 * Ends a focus session and pays it, once; a session that has ended already replays its outcome.
 * @throws Unavailable
 */
export async function endPomodoro(committer: Committer, input: EndPomodoro): Promise<PomodoroEnded | Refused> {
  const id = toObjectId(input.sessionId);
  const identity: RequestIdentity = {
    operation: 'endPomodoro',
    subject: id && { kind: 'pomodoro', id },
    requestKey: input.idempotencyKey,
    fingerprint: fingerprintOf(id?.toHexString() ?? input.sessionId),
  };
  const ending: Ending = { ...input, id, identity, rewardId: new Types.ObjectId() };
  return committer.submit<PomodoroEnded | Refused>({
    studentId: input.studentId,
    facts: input.facts,
    needs: { reward: identity, session: { sessionId: id, requestKey: input.idempotencyKey } },
    decide: (student, known) => decide(ending, student, known),
  });
}

/** A key that ended another session is judged first, then what has ended, then what runs. */
function decide(request: Ending, student: StudentRecord, known: Known): Step<PomodoroEnded | Refused> {
  const { id, idempotencyKey, facts } = request;
  const underKey = idempotencyKey === null ? undefined : known.sessions.find((s) => s.requestKey === idempotencyKey);
  if (underKey && !(id && underKey._id.equals(id))) {
    return { answer: () => refuse('IDEMPOTENCY_KEY_REUSED', KEY_REUSED) };
  }
  const ended = id && known.sessions.find((session) => session._id.equals(id));
  if (ended) return replay(request, ended, known);
  if (id && known.expired?._id.equals(id)) return recordExpired(student, withKey(known.expired, idempotencyKey));
  const running = student.runningPomodoro;
  if (!running || !id || !running.id.equals(id)) return { answer: () => refuse('NOT_FOUND', NO_SUCH_SESSION) };
  const session = withKey(endedSession(student, running, facts.receivedAt), idempotencyKey);
  const idle = { ...student, runningPomodoro: null };
  return session.status === 'COMPLETED' ? pay(request, idle, session) : endUnpaid(idle, session);
}

const KEY_REUSED = 'This key ended another session before. Use a new key for each session.';
const NO_SUCH_SESSION = 'You have no such session. Look at runningPomodoro for the one that runs, or start a new one.';

const withKey = (session: PomodoroSessionRecord, requestKey: string | null): PomodoroSessionRecord =>
  requestKey === null ? session : { ...session, requestKey };

function replay({ identity, rewardId }: Ending, session: PomodoroSessionRecord, known: Known): Step<PomodoroEnded> {
  const prior = priorOf({ ...identity, requestKey: null }, known.rewards);
  const reward = prior.kind === 'replay' ? prior.reward : null;
  const replayed = !reward?._id.equals(rewardId);
  return { answer: (now) => ({ kind: 'ended', session, student: now, reward, replayed }) };
}

/** It had ended by itself before anybody asked, so this is a replay, though the first to write it down. */
function recordExpired(student: StudentRecord, session: PomodoroSessionRecord): Step<PomodoroEnded> {
  return {
    writes: { student, session },
    answer: (now) => ({ kind: 'ended', session, student: now, reward: null, replayed: true }),
  };
}

function endUnpaid(student: StudentRecord, session: PomodoroSessionRecord): Step<PomodoroEnded> {
  return {
    writes: { student, session },
    answer: (now) => ({ kind: 'ended', session, student: now, reward: null, replayed: false }),
  };
}

function pay(request: Ending, student: StudentRecord, session: PomodoroSessionRecord): Step<PomodoroEnded> {
  const { identity, rewardId, facts } = request;
  const { student: paid, reward } = payReward(
    student,
    {
      kind: 'PomodoroEnded',
      at: facts.receivedAt,
      localDate: dayOf(student, facts.receivedAt),
      plannedMinutes: session.plannedMinutes,
      focusedSeconds: session.focusedSeconds ?? 0,
    },
    { ...identity, rewardId, facts, reason: 'POMODORO_ENDED', subject: { kind: 'pomodoro', id: session._id } },
  );
  const rewarded = { ...session, rewardId };
  return {
    writes: { student: paid, session: rewarded, reward },
    answer: (now) => ({ kind: 'ended', session: rewarded, student: now, reward, replayed: false }),
  };
}
