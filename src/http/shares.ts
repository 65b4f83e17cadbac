/** Part of http/: how a limited amount of something is divided among those who ask for it. Knows nothing of HTTP. */

interface Waiting {
  readonly party: string;
  readonly amount: number;
  readonly admit: () => void;
}

/**
 * A limited amount of something, for many parties. The one rule: nobody may hold more than is then left for all others.
 * A party that is alone gets half of it, a greedy second one half of the rest, and whoever asks for little finds room
 * however greedy the others are.
 *
 * Whoever waits is admitted in the order of arrival, except that nobody waits for another one whose amount does not fit.
 */
export class Shares {
  #held = 0;
  readonly #heldBy = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();

  /**
   * @param most the amount in all
   * @param mostOfOne what one party may hold although more is free
   */
  constructor(
    readonly most: number,
    private readonly mostOfOne = most / 2,
  ) {}

  get held(): number {
    return this.#held;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  heldBy(party: string): number {
    return this.#heldBy.get(party) ?? 0;
  }

  /** What is counted of an amount: no more than a party can ever have, so that nobody waits in vain. */
  countable(amount: number): number {
    return Math.min(amount, this.mostOfOne);
  }

  /** @returns whether there was room; what is taken must be given back once */
  take(party: string, amount: number): boolean {
    const ofParty = this.heldBy(party) + amount;
    const left = this.most - this.#held - amount;
    if (ofParty > this.mostOfOne || ofParty > left) return false;
    this.#change(party, amount);
    return true;
  }

  /**
   * Takes as soon as there is room.
   * @returns whether there was room before the signal was aborted and this time had passed, in milliseconds
   */
  async takeWithin(party: string, amount: number, withinMs: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.take(party, amount)) return true;
    return new Promise((resolve) => {
      const leave = (isAdmitted: boolean) => {
        this.#waiting.delete(entry);
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        resolve(isAdmitted);
      };
      const giveUp = () => leave(false);
      const entry = { party, amount, admit: () => leave(true) };
      const timer = setTimeout(giveUp, withinMs);
      signal.addEventListener('abort', giveUp);
      this.#waiting.add(entry);
    });
  }

  give(party: string, amount: number): void {
    this.#change(party, -amount);
    for (const next of this.#waiting) if (this.take(next.party, next.amount)) next.admit();
  }

  #change(party: string, amount: number): void {
    this.#held += amount;
    const now = this.heldBy(party) + amount;
    if (now === 0) this.#heldBy.delete(party);
    else this.#heldBy.set(party, now);
  }
}
