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
import { type Books, pathOfRow } from './books.js';
import type { Findings } from './drift.js';

/** What the whole ledger makes of a student that had nothing. */
interface Folded {
  state: StudentState;
  readonly badges: UnlockedBadgeRecord[];
  readonly earned: EarnedAura[];
  /** The first action of the last active day; null before the first. */
  dayBegan: StudentAction | null;
}

/** Each row says what the rules of its version decide of its action, and all of them together make the student. */
export function checkLedger(books: Books, findings: Findings): void {
  const { student, rewards, sessions } = books;
  findings.compare('sequence', student.sequence, rewards.length);
  const leastRevision = writesProved(books);
  if (!Number.isInteger(student.revision) || student.revision < leastRevision) {
    findings.add('revision', student.revision, `a whole number from ${leastRevision} on`);
  }
  if (sessions.some(({ _id }) => student.runningPomodoro?.id.equals(_id))) {
    findings.add('runningPomodoro.id', student.runningPomodoro?.id, undefined);
  }
  checkRows(student, rewards, findings);
  const folded = foldRows(rewards, findings);
  if (folded) checkStudent(student, folded, findings);
}

/**
 * How many writes of the student its books prove at least. A session is started in one commit and ended in a later one,
 * since whoever ends it has been told its id; the next one may be started by the commit that ends the last. Rewards
 * prove one write only: a group of them is one commit. Joining a course, a profile and the leaderboard write as well,
 * and leave no trace, so that more is never wrong.
 */
function writesProved({ student, rewards, sessions }: Books): number {
  if (sessions.length > 0) return sessions.length + 1;
  return rewards.length > 0 || student.runningPomodoro ? 1 : 0;
}

/** What a row says besides the rules' decision. */
function checkRows({ _id }: StudentRecord, rewards: readonly RewardRecord[], findings: Findings): void {
  const subjects = new Set<string>();
  const requestKeys = new Set<string>();
  for (const [position, row] of rewards.entries()) {
    const path = pathOfRow(position);
    const { action, subject, operation, requestKey } = row;
    findings.compare(`${path}.sequence`, row.sequence, position + 1);
    findings.compare(`${path}.actorId`, row.actorId, _id);
    const { reason, kind, by } = TOLD_BY[action.kind];
    findings.compare(`${path}.reason`, row.reason, reason);
    findings.compare(`${path}.subject.kind`, subject.kind, kind);
    findings.compare(`${path}.operation`, operation, by);
    findings.compareCopies(`${path}.localDate`, row.localDate, `${path}.action.localDate`, action.localDate);
    findings.compareCopies(`${path}.grantedAt`, row.grantedAt, `${path}.action.at`, action.at);
    if (isRepeated(subjects, `${subject.kind} ${subject.id}`)) findings.add(`${path}.subject`, subject, undefined);
    if (requestKey !== undefined && isRepeated(requestKeys, `${operation} ${requestKey}`)) {
      findings.add(`${path}.requestKey`, requestKey, undefined);
    }
  }
}

const TOLD_BY = {
  AssignmentSubmitted: { reason: 'ASSIGNMENT_SUBMITTED', kind: 'assignment', by: 'submitAssignment' },
  PomodoroEnded: { reason: 'POMODORO_ENDED', kind: 'pomodoro', by: 'endPomodoro' },
} as const;

function isRepeated(seen: Set<string>, key: string): boolean {
  return seen.size === seen.add(key).size;
}

/** @returns null where a row cannot be folded, or is missing: nothing after it can be derived */
function foldRows(rewards: readonly RewardRecord[], findings: Findings): Folded | null {
  const folded: Folded = { state: newStudentState, badges: [], earned: [], dayBegan: null };
  for (const [position, row] of rewards.entries()) {
    if (row.sequence !== position + 1) return null;
    const decision = decide(folded.state, row, pathOfRow(position), findings);
    if (!decision) return null;
    compareDecision(row, decision, pathOfRow(position), findings);
    if (decision.state.streak.lastActiveOn !== folded.state.streak.lastActiveOn) folded.dayBegan = row.action;
    folded.state = decision.state;
    folded.earned.push({ day: utcDayOf(row.action.at), points: decision.auraPoints });
    for (const badgeId of decision.newBadges) {
      folded.badges.push({ badgeId, unlockedAt: row.action.at, rewardId: row._id });
    }
  }
  return folded;
}

function decide(state: StudentState, row: RewardRecord, path: string, findings: Findings): RewardDecision | null {
  const rules = orMessage(() => rulesOf(row.rulesVersion));
  if (typeof rules === 'string') {
    findings.add(`${path}.rulesVersion`, row.rulesVersion, rules);
    return null;
  }
  const decision = orMessage(() => decideReward(state, row.action, rules));
  if (typeof decision !== 'string') return decision;
  findings.add(`${path}.action`, row.action, decision);
  return null;
}

/** The rules refuse what never was by an error; its message says why. */
function orMessage<Value>(derive: () => Value): Value | string {
  try {
    return derive();
  } catch (error) {
    return (error as Error).message;
  }
}

/** Row by row this proves the sums and the chain too: a decision begins where the one before it ended. */
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

function checkStudent(student: StudentRecord, { state, badges, earned, dayBegan }: Folded, findings: Findings): void {
  const { badges: _, ...stored } = stateOf(student);
  for (const field of Object.keys(stored) as (keyof typeof stored)[]) {
    findings.compare(field, stored[field], state[field]);
  }
  findings.compare('badges', student.badges, badges);
  compareAuraWindow(student.auraWindow, earned, findings);
  checkDayZone(student, dayBegan, findings);
}

/** `days` means nothing without `asOfDay`: where they do not go together, it cannot be told which of them is wrong. */
function compareAuraWindow(stored: AuraWindow, earned: readonly EarnedAura[], findings: Findings): void {
  const derived = deriveAuraWindow(earned, stored);
  if (sameDays(stored, derived)) findings.compare('auraWindow', stored, derived);
  else findings.add('auraWindow', stored, derived);
}

/**
 * In the stored zone, the last active day must have been begun on that day by the action that began it. What ledger rows
 * say of their day is fixed; this is reckoned anew, with the time zones as this machine knows them.
 */
function checkDayZone({ dayZone }: StudentRecord, dayBegan: StudentAction | null, findings: Findings): void {
  if (dayBegan === null) {
    findings.compare('dayZone', dayZone, null);
    return;
  }
  const { at, localDate } = dayBegan;
  if (dayZone === null || orMessage(() => localDateOf(at, dayZone)) !== localDate) {
    findings.add('dayZone', dayZone, `a zone in which ${at.toISOString()} is on ${localDate}`);
  }
}
