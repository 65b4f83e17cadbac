/**
 * The jest environment of a test file that runs against a mutant. It activates the mutant, ends the process at the first
 * failure, and skips the tests after the last one that reaches the mutant. Without a mutant, it records which mutants
 * each test reaches. This file is plain JavaScript: jest loads it outside of the tests.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { TestEnvironment } from 'jest-environment-node';

/** The exit code of a process in which a test failed. */
const TEST_FAILED = 77;

const job = JSON.parse(process.env.AURALEDGER_MUTANTS_JOB ?? '{}');
let currentFile;

export default class MutantEnvironment extends TestEnvironment {
  #file;
  /** The number of the current test. The first is 1. */
  #test = 0;
  #started = performance.now();
  #ends = [];

  constructor(config, context) {
    super(config, context);
    this.#file = path.relative(config.globalConfig.rootDir, context.testPath).split(path.sep).join('/');
    currentFile = this.#file;
    this.global.__stryker__ = job.mutant === undefined ? {} : { activeMutant: job.mutant };
  }

  async handleTestEvent({ name, test, error }) {
    const failed = name === 'test_fn_failure' || name === 'hook_failure';
    if (failed && job.mutant !== undefined) process.exit(TEST_FAILED);
    if (failed) process.stderr.write(`${test?.name ?? 'a hook'}: ${error?.stack ?? error}\n`);
    if (name === 'test_start') {
      this.#test += 1;
      const last = job.lastTests?.[this.#file];
      if (last !== undefined && this.#test > last) test.mode = 'skip';
      this.global.__stryker__.currentTestId = String(this.#test);
    }
    if (name === 'test_done' || name === 'test_skip') {
      this.#ends.push(Math.round(performance.now() - this.#started));
      this.global.__stryker__.currentTestId = undefined;
    }
  }

  async teardown() {
    if (job.coverage !== undefined) {
      const { mutantCoverage } = this.global.__stryker__;
      writeFileSync(`${job.coverage}.tests.json`, JSON.stringify({ ...mutantCoverage, ends: this.#ends }));
    }
    await super.teardown();
  }
}

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(3, JSON.stringify({ cpuSeconds: (user + system) / 1e6, lastFile: currentFile }));
});
