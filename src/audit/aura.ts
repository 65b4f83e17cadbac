import { type AuraWindow, addAura, emptyAuraWindow, MONTH_DAYS, settleAuraWindow } from '../storage/aura-window.js';

/** Aura points that a reward paid, and the UTC day on which its request arrived. */
export interface EarnedAura {
  readonly day: number;
  readonly points: number;
}

/**
 * The window that these rewards make, in their order, as of the day that the stored one is of.
 *
 * One thing the ledger does not tell: a look at a leaderboard just after midnight may have settled the window for the
 * new day before a reward was written whose request had arrived just before; it then counts on the new day. Where the
 * stored window is what that makes, it is the derived one.
 */
export function deriveAuraWindow(earned: readonly EarnedAura[], stored: AuraWindow): AuraWindow {
  const derived = settleAuraWindow(fold(earned), stored.asOfDay);
  if (sameDays(derived, stored)) return derived;
  const overtaken = fold(earned, countedOn(earned, stored));
  return sameDays(overtaken, stored) ? overtaken : derived;
}

export function sameDays(one: AuraWindow, other: AuraWindow): boolean {
  return (
    one.asOfDay === other.asOfDay &&
    one.days.length === other.days.length &&
    one.days.every((points, position) => points === other.days[position])
  );
}

/** @param settledFor the day for which the window had been settled when each was written, if later than its own */
function fold(earned: readonly EarnedAura[], settledFor: readonly number[] = []): AuraWindow {
  return earned.reduce((window: AuraWindow, { day, points }, position) => {
    const ahead = settledFor[position];
    return addAura(ahead === day + 1 ? settleAuraWindow(window, ahead) : window, day, points);
  }, emptyAuraWindow);
}

/** The day on which each must have been counted to make the stored points of the days, the last ones filled first. */
function countedOn(earned: readonly EarnedAura[], { asOfDay, days }: AuraWindow): number[] {
  const counted: number[] = [];
  let ago = 0;
  let filled = 0;
  for (const { points } of earned.toReversed()) {
    while (ago < MONTH_DAYS && filled >= (days[ago] ?? 0)) {
      ago += 1;
      filled = 0;
    }
    filled += points;
    counted.unshift(asOfDay - ago);
  }
  return counted;
}
