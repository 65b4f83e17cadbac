/** The part of the checker that concerns calendar days. It uses neither the product nor its rules. */
import { groupBy } from '../../src/group-by.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { Stored, Violation } from './checker.js';

/** A copy of the rules' limit: the checker does not use the rules. */
const MAX_MINUTES_PER_DAY = 240;

/**
 * Checks the days of students who earn all their rewards themselves and never change their time zone. Each reward is on
 * the calendar day of its student's zone, but never on an earlier day than the reward before: the clock of another
 * server may be behind, and the clocks of a zone may go back across midnight.
 * @returns the violations of days-right
 */
export function checkDays({ students, rewards }: Stored): Violation[] {
  const zones = new Map(students.map(({ _id, timeZone }) => [_id.toHexString(), timeZone]));
  return [...groupBy(rewards, ({ studentId }) => studentId.toHexString())].flatMap(([id, rows]) =>
    problemsOf(rows, zones.get(id) ?? 'UTC').map((text) => ({ invariant: 'days-right', text: `${id}: ${text}` })),
  );
}

function problemsOf(rows: readonly RewardRecord[], timeZone: string): string[] {
  const minutes = new Map<string, number>();
  let day = '';
  return rows.flatMap(({ sequence, localDate, grantedAt, xp, streak, action }) => {
    const problems: string[] = [];
    const today = dayIn(timeZone, grantedAt);
    day = today > day ? today : day;
    if (localDate !== day) {
      problems.push(`row ${sequence} of ${grantedAt.toISOString()} is on ${localDate}, not ${day} (${timeZone})`);
    }
    minutes.set(day, (minutes.get(day) ?? 0) + (action.kind === 'PomodoroEnded' ? xp : 0));
    if (minutes.get(day)! > MAX_MINUTES_PER_DAY) problems.push(`${day} pays ${minutes.get(day)} minutes`);
    if (streak.days > minutes.size)
      problems.push(`row ${sequence} has a streak of ${streak.days} in ${minutes.size} days`);
    return problems;
  });
}

/** The calendar day as YYYY-MM-DD, which is how Sweden writes it. */
const dayIn = (timeZone: string, at: Date): string => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(at);
