/** @throws Error naming the invariant: this is a bug in the rules, or a corrupt ledger */
export function assertInvariant(holds: boolean, invariant: string): void {
  if (!holds) throw new Error(`Invariant broken: ${invariant}.`);
}
