import { afterAll, describe, expect, test } from '@jest/globals';
import { project } from '../architecture/project-copy.js';
import { rows } from './rows/index.js';
import { play } from './rows/stage.js';
import { Sets } from './sets.js';
import { wordsOf } from './table.js';

/** Any will do: a failure prints it, and `npm run faults -- --quick --seed N --only ROW` plays it again. */
const seed = Math.floor(Math.random() * 2 ** 32);
/** Servers to start, an election to wait for, on a busy machine. Milliseconds. */
const PATIENCE_MS = 240_000;

const sets = new Sets();
afterAll(() => sets.stop(), PATIENCE_MS);

describe(`with the seed ${seed} every promise is kept`, () => {
  test.each(rows)(
    '$name: $workload; fault: $fault (in small)',
    async (row) => {
      const set = await sets.of(row.nodes);
      const report = await play(row, { set, root: project, scale: 'quick', seed, report: () => {} });
      expect(report.isGreen ? [] : wordsOf(report)).toEqual([]);
    },
    PATIENCE_MS,
  );
});
