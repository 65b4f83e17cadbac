/** A second, plain account of what a ledger with corrections makes of a student. It shares no code with src/rewards. */
import { badges, type Streak } from '../../src/rewards/index.js';

/** A row of the ledger that corrects no other, as it counts today. Corrections change `points` and `isRevoked`. */
export interface NaiveRow {
  readonly kind: 'submission' | 'session' | 'bonus' | 'grade';
  /** What it counts for, or would if it were not revoked. */
  points: number;
  isRevoked: boolean;
  readonly localDate: string;
  readonly at: Date;
  /** Focused seconds of a session; else 0. */
  readonly seconds: number;
}

const dayMs = 86_400_000;
const dayNumber = (date: string): number => Date.parse(date) / dayMs;
const dateOf = (number: number): string => new Date(number * dayMs).toISOString().slice(0, 10);

export const countsToday = (rows: readonly NaiveRow[]): NaiveRow[] => rows.filter(({ isRevoked }) => !isRevoked);

const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

/** Points of a submission, counted day by day. */
export function naiveSubmissionPoints(dueDate: Date, at: Date): number {
  let points = 50;
  if (at <= dueDate) {
    for (let early = at.getTime() + dayMs; early <= dueDate.getTime() && points < 100; early += dayMs) points += 10;
    return points;
  }
  for (let late = dueDate.getTime(); late < at.getTime() && points > 10; late += dayMs) points -= 10;
  return points;
}

/** The student after the rows that count. Each badge comes with the position of the row that unlocked it. */
export function naiveStudent(rows: readonly NaiveRow[], surplus: 'discard' | 'carry') {
  const counted = countsToday(rows);
  const points = total(counted.map((row) => row.points));
  const held = new Map<string, number>();
  for (const [position, row] of counted.entries()) {
    const until = counted.slice(0, position + 1);
    const counters = {
      SUBMISSIONS: until.filter(({ kind }) => kind === 'submission').length,
      FOCUS_MINUTES: Math.floor(total(until.map(({ seconds }) => seconds)) / 60),
      STREAK_DAYS: naiveStreak(until).days,
      LEVEL: naiveLevel(until, surplus).level,
    };
    for (const { id, counter, threshold } of badges) {
      if (!held.has(id) && counters[counter] >= threshold) held.set(id, rows.indexOf(row));
    }
  }
  return {
    state: {
      ...naiveLevel(counted, surplus),
      lifetimeXp: points,
      auraPoints: points,
      submissionCount: counted.filter(({ kind }) => kind === 'submission').length,
      pomodoroCount: counted.filter(({ kind }) => kind === 'session').length,
      totalPomodoroSeconds: total(counted.map(({ seconds }) => seconds)),
      streak: naiveStreak(counted),
      focusToday: naiveFocus(counted),
      badges: [...held.keys()],
    },
    badges: [...held].map(([badgeId, position]) => ({ badgeId, sequence: position + 1 })),
  };
}

/** The level that n needs 100, 400, 900, ... more points for. */
const needed = (level: number): number => 100 * (level + 1) ** 2;

function naiveLevel(counted: readonly NaiveRow[], surplus: 'discard' | 'carry'): { level: number; xp: number } {
  let level = 0;
  let xp = 0;
  if (surplus === 'carry') {
    xp = total(counted.map(({ points }) => points));
    for (; xp >= needed(level); level += 1) xp -= needed(level);
    return { level, xp };
  }
  for (const { points } of counted) {
    xp += points;
    if (xp < needed(level)) continue;
    level += 1;
    xp = 0;
  }
  return { level, xp };
}

/** The days on which the activities count: never before an earlier one. */
function activeDays(counted: readonly NaiveRow[]): { readonly day: string; readonly row: NaiveRow }[] {
  let latest = '';
  return counted
    .filter(({ kind }) => kind === 'submission' || kind === 'session')
    .map((row) => {
      if (row.localDate > latest) latest = row.localDate;
      return { day: latest, row };
    });
}

/** Walks through the calendar from the first active day to the last. */
function naiveStreak(counted: readonly NaiveRow[]): Streak {
  const days = [...new Set(activeDays(counted).map(({ day }) => day))];
  let [streak, longest, freezes] = [0, 0, 0];
  let missed = 0;
  const last = days.at(-1) ?? null;
  for (let day = days[0]; last !== null && day !== undefined && day <= last; day = dateOf(dayNumber(day) + 1)) {
    if (!days.includes(day)) {
      missed += 1;
      continue;
    }
    if (missed > freezes) streak = 0;
    else freezes -= missed;
    missed = 0;
    streak += 1;
    if (streak % 7 === 0 && freezes < 2) freezes += 1;
    longest = Math.max(longest, streak);
  }
  return { days: streak, longest, freezes, lastActiveOn: last };
}

function naiveFocus(counted: readonly NaiveRow[]): { date: string | null; paidMinutes: number } {
  const sessions = activeDays(counted).filter(({ row }) => row.kind === 'session');
  const date = sessions.at(-1)?.day ?? null;
  return { date, paidMinutes: total(sessions.filter(({ day }) => day === date).map(({ row }) => row.points)) };
}

/** Points of a session: its full minutes, as far as the day has not paid 240 yet. */
export function naiveSessionPoints(rows: readonly NaiveRow[], localDate: string, seconds: number): number {
  const counted = countsToday(rows);
  const last = naiveStreak(counted).lastActiveOn;
  const day = last !== null && last > localDate ? last : localDate;
  const focus = naiveFocus(counted);
  return Math.min(Math.floor(seconds / 60), Math.max(0, 240 - (focus.date === day ? focus.paidMinutes : 0)));
}

/** The totals of a day, as dailyProgress answers them. */
export function naiveDay(rows: readonly NaiveRow[], date: string) {
  const counted = countsToday(rows).filter(({ localDate }) => localDate === date);
  const points = total(counted.map((row) => row.points));
  return {
    date,
    xp: points,
    auraPoints: points,
    focusedSeconds: total(counted.map(({ seconds }) => seconds)),
    submissions: counted.filter(({ kind }) => kind === 'submission').length,
  };
}

/** The points of the last `days` UTC days until this moment. */
export function naiveAura(rows: readonly NaiveRow[], now: Date, days: number): number {
  const today = Math.floor(now.getTime() / dayMs);
  const dayOf = ({ at }: NaiveRow) => Math.floor(at.getTime() / dayMs);
  return total(countsToday(rows).flatMap((row) => (dayOf(row) > today - days ? [row.points] : [])));
}
