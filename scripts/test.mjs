/** npm test: all that is checked of this project, what is quick first, up to the first failure. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const numbersFile = path.join(os.tmpdir(), `auraledger-jest-${process.pid}.json`);

/** Each is a script of package.json, and can be run alone as such. */
const steps = [
  {
    name: 'types',
    script: ['types'],
    advice: 'Correct the types that the compiler names above.',
  },
  {
    name: 'lint',
    script: ['lint'],
    advice: '"npm run fix" corrects the form and some of the rest; what it leaves is for you.',
  },
  {
    name: 'layers',
    script: ['layers'],
    advice: 'An import goes the wrong way: .dependency-cruiser.cjs says why it is one. Move the code, not the rule.',
  },
  {
    name: 'unused',
    script: ['unused'],
    advice: 'Remove what nothing uses, and name in package.json what is used; knip.json holds the entry points.',
  },
  {
    name: 'schema',
    script: ['schema', '--', '--check'],
    advice: 'Run "npm run schema" and review what has changed in schema/schema.graphql.',
  },
  {
    name: 'operations',
    script: ['codegen', '--', '--check'],
    advice: 'Make each operation fit schema/schema.graphql, then run "npm run codegen" and keep what it writes.',
  },
  {
    name: 'tests',
    script: ['jest', '--', '--json', `--outputFile=${numbersFile}`],
    advice: 'Run a failing file alone: npm run jest -- tests/rewards/points.test.ts',
  },
];

const names = steps.map(({ name }) => name);
const USAGE = `Usage: npm test [-- --only ${names.slice(0, 2).join(',')}]
Checks ${names.join(', ')}, in this order, and stops at the first that fails.
--only picks some of them. Some tests alone: npm run jest -- tests/rewards
`;

const chosen = readArguments();
const times = [];
for (const step of chosen) {
  process.stdout.write(`\n== ${step.name} ==\n`);
  const started = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', ...step.script], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  const seconds = Math.round((performance.now() - started) / 1000);
  times.push({ name: step.name, seconds });
  if (status !== 0) {
    process.stdout.write(`\n${step.name} failed after ${seconds} s. ${step.advice}\n`);
    process.exitCode = 1;
    break;
  }
}
const total = times.reduce((sum, { seconds }) => sum + seconds, 0);
process.stdout.write(`\n${times.map(({ name, seconds }) => `${name} ${seconds} s`).join(', ')}: ${total} s in all\n`);
const numbers = readNumbers();
if (numbers) process.stdout.write(`${numbers.passed} passed, ${numbers.failed} failed\n`);

function readArguments() {
  try {
    const { only, help } = parseArgs({ options: { only: { type: 'string' }, help: { type: 'boolean' } } }).values;
    if (help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const wanted = only?.split(',') ?? names;
    const unknown = wanted.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new Error(`there is no step "${unknown}"`);
    return steps.filter(({ name }) => wanted.includes(name));
  } catch (error) {
    process.stderr.write(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

/** A test file that could not even be loaded counts as one failure. Null where no test was run. */
function readNumbers() {
  try {
    const results = JSON.parse(readFileSync(numbersFile, 'utf8'));
    rmSync(numbersFile);
    return { passed: results.numPassedTests, failed: results.numFailedTests + results.numRuntimeErrorTestSuites };
  } catch {
    return null;
  }
}
