import { badgesOf, earnedAura } from '../granting/correct-reward.js';
import { stateOf } from '../granting/pay-reward.js';
import { isCorrection, localDateOf } from '../rewards/index.js';
import { type AuraWindow, auraWindowOf, emptyAuraWindow, MONTH_DAYS, utcDayOf } from '../storage/aura-window.js';
import type { LedgerRow } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import { valueOrMessage } from './derive.js';
import type { Findings } from './drift.js';
import { type Folded, foldRows } from './fold.js';
import { checkRows, isRepeated } from './rows.js';
import type { StudentSnapshot } from './student-snapshot.js';

/** Checks each ledger row against the rules of its version, and the student against all rows together. */
export function checkLedger(snapshot: StudentSnapshot, findings: Findings): void {
  const { student, rewards, sessions } = snapshot;
  findings.compare('sequence', student.sequence, rewards.at(-1)?.sequence ?? 0);
  const atLeast = minimumRevision(snapshot);
  if (!Number.isInteger(student.revision) || student.revision < atLeast) {
    findings.add('revision', student.revision, `a whole number of at least ${atLeast}`);
  }
  if (sessions.some(({ _id }) => student.runningPomodoro?.id.equals(_id))) {
    findings.add('runningPomodoro.id', student.runningPomodoro?.id, undefined);
  }
  checkProfile(student, findings);
  checkRows(student, rewards, findings);
  const folded = foldRows(rewards, findings);
  if (folded) checkStudent(student, folded, findings);
}

/** The API accepts no offsets, which Intl would. */
function checkProfile({ timeZone, courseIds }: StudentRecord, findings: Findings): void {
  const isZone = /^[A-Z]/.test(timeZone) && DAY.test(valueOrMessage(() => localDateOf(new Date(0), timeZone)));
  if (!isZone) findings.add('timeZone', timeZone, 'a time zone');
  const seen = new Set<string>();
  for (const [index, id] of courseIds.entries()) {
    if (isRepeated(seen, id.toHexString())) findings.add(`courseIds[${index}]`, id, undefined);
  }
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * Returns the least number of writes that the snapshot proves. A session starts in one commit and ends in a later one,
 * because the client needs its id to end it; that later commit may also start the next session. Rewards prove only one
 * write, because a group of them is one commit. Joining a course, profile changes and leaderboard queries also write
 * the student and leave no trace, so a higher revision is never a drift.
 */
function minimumRevision({ student, rewards, sessions }: StudentSnapshot): number {
  if (sessions.length > 0) return sessions.length + 1;
  return rewards.length > 0 || student.runningPomodoro || student.extensions ? 1 : 0;
}

function checkStudent(student: StudentRecord, folded: Folded, findings: Findings): void {
  const { state, badges, ledger } = folded;
  const { badges: _, ...stored } = stateOf(student);
  for (const field of Object.keys(stored) as (keyof typeof stored)[]) {
    findings.compare(field, stored[field], state[field]);
  }
  findings.compare('badges', student.badges, badgesOf(ledger, badges));
  compareAuraWindow(student.auraWindow, ledger, findings);
  checkDayZone(student, folded, findings);
}

/** `days` is relative to `asOfDay`. If they do not match, either may be wrong, so the whole window is the drift. */
function compareAuraWindow(stored: AuraWindow, ledger: readonly LedgerRow[], findings: Findings): void {
  const derived = derivedAuraWindow(ledger, stored);
  if (sameDays(stored, derived)) findings.compare('auraWindow', stored, derived);
  else findings.add('auraWindow', stored, derived);
}

/** A leaderboard query may have settled the window for a later day than that of the last row. */
function derivedAuraWindow(ledger: readonly LedgerRow[], stored: AuraWindow): AuraWindow {
  if (ledger.length === 0) return emptyAuraWindow;
  const lastDay = ledger.reduce((latest, { grantedAt }) => Math.max(latest, utcDayOf(grantedAt)), 0);
  const asOfDay = Number.isSafeInteger(stored.asOfDay) ? Math.max(stored.asOfDay, lastDay) : lastDay;
  // Points of earlier days no longer count.
  const earned = earnedAura(ledger).filter(({ day }) => day > asOfDay - MONTH_DAYS);
  return auraWindowOf(earned, asOfDay);
}

const sameDays = (one: AuraWindow, other: AuraWindow): boolean =>
  one.asOfDay === other.asOfDay &&
  one.days.length === other.days.length &&
  one.days.every((points, position) => points === other.days[position]);

/**
 * Compares the zone of the last active day with that of the row that began it. If that row does not say its zone, the
 * day must have been that day in the stored zone. This is computed with this machine's time zone data.
 */
function checkDayZone({ dayZone }: StudentRecord, folded: Folded, findings: Findings): void {
  const { ledger, dayOpener, dayZone: derived } = folded;
  if (dayOpener === null || derived !== undefined) {
    findings.compare('dayZone', dayZone, derived);
    return;
  }
  const { at, localDate } = ledger[dayOpener - 1]!.action;
  const day = dayZone === null ? null : valueOrMessage(() => localDateOf(at, dayZone));
  // After a correction, the student's zone stands in for one that no row says and that cannot be found out.
  const mayDiffer = ledger.some(({ action }) => isCorrection(action)) && DAY.test(day ?? '');
  if (day !== localDate && !mayDiffer) {
    findings.add('dayZone', dayZone, `a zone in which ${at.toISOString()} is on ${localDate}`);
  }
}
