import type { Violation } from '../checker.js';
import type { ScenarioContext } from './scenario-context.js';

/** `quick` takes seconds and runs in `npm test`. `full` uses the sizes in docs/faults.md. */
export type Scale = 'quick' | 'full';

/** What a scenario reports in addition to the record of its clients. */
export interface ScenarioOutcome {
  /** How often the fault occurred. */
  readonly fired: number;
  /** How often the fault must occur. The scenario fails if it occurs less often. */
  readonly required: number;
  /** When each fault began, from performance.now(). The time until the next reward after it is measured and limited. */
  readonly faultsAt?: readonly number[];
  /** The limit for that time. By default 15 s. */
  readonly recoveryLimitMs?: number;
  /** A recovery time that the scenario measured itself, for example after an overload. */
  readonly longestRecoveryMs?: number;
  readonly violations?: readonly Violation[];
  /** Further results for the reader of the table. */
  readonly notes?: readonly string[];
}

/** A workload under a fault. */
export interface Scenario {
  readonly name: string;
  readonly workload: string;
  readonly fault: string;
  /** The size of the replica set. */
  readonly nodes: 1 | 3;
  /** What the replica set needs in addition, and has at a cost. By default nothing. */
  readonly special?: 'links that can be cut' | 'a small disk';
  /** Even its quick version takes more than five seconds of CPU: `npm test` leaves it out. */
  readonly isCostly?: true;
  readonly run: (context: ScenarioContext) => Promise<ScenarioOutcome>;
}
