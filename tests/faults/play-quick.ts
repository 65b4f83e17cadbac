import { afterAll, describe, expect, test } from '@jest/globals';
import { project } from '../architecture/project-copy.js';
import { ReplicaSetPool } from './replica-set-pool.js';
import type { Scenario } from './scenarios/scenario.js';
import { runScenario } from './scenarios/scenario-context.js';
import { messagesOf } from './table.js';

/**
 * A random seed. The test titles print it; `npm run faults -- --quick --seed N --only SCENARIO` repeats a failed run.
 */
const seed = Math.floor(Math.random() * 2 ** 32);
/** On a busy machine, a scenario must start servers and may wait for an election. */
const TIMEOUT_MS = 240_000;

/** Declares a test for each scenario that is not costly, at its quick scale. */
export function playQuick(scenarios: readonly Scenario[]): void {
  const replicaSets = new ReplicaSetPool();
  afterAll(() => replicaSets.stop(), TIMEOUT_MS);

  describe(`with seed ${seed}, every promise is kept`, () => {
    test.each(scenarios.filter(({ isCostly }) => !isCostly))(
      '$name: $workload; fault: $fault (quick)',
      async (scenario) => {
        const set = await replicaSets.get(scenario);
        const report = await runScenario(scenario, { set, root: project, scale: 'quick', seed, report: () => {} });
        expect(report.passed ? [] : messagesOf(report)).toEqual([]);
      },
      TIMEOUT_MS,
    );
  });
}
