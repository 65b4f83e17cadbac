import { afterAll, describe, expect, test } from '@jest/globals';
import { bugs } from './bugs/index.js';
import { detectBug, expectedDetections } from './detect-bug.js';
import { ReplicaSetPool } from './replica-set-pool.js';
import { scenarios } from './scenarios/index.js';

/** The seed in docs/faults.md. Each bug shows with it. */
const SEED = 5;
/** On a busy machine, the kit must start a server. With some bugs it also waits for a deadline. */
const TIMEOUT_MS = 240_000;

const costly = new Set(scenarios.filter(({ isCostly }) => isCostly).map(({ name }) => name));

const replicaSets = new ReplicaSetPool();
afterAll(() => replicaSets.stop(), TIMEOUT_MS);

describe('the kit detects a product with', () => {
  test.each(bugs.filter(({ name }) => !costly.has(expectedDetections[name].scenario)))(
    '$name: $what',
    async ({ name }) => {
      const { report } = await detectBug(name, replicaSets, SEED);
      expect(report.violations.map(({ invariant }) => invariant)).toContain(expectedDetections[name].invariant);
    },
    TIMEOUT_MS,
  );
});
