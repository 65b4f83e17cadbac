export interface LaneLimits {
  /** Transactions at once, at most. */
  readonly lanes: number;
  /**
   * Requests that wait before a lane is taken beside one in use. A transaction costs its commands, hardly its documents:
   * many small ones take the machine longer than a large one. A large one alone leaves it idle: server and database
   * wait for each other.
   */
  readonly worthALane: number;
  /** A transaction that takes longer keeps nobody waiting. Milliseconds; most take some 5, an election takes seconds. */
  readonly slowMs: number;
}

/** Decides when the next transaction begins: at once where none is under way, else when it is worth it. */
export class Lanes {
  #inUse = 0;
  #slow = 0;

  /** @param onSlow is told when a lane no longer keeps others waiting */
  constructor(
    private readonly limits: LaneLimits,
    private readonly onSlow: () => void,
  ) {}

  isWorthOne(waiting: number): boolean {
    const { lanes, worthALane } = this.limits;
    return this.#inUse < lanes && (this.#inUse === this.#slow || waiting >= worthALane);
  }

  /** @returns what gives the lane back */
  enter(): () => void {
    let isSlow = false;
    this.#inUse += 1;
    const watch = setTimeout(() => {
      isSlow = true;
      this.#slow += 1;
      this.onSlow();
    }, this.limits.slowMs);
    return () => {
      clearTimeout(watch);
      this.#inUse -= 1;
      if (isSlow) this.#slow -= 1;
    };
  }
}
