/**
 * @returns the sides in the order of this turn. Every second turn begins with another side, and the one after it is the
 * same in reverse. So, over twice as many turns as there are sides, each side has each place, and follows itself, equally
 * often: a side that follows itself finds its caches warm.
 */
export function orderOf<Side>(sides: readonly Side[], turn: number): readonly Side[] {
  const first = Math.floor(turn / 2) % sides.length;
  const order = [...sides.slice(first), ...sides.slice(0, first)];
  return turn % 2 === 0 ? order : order.reverse();
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
