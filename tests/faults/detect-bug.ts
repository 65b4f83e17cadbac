/** Proves that the kit can fail: which scenario detects which planted bug, by which broken invariant. */
import type { Bug } from './bugs/index.js';
import type { Invariant } from './checker.js';
import { withPlantedBug } from './planted-bug.js';
import type { ReplicaSetPool } from './replica-set-pool.js';
import { scenarios } from './scenarios/index.js';
import { runScenario, type ScenarioReport } from './scenarios/scenario-context.js';

interface ExpectedDetection {
  readonly scenario: string;
  readonly invariant: Invariant;
  /** When the clients stop. By default STOP_AFTER_MS. */
  readonly stopAfterMs?: number;
}

/** Most bugs show within this time. With some of them, clients would otherwise retry for ever. */
const STOP_AFTER_MS = 8_000;
/** For bugs that show only after a restart, or after a long pause of a server. */
const STOP_LATE_AFTER_MS = 60_000;
const late = (scenario: string, invariant: Invariant): ExpectedDetection => ({
  scenario,
  invariant,
  stopAfterMs: STOP_LATE_AFTER_MS,
});

export const expectedDetections: Readonly<Record<Bug['name'], ExpectedDetection>> = {
  'no-unique-subject': { scenario: 'poisoned-groups', invariant: 'paid-once' },
  'ledger-outside-session': { scenario: 'commit-fails', invariant: 'ledger-exact' },
  'promise-all-in-callback': { scenario: 'none', invariant: 'never-fights-itself' },
  'duplicate-key-caught-inside': { scenario: 'poisoned-groups', invariant: 'others-served' },
  'clock-read-inside': { scenario: 'clock-moved', invariant: 'clock-at-arrival' },
  'hydrated-document-reused': { scenario: 'commit-fails', invariant: 'ledger-exact' },
  'failed-group-all-failed': { scenario: 'poisoned-groups', invariant: 'others-served' },
  'failed-group-none-failed': { scenario: 'poisoned-groups', invariant: 'acknowledged-kept' },
  'badges-by-count-query': { scenario: 'many-subjects', invariant: 'ledger-exact' },
  'correction-without-revision': { scenario: 'rival-corrections', invariant: 'acknowledged-kept' },
  'act-carried-out-again': { scenario: 'corrections', invariant: 'paid-once' },
  'unclean-database-discarded': late('machine-killed', 'acknowledged-kept'),
  'answered-before-commit': late('server-paused', 'acknowledged-kept'),
  'zone-offset-remembered': late('clocks-apart', 'days-right'),
  'hang-up-leaks': { scenario: 'hang-ups', invariant: 'resolved' },
  'closed-before-replay': late('late-repeats', 'refused-rightly'),
  'leaderboard-remembered': late('everyday-use', 'reads-current'),
  'live-after-catch-up': { scenario: 'live-sockets-cut', invariant: 'delivered-all' },
  'event-on-insert': { scenario: 'live-commit-fails', invariant: 'delivered-committed' },
  'commit-not-durable': late('disk-slow', 'acknowledged-kept'),
  'commit-without-majority': late('isolated-primary', 'acknowledged-kept'),
  'disconnected-for-good': late('disk-full', 'resolved'),
  'lane-kept': late('majority-gone', 'resolved'),
  'failed-insert-ignored': { scenario: 'commands-fail', invariant: 'acknowledged-kept' },
};

export interface Detection {
  readonly report: ScenarioReport;
  /** The scenario broke the invariant that the bug is known to break. */
  readonly isDetected: boolean;
}

/** Runs the quick version of the scenario that detects a bug, against a copy of the product with this bug. */
export async function detectBug(name: Bug['name'], replicaSets: ReplicaSetPool, seed: number): Promise<Detection> {
  const expected = expectedDetections[name];
  const scenario = scenarios.find((each) => each.name === expected.scenario)!;
  const set = await replicaSets.get(scenario);
  return withPlantedBug(name, async (root) => {
    const report = await runScenario(scenario, {
      set,
      root,
      scale: 'quick',
      seed,
      stopClientsAfterMs: expected.stopAfterMs ?? STOP_AFTER_MS,
      report: () => {},
    });
    return { report, isDetected: report.violations.some(({ invariant }) => invariant === expected.invariant) };
  });
}
