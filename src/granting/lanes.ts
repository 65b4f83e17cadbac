export interface LaneLimits {
  /** The most transactions in flight at the same time. */
  readonly maxLanes: number;
  /**
   * With this many waiting requests, and at least as many as are in flight, another transaction may start beside those
   * in flight. The cost of a transaction depends on its commands, hardly on its documents, so many small transactions
   * are slower than one large one. But with a single large one, server and database spend time waiting for each other.
   */
  readonly minWaitingForExtraLane: number;
  /**
   * After this time a transaction counts as slow, and another may start beside it. Milliseconds. Most transactions take
   * about 5 ms; an election takes seconds.
   */
  readonly slowTransactionMs: number;
}

/**
 * Decides when the next transaction may start: immediately if none is in flight or all in flight are slow, otherwise
 * when enough requests wait.
 */
export class Lanes {
  #inUse = 0;
  #slow = 0;
  /** The number of requests in transactions that are not slow. */
  #requests = 0;

  /** @param onSlow called when a transaction becomes slow, so that another one may start */
  constructor(
    private readonly limits: LaneLimits,
    private readonly onSlow: () => void,
  ) {}

  canEnter(waitingRequests: number): boolean {
    const { maxLanes, minWaitingForExtraLane } = this.limits;
    const enough = this.#inUse === this.#slow ? 0 : Math.max(minWaitingForExtraLane, this.#requests);
    return this.#inUse < maxLanes && waitingRequests >= enough;
  }

  /**
   * @param requests the number of requests in the transaction
   * @returns a function that leaves the lane
   */
  enter(requests: number): () => void {
    let isSlow = false;
    this.#inUse += 1;
    this.#requests += requests;
    const timer = setTimeout(() => {
      isSlow = true;
      this.#slow += 1;
      this.#requests -= requests;
      this.onSlow();
    }, this.limits.slowTransactionMs);
    return () => {
      clearTimeout(timer);
      this.#inUse -= 1;
      if (isSlow) this.#slow -= 1;
      else this.#requests -= requests;
    };
  }
}
