import { afterAll, describe, expect, test } from '@jest/globals';
import { type Bug, bugs } from './bugs/index.js';
import { detectBug, expectedDetections } from './detect-bug.js';
import { ReplicaSetPool } from './replica-set-pool.js';

/** The seed in docs/faults.md. Each bug shows with it. */
const SEED = 5;
/** On a busy machine, the kit must start a server. With some bugs it also waits for a deadline. */
const TIMEOUT_MS = 240_000;

/**
 * The mistakes that a committer is prone to. `npm run faults -- --bugs` plants all others too: most of them break the same
 * invariants, in scenarios that take longer.
 */
const PLANTED: readonly Bug['name'][] = [
  'no-unique-subject',
  'ledger-outside-session',
  'promise-all-in-callback',
  'duplicate-key-caught-inside',
  'clock-read-inside',
  'hydrated-document-reused',
  'failed-group-all-failed',
  'failed-group-none-failed',
  'badges-by-count-query',
];

const replicaSets = new ReplicaSetPool();
afterAll(() => replicaSets.stop(), TIMEOUT_MS);

describe('the kit detects a product with', () => {
  test.each(bugs.filter(({ name }) => PLANTED.includes(name)))(
    '$name: $what',
    async ({ name }) => {
      const { report } = await detectBug(name, replicaSets, SEED);
      expect(report.violations.map(({ invariant }) => invariant)).toContain(expectedDetections[name].invariant);
    },
    TIMEOUT_MS,
  );
});
