/** npm test: runs all checks of the project, quick ones first, and stops at the first failure. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const numbersFile = path.join(os.tmpdir(), `auraledger-jest-${process.pid}.json`);

/** The steps. Each is a script of package.json that can also run alone. */
const steps = [
  {
    name: 'types',
    script: ['types'],
    advice: 'Fix the type errors above.',
  },
  {
    name: 'lint',
    script: ['lint'],
    advice: 'Run "npm run fix" to format the code and fix some problems. Fix the rest by hand.',
  },
  {
    name: 'layers',
    script: ['layers'],
    advice:
      'An import breaks a layer rule; .dependency-cruiser.cjs explains it. Move the code; do not change the rule.',
  },
  {
    name: 'unused',
    script: ['unused'],
    advice: 'Remove unused code, and list used packages in package.json. The entry points are in knip.json.',
  },
  {
    name: 'schema',
    script: ['schema', '--', '--check'],
    advice: 'Run "npm run schema" and review the changes in schema/schema.graphql.',
  },
  {
    name: 'operations',
    script: ['codegen', '--', '--check'],
    advice:
      'Make each operation valid for schema/schema.graphql, then run "npm run codegen" and commit the generated files.',
  },
  {
    name: 'tests',
    script: ['jest', '--', '--json', `--outputFile=${numbersFile}`],
    advice: 'To run one file alone: npm run jest -- tests/rewards/points.test.ts',
  },
];

const names = steps.map(({ name }) => name);
const USAGE = `Usage: npm test [-- --only ${names.slice(0, 2).join(',')}]
Checks ${names.join(', ')}, in this order, and stops at the first failure.
--only runs only these steps. To run some tests alone: npm run jest -- tests/rewards
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
process.stdout.write(`\n${times.map(({ name, seconds }) => `${name} ${seconds} s`).join(', ')}: ${total} s in total\n`);
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

/** @returns the numbers of tests; null if no test ran. A test file that fails to load counts as one failure. */
function readNumbers() {
  try {
    const results = JSON.parse(readFileSync(numbersFile, 'utf8'));
    rmSync(numbersFile);
    return { passed: results.numPassedTests, failed: results.numFailedTests + results.numRuntimeErrorTestSuites };
  } catch {
    return null;
  }
}
