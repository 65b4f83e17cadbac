import { stateOf } from '../granting/pay-reward.js';
import {
  decideReward,
  localDateOf,
  newStudentState,
  type RewardDecision,
  rulesOf,
  type StudentAction,
  type StudentState,
} from '../rewards/index.js';
import { type AuraWindow, utcDayOf } from '../storage/aura-window.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord, UnlockedBadgeRecord } from '../storage/models/student.js';
import { deriveAuraWindow, type EarnedAura, sameDays } from './aura.js';
import type { Findings } from './drift.js';
import { pathOfRow, type StudentSnapshot } from './student-snapshot.js';

/** The result of applying the whole ledger to a new student. */
interface Folded {
  state: StudentState;
  readonly badges: UnlockedBadgeRecord[];
  readonly earned: EarnedAura[];
  /** The first action of the last active day; null before the first. */
  dayOpener: StudentAction | null;
}

/** Checks each ledger row against the rules of its version, and the student against all rows together. */
export function checkLedger(snapshot: StudentSnapshot, findings: Findings): void {
  const { student, rewards, sessions } = snapshot;
  findings.compare('sequence', student.sequence, rewards.length);
  const atLeast = minimumRevision(snapshot);
  if (!Number.isInteger(student.revision) || student.revision < atLeast) {
    findings.add('revision', student.revision, `a whole number of at least ${atLeast}`);
  }
  if (sessions.some(({ _id }) => student.runningPomodoro?.id.equals(_id))) {
    findings.add('runningPomodoro.id', student.runningPomodoro?.id, undefined);
  }
  checkRows(student, rewards, findings);
  const folded = foldRows(rewards, findings);
  if (folded) checkStudent(student, folded, findings);
}

/**
 * Returns the least number of writes that the snapshot proves. A session starts in one commit and ends in a later one,
 * because the client needs its id to end it; that later commit may also start the next session. Rewards prove only one
 * write, because a group of them is one commit. Joining a course, profile changes and leaderboard queries also write
 * the student and leave no trace, so a higher revision is never a drift.
 */
function minimumRevision({ student, rewards, sessions }: StudentSnapshot): number {
  if (sessions.length > 0) return sessions.length + 1;
  return rewards.length > 0 || student.runningPomodoro ? 1 : 0;
}

/** Checks the fields of each row that the rules do not decide. */
function checkRows({ _id }: StudentRecord, rewards: readonly RewardRecord[], findings: Findings): void {
  const subjects = new Set<string>();
  const requestKeys = new Set<string>();
  for (const [position, row] of rewards.entries()) {
    const path = pathOfRow(position);
    const { action, subject, operation, requestKey } = row;
    findings.compare(`${path}.sequence`, row.sequence, position + 1);
    findings.compare(`${path}.actorId`, row.actorId, _id);
    const expected = EXPECTED_BY_ACTION[action.kind];
    findings.compare(`${path}.reason`, row.reason, expected.reason);
    findings.compare(`${path}.subject.kind`, subject.kind, expected.subjectKind);
    findings.compare(`${path}.operation`, operation, expected.operation);
    findings.compareCopies(`${path}.localDate`, row.localDate, `${path}.action.localDate`, action.localDate);
    findings.compareCopies(`${path}.grantedAt`, row.grantedAt, `${path}.action.at`, action.at);
    if (isRepeated(subjects, `${subject.kind} ${subject.id}`)) findings.add(`${path}.subject`, subject, undefined);
    if (requestKey !== undefined && isRepeated(requestKeys, `${operation} ${requestKey}`)) {
      findings.add(`${path}.requestKey`, requestKey, undefined);
    }
  }
}

const EXPECTED_BY_ACTION = {
  AssignmentSubmitted: {
    reason: 'ASSIGNMENT_SUBMITTED',
    subjectKind: 'assignment',
    operation: 'submitAssignment',
  },
  PomodoroEnded: { reason: 'POMODORO_ENDED', subjectKind: 'pomodoro', operation: 'endPomodoro' },
} as const;

function isRepeated(seen: Set<string>, key: string): boolean {
  return seen.size === seen.add(key).size;
}

/** @returns null if a row is missing or the rules reject it: nothing after it can be derived */
function foldRows(rewards: readonly RewardRecord[], findings: Findings): Folded | null {
  const folded: Folded = { state: newStudentState, badges: [], earned: [], dayOpener: null };
  for (const [position, row] of rewards.entries()) {
    if (row.sequence !== position + 1) return null;
    const decision = decide(folded.state, row, pathOfRow(position), findings);
    if (!decision) return null;
    compareDecision(row, decision, pathOfRow(position), findings);
    if (decision.state.streak.lastActiveOn !== folded.state.streak.lastActiveOn) folded.dayOpener = row.action;
    folded.state = decision.state;
    folded.earned.push({ day: utcDayOf(row.action.at), points: decision.auraPoints });
    for (const badgeId of decision.newBadges) {
      folded.badges.push({ badgeId, unlockedAt: row.action.at, rewardId: row._id });
    }
  }
  return folded;
}

function decide(state: StudentState, row: RewardRecord, path: string, findings: Findings): RewardDecision | null {
  const rules = valueOrMessage(() => rulesOf(row.rulesVersion));
  if (typeof rules === 'string') {
    findings.add(`${path}.rulesVersion`, row.rulesVersion, rules);
    return null;
  }
  const decision = valueOrMessage(() => decideReward(state, row.action, rules));
  if (typeof decision !== 'string') return decision;
  findings.add(`${path}.action`, row.action, decision);
  return null;
}

/** Returns the value, or the message of the error with which the rules reject impossible input. */
function valueOrMessage<Value>(derive: () => Value): Value | string {
  try {
    return derive();
  } catch (error) {
    return (error as Error).message;
  }
}

/** For all rows together this also proves the sums: each decision starts from the state after the previous row. */
function compareDecision(row: RewardRecord, decision: RewardDecision, path: string, findings: Findings): void {
  findings.compare(`${path}.xp`, row.xp, decision.xp);
  findings.compare(`${path}.auraPoints`, row.auraPoints, decision.auraPoints);
  findings.compare(`${path}.before`, row.before, decision.before);
  findings.compare(`${path}.after`, row.after, decision.after);
  findings.compare(`${path}.lines`, row.lines, decision.lines);
  findings.compare(`${path}.leveledUp`, row.leveledUp, decision.leveledUp);
  findings.compare(`${path}.surplusDiscarded`, row.surplusDiscarded, decision.surplusDiscarded);
  findings.compare(`${path}.badges`, row.badges, decision.newBadges);
  findings.compare(`${path}.streak`, row.streak, decision.state.streak);
}

function checkStudent(student: StudentRecord, { state, badges, earned, dayOpener }: Folded, findings: Findings): void {
  const { badges: _, ...stored } = stateOf(student);
  for (const field of Object.keys(stored) as (keyof typeof stored)[]) {
    findings.compare(field, stored[field], state[field]);
  }
  findings.compare('badges', student.badges, badges);
  compareAuraWindow(student.auraWindow, earned, findings);
  checkDayZone(student, dayOpener, findings);
}

/** `days` is relative to `asOfDay`. If they do not match, either may be wrong, so the whole window is the drift. */
function compareAuraWindow(stored: AuraWindow, earned: readonly EarnedAura[], findings: Findings): void {
  const derived = deriveAuraWindow(earned, stored);
  if (sameDays(stored, derived)) findings.compare('auraWindow', stored, derived);
  else findings.add('auraWindow', stored, derived);
}

/**
 * Checks that the first action of the last active day falls on that day in the stored zone. The ledger rows store their
 * days; this day is computed again, with this machine's time zone data.
 */
function checkDayZone({ dayZone }: StudentRecord, dayOpener: StudentAction | null, findings: Findings): void {
  if (dayOpener === null) {
    findings.compare('dayZone', dayZone, null);
    return;
  }
  const { at, localDate } = dayOpener;
  if (dayZone === null || valueOrMessage(() => localDateOf(at, dayZone)) !== localDate) {
    findings.add('dayZone', dayZone, `a zone in which ${at.toISOString()} is on ${localDate}`);
  }
}
