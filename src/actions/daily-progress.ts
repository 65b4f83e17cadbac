import { BadInput } from '../granting/bad-input.js';
import { daysBetween, type LocalDate } from '../rewards/index.js';
import type { DayTotals, DayTotalsRequest } from '../storage/reward-ledger.js';

const MOST_DAYS = 366;

type LoadTotals = (days: DayTotalsRequest) => Promise<readonly DayTotals[]>;

/**
 * Returns the totals of each day from `from` to `to`, both included. Days without activity have zeros.
 * @throws BadInput if `to` is before `from`, or for more than 366 days
 */
export async function dailyProgress(asked: DayTotalsRequest, loadTotals: LoadTotals): Promise<DayTotals[]> {
  const { from, to } = asked;
  const days = daysBetween(from, to) + 1;
  if (days < 1) throw new BadInput([{ path: 'to', message: 'It is before from. Choose the same day or a later one.' }]);
  if (days > MOST_DAYS) {
    throw new BadInput([{ path: 'to', message: `These are ${days} days. Ask for at most ${MOST_DAYS} at once.` }]);
  }
  const totals = await loadTotals(asked);
  const byDate = new Map(totals.map((day) => [day.date, day]));
  return Array.from({ length: days }, (_, position) => {
    const date = addDays(from, position);
    return byDate.get(date) ?? { date, xp: 0, auraPoints: 0, focusedSeconds: 0, submissions: 0 };
  });
}

const addDays = (date: LocalDate, days: number): LocalDate =>
  new Date(Date.parse(date) + days * 86_400_000).toISOString().slice(0, 10);
