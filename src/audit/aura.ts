import { type AuraWindow, addAura, emptyAuraWindow, MONTH_DAYS, settleAuraWindow } from '../storage/aura-window.js';

/** Aura points that a reward paid, and the UTC day on which its request arrived. */
export interface EarnedAura {
  readonly day: number;
  readonly points: number;
}

/**
 * Derives the aura window from the rewards of a student, in ledger order, as of the day of the stored window.
 *
 * The ledger does not record one case. Example: a request arrives just before midnight, a leaderboard query settles the
 * window for the new day just after midnight, and then the reward of the request commits. The reward counts on the new
 * day. If the stored window matches this order of events, it is accepted.
 */
export function deriveAuraWindow(earned: readonly EarnedAura[], stored: AuraWindow): AuraWindow {
  const derived = settleAuraWindow(fold(earned), stored.asOfDay);
  if (sameDays(derived, stored)) return derived;
  const overtaken = fold(earned, countingDays(earned, stored));
  return sameDays(overtaken, stored) ? overtaken : derived;
}

export function sameDays(one: AuraWindow, other: AuraWindow): boolean {
  return (
    one.asOfDay === other.asOfDay &&
    one.days.length === other.days.length &&
    one.days.every((points, position) => points === other.days[position])
  );
}

/** @param settledFor for each reward, the day for which the window was already settled when the reward was written */
function fold(earned: readonly EarnedAura[], settledFor: readonly number[] = []): AuraWindow {
  return earned.reduce((window: AuraWindow, { day, points }, position) => {
    const settledDay = settledFor[position];
    return addAura(settledDay === day + 1 ? settleAuraWindow(window, settledDay) : window, day, points);
  }, emptyAuraWindow);
}

/**
 * Returns, for each reward, the day on which it must have counted to give the stored points of each day. It assigns the
 * newest rewards to the newest days first.
 */
function countingDays(earned: readonly EarnedAura[], { asOfDay, days }: AuraWindow): number[] {
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
