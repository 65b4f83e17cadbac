import type { RewardRules } from './reward-rules.js';

/** @throws Error naming the invariant: this is a bug in the rules, or a corrupt ledger */
export function assertInvariant(holds: boolean, invariant: string): void {
  if (!holds) throw new Error(`Invariant broken: ${invariant}.`);
}

/** @throws Error if the grade is not a whole number within the bounds of the rules */
export function assertGrade({ grade }: { readonly grade: number }, { mostGrade }: RewardRules): void {
  assertInvariant(Number.isInteger(grade) && grade >= 0 && grade <= mostGrade, 'a grade is within its bounds');
}
