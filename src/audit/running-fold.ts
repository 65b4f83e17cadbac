import {
  type CorrectedFolds,
  type Correction,
  correctedWorth,
  type FoldedLedger,
  foldFurther,
  nothingFolded,
  type RewardDecision,
  type RewardRules,
  type Worth,
} from '../rewards/index.js';
import type { LedgerRow } from '../storage/models/reward.js';

/** A correction folds at most this many rows more than it must. */
const ROWS_BETWEEN_PREFIXES = 64;

/**
 * A ledger that grows row by row, and what it makes of the student. A correction folds only the rows from the corrected
 * one on, where `decideCorrection` folds the whole ledger. The results are the same.
 */
export class RunningFold {
  /** The rows with the derived values instead of the stored ones, where the rules read them. */
  readonly ledger: LedgerRow[] = [];
  /** What these rows make of the student. */
  now: FoldedLedger = nothingFolded;
  /** By sequence. */
  readonly #worths = new Map<number, Worth>();
  /** By sequence: see chainOf. */
  readonly #chains = new Map<number, LedgerRow[]>();
  /** What the first 0, 64, 128, ... rows make of the student. */
  readonly #prefixes: FoldedLedger[] = [nothingFolded];

  /** Adds a row that corrects no other, and that was decided on the state of now. */
  pay(row: LedgerRow, { state, newBadges }: RewardDecision): void {
    const { sequence } = row;
    const { badges, dayOpener, state: before } = this.now;
    this.#worths.set(sequence, { points: row.xp, isRevoked: false });
    this.now = {
      state,
      badges: [...badges, ...newBadges.map((badgeId) => ({ badgeId, sequence }))],
      dayOpener: state.streak.lastActiveOn === before.streak.lastActiveOn ? dayOpener : sequence,
    };
    this.#add(row);
  }

  /**
   * Folds the ledger with a correction of one of its rows. Its own row must be added next.
   * @throws RangeError if it names no row that it can correct
   */
  correct(correction: Correction, rules: RewardRules): CorrectedFolds {
    const { sequence } = correction;
    const corrected = correctedWorth(this.ledger, this.#worths, correction, rules);
    const [former, before] = [this.#worths.get(sequence)!, this.now];
    this.#worths.set(sequence, corrected);
    this.#foldFrom(sequence);
    return { former, corrected, before, folded: this.now };
  }

  /** Adds the row of a correction. */
  addCorrecting(row: LedgerRow, correction: Correction): void {
    const { sequence } = correction;
    const chain = this.chainOf(sequence);
    this.#chains.set(sequence, [...chain, { ...row, sequence: chain.length + 1, action: inChain(correction) }]);
    this.#add(row);
  }

  /**
   * Returns the ledger as if it only had one row and its corrections, so that questions about one row need not read the
   * whole ledger.
   */
  chainOf(sequence: number): readonly LedgerRow[] {
    return this.#chains.get(sequence) ?? [{ ...this.ledger[sequence - 1]!, sequence: 1 }];
  }

  #add(row: LedgerRow): void {
    this.ledger.push(row);
    if (this.ledger.length % ROWS_BETWEEN_PREFIXES === 0) this.#prefixes.push(this.now);
  }

  #foldFrom(sequence: number): void {
    const { length } = this.ledger;
    const unchanged = Math.floor((sequence - 1) / ROWS_BETWEEN_PREFIXES);
    this.#prefixes.length = unchanged + 1;
    this.now = this.#prefixes[unchanged]!;
    for (let to = unchanged * ROWS_BETWEEN_PREFIXES; to < length; ) {
      const from = to + 1;
      to = Math.min(to + ROWS_BETWEEN_PREFIXES, length);
      this.now = foldFurther(this.now, this.ledger, { from, to }, this.#worths);
      if (to % ROWS_BETWEEN_PREFIXES === 0) this.#prefixes.push(this.now);
    }
  }
}

/** The correction as it names its row in the chain of that row. */
export const inChain = (correction: Correction): Correction => ({ ...correction, sequence: 1 });
