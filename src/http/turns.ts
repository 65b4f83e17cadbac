/** Part of http/: divides a burst of executions among turns of the event loop. Knows nothing of HTTP. */

/**
 * Lets few executions begin in each turn of the event loop, and the others in the next turns, in order.
 *
 * In one turn Node reads all requests that have arrived. If all of them begin, everything else waits for them: replies
 * of the database, connections that want to be accepted, health checks.
 */
export class Turns {
  #begun = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param maxPerTurn how many executions begin in a turn */
  constructor(private readonly maxPerTurn: number) {}

  /** Call it before an execution. @returns nothing if it may begin at once, otherwise a promise for its turn */
  enter(): Promise<void> | undefined {
    if (this.#begun === this.maxPerTurn) return new Promise((begin) => this.#waiting.push(begin));
    if (this.#begun === 0) setImmediate(this.#nextTurn);
    this.#begun += 1;
    return undefined;
  }

  readonly #nextTurn = (): void => {
    const next = this.#waiting.splice(0, this.maxPerTurn);
    this.#begun = next.length;
    if (next.length > 0) setImmediate(this.#nextTurn);
    for (const begin of next) begin();
  };
}
