import { fingerprintOf } from '../granting/find-replay.js';
import { currentRules, expiresAt, type PomodoroOutcome, pomodoroOutcome } from '../rewards/index.js';
import type { PomodoroSessionRecord } from '../storage/models/pomodoro-session.js';
import type { Findings } from './drift.js';
import { pathOfSession, type StudentSnapshot } from './student-snapshot.js';
import { type Row, UnclaimedRewards } from './unclaimed-rewards.js';

/** Checks that each completed session has a matching reward, and each reward of a session a session. */
export function checkSessions({ student, rewards, sessions }: StudentSnapshot, findings: Findings): void {
  const unclaimed = new UnclaimedRewards(rewards, 'PomodoroEnded');
  for (const session of sessions) checkSession(session, unclaimed, findings);
  unclaimed.addRest(findings);
  if (student.runningPomodoro) checkPlan(student.runningPomodoro, 'runningPomodoro', findings);
}

/** All versions of the rules so far have the same bounds. */
function checkPlan({ plannedMinutes }: { plannedMinutes: number }, path: string, findings: Findings): void {
  const { leastPlannedMinutes: least, mostPlannedMinutes: most } = currentRules;
  if (Number.isInteger(plannedMinutes) && plannedMinutes >= least && plannedMinutes <= most) return;
  findings.add(`${path}.plannedMinutes`, plannedMinutes, `a whole number from ${least} to ${most}`);
}

function checkSession(session: PomodoroSessionRecord, unclaimedRewards: UnclaimedRewards, findings: Findings): void {
  const path = pathOfSession(session);
  const found = unclaimedRewards.take(session.rewardId, { kind: 'pomodoro', id: session._id });
  checkPlan(session, path, findings);
  const outcome = outcomeOf(session);
  const unpaid = outcome.status === 'COMPLETED' ? 'the reward of a completed session' : null;
  findings.compare(`${path}.rewardId`, session.rewardId, found?.row._id ?? unpaid);
  findings.compare(`${path}.status`, session.status, outcome.status);
  findings.compare(`${path}.endedAt`, session.endedAt, outcome.endedAt);
  findings.compare(`${path}.focusedSeconds`, session.focusedSeconds, outcome.focusedSeconds);
  if (outcome.status === 'EXPIRED' && +session.endedAt !== +outcome.endedAt) {
    // Any of the three values may be wrong.
    findings.add(`${path}.startedAt`, session.startedAt, 'endedAt minus the time until expiry');
    findings.add(
      `${path}.plannedMinutes`,
      session.plannedMinutes,
      'the planned length that makes it expire at endedAt',
    );
  }
  if (found) checkPaidSession(session, outcome, found, findings);
}

function checkPaidSession(
  session: PomodoroSessionRecord,
  { focusedSeconds }: PomodoroOutcome,
  { row, path: ofRow }: Row,
  findings: Findings,
): void {
  const { action } = row;
  if (action.kind !== 'PomodoroEnded') return;
  const path = pathOfSession(session);
  const { _id, requestKey, plannedMinutes, startedAt, endedAt } = session;
  findings.compare(`${ofRow}.subject.id`, row.subject.id, _id);
  findings.compare(`${ofRow}.fingerprint`, row.fingerprint, fingerprintOf(_id.toHexString()));
  findings.compare(`${ofRow}.action.focusedSeconds`, action.focusedSeconds, focusedSeconds);
  findings.compareCopies(`${path}.requestKey`, requestKey, `${ofRow}.requestKey`, row.requestKey);
  findings.compareCopies(
    `${path}.plannedMinutes`,
    plannedMinutes,
    `${ofRow}.action.plannedMinutes`,
    action.plannedMinutes,
  );
  // If the clock went backwards, the session's end is its start, and differs from the time of the action.
  if (action.at >= startedAt) findings.compareCopies(`${path}.endedAt`, endedAt, `${ofRow}.action.at`, action.at);
}

/**
 * Derives the outcome of a session from its end. Three fields show whether it expired; two of them decide, because one
 * may be wrong. An unpaid session stores no rules version; all versions so far have the same durations.
 */
function outcomeOf(session: PomodoroSessionRecord): PomodoroOutcome {
  const expiry = expiresAt(session, currentRules);
  const signs = [session.status === 'EXPIRED', session.focusedSeconds === null, +session.endedAt === +expiry];
  return signs.filter(Boolean).length > 1
    ? { status: 'EXPIRED', endedAt: expiry, focusedSeconds: null }
    : pomodoroOutcome(session, session.endedAt, currentRules);
}
