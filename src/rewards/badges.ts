/** The counter that a badge's threshold applies to. `counterValue` in rules/badges.ts reads it. */
export type BadgeCounter = 'SUBMISSIONS' | 'FOCUS_MINUTES' | 'STREAK_DAYS' | 'LEVEL';

export interface Badge {
  /** Stored in students and rewards for ever. Never rename it or give it another meaning. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly counter: BadgeCounter;
  /** In the counter's own unit. The badge unlocks when the counter first reaches this value. */
  readonly threshold: number;
}

const submissionBadges: readonly Badge[] = [
  {
    id: 'submissions-1',
    name: 'First Steps',
    description: 'Handed in a first assignment.',
    counter: 'SUBMISSIONS',
    threshold: 1,
  },
  {
    id: 'submissions-5',
    name: 'Getting Going',
    description: 'Handed in five assignments.',
    counter: 'SUBMISSIONS',
    threshold: 5,
  },
  {
    id: 'submissions-10',
    name: 'Double Digits',
    description: 'Handed in ten assignments.',
    counter: 'SUBMISSIONS',
    threshold: 10,
  },
  {
    id: 'submissions-25',
    name: 'Steady Hand',
    description: 'Handed in 25 assignments.',
    counter: 'SUBMISSIONS',
    threshold: 25,
  },
  {
    id: 'submissions-50',
    name: 'Half a Hundred',
    description: 'Handed in 50 assignments.',
    counter: 'SUBMISSIONS',
    threshold: 50,
  },
  {
    id: 'submissions-100',
    name: 'Centurion',
    description: 'Handed in a hundred assignments.',
    counter: 'SUBMISSIONS',
    threshold: 100,
  },
];

const focusBadges: readonly Badge[] = [
  {
    id: 'focus-minutes-25',
    name: 'First Focus',
    description: 'Focused for 25 minutes in all, the length of a classic Pomodoro.',
    counter: 'FOCUS_MINUTES',
    threshold: 25,
  },
  {
    id: 'focus-minutes-300',
    name: 'Deep Diver',
    description: 'Focused for five hours in all.',
    counter: 'FOCUS_MINUTES',
    threshold: 300,
  },
  {
    id: 'focus-minutes-1500',
    name: 'In the Flow',
    description: 'Focused for 25 hours in all.',
    counter: 'FOCUS_MINUTES',
    threshold: 1500,
  },
  {
    id: 'focus-minutes-6000',
    name: 'Keeper of Time',
    description: 'Focused for a hundred hours in all.',
    counter: 'FOCUS_MINUTES',
    threshold: 6000,
  },
];

const streakBadges: readonly Badge[] = [
  {
    id: 'streak-days-3',
    name: 'Warming Up',
    description: 'Kept a streak going for three days.',
    counter: 'STREAK_DAYS',
    threshold: 3,
  },
  {
    id: 'streak-days-7',
    name: 'Seven in a Row',
    description: 'Kept a streak going for seven days.',
    counter: 'STREAK_DAYS',
    threshold: 7,
  },
  {
    id: 'streak-days-30',
    name: 'Creature of Habit',
    description: 'Kept a streak going for 30 days.',
    counter: 'STREAK_DAYS',
    threshold: 30,
  },
  {
    id: 'streak-days-100',
    name: 'Unstoppable',
    description: 'Kept a streak going for a hundred days.',
    counter: 'STREAK_DAYS',
    threshold: 100,
  },
];

const levelBadges: readonly Badge[] = [
  { id: 'level-5', name: 'Rising Star', description: 'Reached level 5.', counter: 'LEVEL', threshold: 5 },
  { id: 'level-10', name: 'Bright Star', description: 'Reached level 10.', counter: 'LEVEL', threshold: 10 },
  { id: 'level-20', name: 'Supernova', description: 'Reached level 20.', counter: 'LEVEL', threshold: 20 },
];

/**
 * The badges of version 1 of the reward rules. Never change this list; a new badge needs a new version. If a badge were
 * added here, re-deriving a ledger would unlock it for old actions, although no stored reward records it.
 */
export const badgesOfVersion1: readonly Badge[] = Object.freeze(
  [...submissionBadges, ...focusBadges, ...streakBadges, ...levelBadges].map((badge) => Object.freeze(badge)),
);

/** The catalogue: every badge that a student can hold, under any version of the rules. */
export const badges: readonly Badge[] = badgesOfVersion1;

const badgesById = new Map(badges.map((badge) => [badge.id, badge]));

/**
 * Returns the badge with that id.
 * @throws RangeError if the catalogue has none
 */
export function badgeOf(id: string): Badge {
  const badge = badgesById.get(id);
  if (badge === undefined) throw new RangeError(`There is no badge "${id}".`);
  return badge;
}
