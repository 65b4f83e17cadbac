import { Types } from 'mongoose';
import type { Committer } from '../granting/committer.js';
import { type Decision, endedSession, type LookupResults } from '../granting/decide-group.js';
import { findReplay, fingerprintOf, type RequestIdentity } from '../granting/find-replay.js';
import { dayOf, payReward } from '../granting/pay-reward.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import { canonicalId, toObjectId } from '../storage/object-id.js';

export interface EndPomodoro {
  readonly studentId: Types.ObjectId;
  readonly sessionId: string;
  readonly idempotencyKey: string | null;
  readonly facts: RequestFacts;
}

export interface EndPomodoroOutcome {
  readonly kind: 'ended';
  readonly session: PomodoroSessionRecord;
  readonly student: StudentRecord;
  /** null if the session ended without a reward. */
  readonly reward: RewardRecord | null;
  readonly replayed: boolean;
}

/** The request with everything that is computed once, before the first attempt. */
interface PreparedRequest extends Omit<EndPomodoro, 'sessionId'> {
  /** null: not a valid id. */
  readonly sessionId: Types.ObjectId | null;
  readonly identity: RequestIdentity;
  readonly rewardId: Types.ObjectId;
}

/**
 * Ends a focus session and pays its reward once. If the session has ended already, returns the same outcome again.
 * @throws Unavailable
 */
export async function endPomodoro(committer: Committer, input: EndPomodoro): Promise<EndPomodoroOutcome | Refused> {
  const sessionId = toObjectId(input.sessionId);
  const identity: RequestIdentity = {
    operation: 'endPomodoro',
    subject: sessionId && { kind: 'pomodoro', id: sessionId },
    requestKey: input.idempotencyKey,
    fingerprint: fingerprintOf(canonicalId(input.sessionId)),
  };
  const prepared: PreparedRequest = { ...input, sessionId, identity, rewardId: new Types.ObjectId() };
  return committer.submit<EndPomodoroOutcome | Refused>({
    studentId: input.studentId,
    facts: input.facts,
    lookups: { reward: identity, session: { sessionId, requestKey: input.idempotencyKey } },
    decide: (student, found) => decide(prepared, student, found),
  });
}

/** Checks in this order: a key that ended another session, a session that has ended, the running session. */
function decide(
  request: PreparedRequest,
  student: StudentRecord,
  found: LookupResults,
): Decision<EndPomodoroOutcome | Refused> {
  const { sessionId: id, idempotencyKey, rewardId, facts } = request;
  const underKey = idempotencyKey === null ? undefined : found.sessions.find((s) => s.requestKey === idempotencyKey);
  if (underKey && !(id && underKey._id.equals(id))) {
    return { answer: () => refuse('IDEMPOTENCY_KEY_REUSED', KEY_REUSED) };
  }
  const ended = id && found.sessions.find((session) => session._id.equals(id));
  if (ended) return replay(request, ended, found);
  if (id && found.expired?._id.equals(id)) return endUnpaid(student, withKey(found.expired, idempotencyKey));
  const running = student.runningPomodoro;
  if (!running || !id || !running.id.equals(id)) return { answer: () => refuse('NOT_FOUND', NO_SUCH_SESSION) };
  const session = { ...withKey(endedSession(student, running, facts.receivedAt), idempotencyKey), endedBy: rewardId };
  const idle = { ...student, runningPomodoro: null };
  return session.status === 'COMPLETED' ? pay(request, idle, session) : endUnpaid(idle, session);
}

const KEY_REUSED = 'This key was already used to end another session. Use a new key for each session.';
const NO_SUCH_SESSION =
  'You have no such session. Query runningPomodoro for the one that is running, or start a new one.';

const withKey = (session: PomodoroSessionRecord, requestKey: string | null): PomodoroSessionRecord =>
  requestKey === null ? session : { ...session, requestKey };

/**
 * The answer for a session that has ended already. Its reward is looked up by the session alone, because `decide` has
 * checked the key already. If this request ended the session, only the reply of its commit was lost.
 */
function replay(
  { identity, rewardId }: PreparedRequest,
  session: PomodoroSessionRecord,
  found: LookupResults,
): Decision<EndPomodoroOutcome> {
  const check = findReplay({ ...identity, requestKey: null }, found.rewards);
  const reward = check.kind === 'replay' ? check.reward : null;
  const replayed = !session.endedBy?.equals(rewardId);
  return { answer: (now) => ({ kind: 'ended', session, student: now, reward, replayed }) };
}

/** If the session had expired before this request, this is a replay, even though it is the first to record the end. */
function endUnpaid(student: StudentRecord, session: PomodoroSessionRecord): Decision<EndPomodoroOutcome> {
  const replayed = session.status === 'EXPIRED';
  return {
    writes: { student, session },
    answer: (now) => ({ kind: 'ended', session, student: now, reward: null, replayed }),
  };
}

function pay(
  request: PreparedRequest,
  student: StudentRecord,
  session: PomodoroSessionRecord,
): Decision<EndPomodoroOutcome> {
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
    writes: { student: paid, session: rewarded, rewards: [reward] },
    answer: (now) => ({ kind: 'ended', session: rewarded, student: now, reward, replayed: false }),
  };
}
