/** Sorts, searches and sums a roster that is loaded as a whole. */
import type { RosterQuery } from '../api/generated/teacher';

export type RosterStudent = NonNullable<RosterQuery['course']>['students']['edges'][number]['node'];

/** What a roster can be sorted by. A text column begins with A, a number column with the greatest. */
const SORT_VALUES = {
  name: ({ displayName }: RosterStudent) => displayName,
  level: ({ level, xp }: RosterStudent) => level + xp / 1e9,
  aura: ({ auraPoints }: RosterStudent) => auraPoints,
  recent: (student: RosterStudent) => sumOf(student, 'auraPoints'),
  submissions: ({ submissionCount }: RosterStudent) => submissionCount,
  focus: ({ totalPomodoroSeconds }: RosterStudent) => totalPomodoroSeconds,
  streak: ({ streak }: RosterStudent) => streak.days,
  active: ({ streak }: RosterStudent) => Date.parse(streak.lastActiveOn ?? '1970-01-01'),
} as const;

export type SortKey = keyof typeof SORT_VALUES;

export interface Sorting {
  readonly by: SortKey;
  readonly isReversed: boolean;
}

export const isSortKey = (text: string): text is SortKey => Object.hasOwn(SORT_VALUES, text);

const names = new Intl.Collator('en', { sensitivity: 'base', numeric: true });

/** @returns a sorted copy; students with the same value are in the order of their names */
export function sorted(students: readonly RosterStudent[], { by, isReversed }: Sorting): RosterStudent[] {
  const rankOf: (student: RosterStudent) => string | number = SORT_VALUES[by];
  const byName = (one: RosterStudent, other: RosterStudent) =>
    names.compare(one.displayName, other.displayName) || (one.id < other.id ? -1 : 1);
  return students.toSorted((one, other) => {
    const [a, b] = [rankOf(one), rankOf(other)];
    const order = typeof a === 'string' ? names.compare(a, b as string) : (b as number) - a;
    return (isReversed ? -order : order) || byName(one, other);
  });
}

/** Compares without case and accents. */
const plain = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();

/** @returns the students whose name or e-mail address has each word of the search */
export function found<Person extends { readonly displayName: string; readonly email: string | null }>(
  people: readonly Person[],
  search: string,
): readonly Person[] {
  const parts = plain(search).split(/\s+/).filter(Boolean);
  if (parts.length === 0) return people;
  return people.filter(({ displayName, email }) => {
    const text = plain(`${displayName} ${email ?? ''}`);
    return parts.every((part) => text.includes(part));
  });
}

export type DailyCounter = 'auraPoints' | 'focusedSeconds' | 'submissions';

export const sumOf = ({ dailyProgress }: Pick<RosterStudent, 'dailyProgress'>, counter: DailyCounter): number =>
  dailyProgress.reduce((sum, day) => sum + day[counter], 0);

export interface ClassDay extends Readonly<Record<DailyCounter, number>> {
  readonly date: string;
  /** Students with a reward or focus on the day. */
  readonly active: number;
}

/** @returns the days of all students together */
export function classDays(students: readonly Pick<RosterStudent, 'dailyProgress'>[]): ClassDay[] {
  const days = new Map<string, ClassDay>();
  for (const { date, auraPoints, focusedSeconds, submissions } of students.flatMap((each) => each.dailyProgress)) {
    const day = days.get(date) ?? { date, auraPoints: 0, focusedSeconds: 0, submissions: 0, active: 0 };
    days.set(date, {
      date,
      auraPoints: day.auraPoints + auraPoints,
      focusedSeconds: day.focusedSeconds + focusedSeconds,
      submissions: day.submissions + submissions,
      active: day.active + (auraPoints > 0 || focusedSeconds > 0 || submissions > 0 ? 1 : 0),
    });
  }
  return [...days.values()].sort((one, other) => (one.date < other.date ? -1 : 1));
}
