/** Part of http/: divides a limited resource fairly among the parties that ask for it. Knows nothing of HTTP. */

interface Waiter {
  readonly party: string;
  readonly amount: number;
  readonly admit: () => void;
}

/**
 * A limited resource that many parties share. There is one rule: a party may never use more than what is then left for
 * all others. For example, of 1,000 units a party that is alone gets at most 500; a second greedy party gets 250. A
 * party that needs little finds room, however greedy the others are.
 *
 * Waiting parties are admitted in order of arrival. A request that does not fit does not block smaller ones behind it.
 */
export class Shares {
  #inUse = 0;
  readonly #usedBy = new Map<string, number>();
  readonly #queue = new Set<Waiter>();

  /**
   * @param capacity the total amount
   * @param maxPerParty the most that one party may use, even if more is free
   */
  constructor(
    readonly capacity: number,
    private readonly maxPerParty = capacity / 2,
  ) {}

  get inUse(): number {
    return this.#inUse;
  }

  /** The number of requests in the queue. */
  get waiting(): number {
    return this.#queue.size;
  }

  usedBy(party: string): number {
    return this.#usedBy.get(party) ?? 0;
  }

  /** @returns the amount, capped at what one party can ever get: a request for more would wait in vain */
  cap(amount: number): number {
    return Math.min(amount, this.maxPerParty);
  }

  /** @returns whether there was room. The caller must release what it acquires, exactly once. */
  tryAcquire(party: string, amount: number): boolean {
    const ofParty = this.usedBy(party) + amount;
    const left = this.capacity - this.#inUse - amount;
    if (ofParty > this.maxPerParty || ofParty > left) return false;
    this.#change(party, amount);
    return true;
  }

  /**
   * Acquires the amount as soon as there is room.
   * @returns false if the signal was aborted or the timeout passed first
   */
  async acquire(party: string, amount: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.tryAcquire(party, amount)) return true;
    return new Promise((resolve) => {
      const leaveQueue = (isAdmitted: boolean) => {
        this.#queue.delete(waiter);
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        resolve(isAdmitted);
      };
      const giveUp = () => leaveQueue(false);
      const waiter = { party, amount, admit: () => leaveQueue(true) };
      const timer = setTimeout(giveUp, timeoutMs);
      signal.addEventListener('abort', giveUp);
      this.#queue.add(waiter);
    });
  }

  release(party: string, amount: number): void {
    this.#change(party, -amount);
    for (const next of this.#queue) if (this.tryAcquire(next.party, next.amount)) next.admit();
  }

  #change(party: string, amount: number): void {
    this.#inUse += amount;
    const now = this.usedBy(party) + amount;
    if (now === 0) this.#usedBy.delete(party);
    else this.#usedBy.set(party, now);
  }
}
