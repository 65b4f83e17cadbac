import { afterAll, describe, expect, test } from '@jest/globals';
import { bugs } from './bugs/index.js';
import { hunt, traps } from './hunt.js';
import { Sets } from './sets.js';

/** That of docs/faults.md: each bug shows with it. */
const SEED = 5;
/** A server to start, and with some of the bugs a deadline to wait for, on a busy machine. Milliseconds. */
const PATIENCE_MS = 240_000;

const sets = new Sets();
afterAll(() => sets.stop(), PATIENCE_MS);

describe('the kit finds a product with', () => {
  test.each(bugs)(
    '$name: $what',
    async ({ name }) => {
      const { report } = await hunt(name, await sets.of(1), SEED);
      expect(report.violations.map(({ invariant }) => invariant)).toContain(traps[name].breaks);
    },
    PATIENCE_MS,
  );
});
