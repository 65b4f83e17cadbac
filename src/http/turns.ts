/** Part of http/: divides a burst of executions among turns of the event loop. Knows nothing of HTTP. */

/**
 * Lets executions begin at the end of the turn of the event loop in which they arrive, few in each turn, in order.
 *
 * In one turn Node reads all requests that have arrived. Those that begin together share the commands with which they
 * read, and a group of the committer. But if all of them began at once, everything else would wait for them: replies of
 * the database, connections that want to be accepted, health checks.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  /** @param maxPerTurn how many executions begin in a turn */
  constructor(private readonly maxPerTurn: number) {}

  /** Call it before an execution. @returns a promise that is fulfilled when it may begin */
  enter(): Promise<void> {
    if (this.#waiting.length === 0) setImmediate(this.#nextTurn);
    return new Promise((begin) => this.#waiting.push(begin));
  }

  readonly #nextTurn = (): void => {
    const next = this.#waiting.splice(0, this.maxPerTurn);
    if (this.#waiting.length > 0) setImmediate(this.#nextTurn);
    for (const begin of next) begin();
  };
}
