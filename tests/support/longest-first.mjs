/**
 * Starts the test files that take longest first. Otherwise one of them is still running alone when all others are done:
 * on a fresh clone, jest knows no times and goes by the size of the files.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import Sequencer from '@jest/test-sequencer';

/** The files that take longer than half a minute, the longest first. */
const LONGEST = [
  'faults/bugs',
  'faults/quick-live',
  'faults/quick',
  'main',
  'faults/quick-life',
  'web/outbox/browser',
  'embedded/lock',
  'http/small-heap',
  'audit/corrupted.property',
  'faults/quick-corrections',
  'embedded/embedded-mongod',
  'http/bad-input',
  'storage/connection-problems',
  'web/teacher-pages',
  'web/student-access',
  'start',
].map((name) => path.join('tests', `${name}.test.ts`));

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const gone = LONGEST.filter((file) => !existsSync(file));
    if (gone.length > 0) throw new Error(`Name these files as they are called now in longest-first.mjs: ${gone}`);
    const rank = (test) => {
      const position = LONGEST.indexOf(path.relative(test.context.config.rootDir, test.path));
      return position === -1 ? LONGEST.length : position;
    };
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
