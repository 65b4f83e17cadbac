/** @returns the sides in the order of this turn: every other turn is in reverse, so that no side always follows another */
export function orderOf<Side>(sides: readonly Side[], turn: number): readonly Side[] {
  return turn % 2 === 0 ? sides : [...sides].reverse();
}

/**
 * Has all sides take turns. A turn is short, so that other work on the machine affects all sides alike.
 * @param take measures one slice of one side
 */
export async function takeTurns<Side>(
  sides: readonly Side[],
  turns: number,
  take: (side: Side, turn: number) => Promise<void>,
): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    for (const side of orderOf(sides, turn)) await take(side, turn);
  }
}

/** The number of requests in a slice: less than a second of work for one client, and for many. */
export const requestsInSlice = (clients: number): number => (clients === 1 ? 100 : 1_024);
