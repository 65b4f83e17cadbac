import type { Violation } from '../checker.js';
import type { Stage } from './stage.js';

/** `quick` takes seconds and is for `npm test`; `full` has the numbers of docs/faults.md. */
export type Scale = 'quick' | 'full';

/** What a row adds to what its clients were told. */
export interface Outcome {
  /** How often the fault really happened. */
  readonly fired: number;
  /** How often it was to happen, at least; the row fails where it did not. */
  readonly asked: number;
  /** When faults began, in performance.now(): how long nobody was paid after each is measured, and bounded. */
  readonly faultsAt?: readonly number[];
  /** How soon somebody must be paid again after each; absent: 15 s. */
  readonly recoversWithinMs?: number;
  /** Of another kind than a fault's. Milliseconds. */
  readonly longestRecoveryMs?: number;
  readonly violations?: readonly Violation[];
  /** What a reader of the table should know beside it. */
  readonly notes?: readonly string[];
}

/** One row of the table: a workload under a fault. */
export interface Row {
  readonly name: string;
  readonly workload: string;
  readonly fault: string;
  /** Of the replica set. */
  readonly nodes: 1 | 3;
  readonly run: (stage: Stage) => Promise<Outcome>;
}
