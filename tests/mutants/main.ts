/** npm run mutants: changes the source in small ways, one at a time, and looks whether a test notices. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { databaseSurroundings } from './database.js';
import { endAll } from './lane.js';
import { type ReportFacts, reportText, scoresOf, survivorLine, survivorsOf, tableOf } from './report.js';
import { runMutants } from './run-mutants.js';
import { COMMANDS, LEFT_OUT } from './settings.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the checks of one mutant may take by default. Most mutants are found by the first few. */
const DEFAULT_MAX_SECONDS = 60;

/** A busy machine may stop a process for a while. Milliseconds. */
const GRACE_MS = 30_000;

/** Tests wait for a database, processes and timers for about as long as they compute. */
const LANES_PER_CORE = 2;

const HELP = `Usage: npm run mutants [-- options]
Changes src/ in small ways, one at a time (a mutant), and runs the tests that reach the change until one fails.
Prints a table of the mutants that were found, lists the others, and writes docs/mutants.md.

  --sample N       try about N mutants, from each folder in proportion (default: all, which takes a day)
  --seed TEXT      chooses the sample (default: 1)
  --only PATH      only mutants of files whose path begins with PATH, such as src/rewards; does not write docs/mutants.md
  --resume         keep the results of earlier runs for files that have not changed since; tries a survivor only with
                   checks that are new, changed, or were not run for lack of time
  --seconds N      what the checks of one mutant may take, measured without a mutant (default: ${DEFAULT_MAX_SECONDS})
  --help           print this text

An interrupted run goes on with --resume. Exit code: 0 if every folder reaches its aim, 1 if not, 2 for a wrong argument.
The first run needs about ten minutes more, to find out which test reaches which mutant.
`;

const options = readArguments();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endAll();
    process.stdout.write('Interrupted. Go on with --resume.\n');
    process.exit(130);
  });
}
// Before the run, which takes long: it may fail.
const tested = commit();
const { tried, all, results } = await runMutants({
  root,
  cache: path.join(root, 'node_modules/.cache/mutants'),
  graceMs: GRACE_MS,
  ...options,
  lanes: LANES_PER_CORE * os.availableParallelism(),
  leftOut: LEFT_OUT.map(({ files }) => files),
  commands: COMMANDS,
  surroundings: databaseSurroundings,
  report: (line) => process.stdout.write(`${line}\n`),
});
const scores = scoresOf(tried, results);
const survivors = survivorsOf(tried, results);
process.stdout.write(`\n${tableOf(scores)}\n\n${survivors.length} survivors:\n`);
for (const mutant of survivors) process.stdout.write(`${survivorLine(mutant)}\n`);
if (options.only === '') {
  const reasons = JSON.parse(readFileSync(path.join(root, 'tests/mutants/survivors.json'), 'utf8'));
  const facts: ReportFacts = {
    date: new Date().toISOString().slice(0, 10),
    commit: tested,
    seed: options.seed,
    all,
    maxSeconds: options.maxSeconds,
  };
  writeFileSync(path.join(root, 'docs/mutants.md'), reportText(tried, results, reasons, facts));
}
process.exitCode = scores.some(({ folder, score, aim }) => folder !== 'all' && score < aim) ? 1 : 0;

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', 'src', 'tests') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with uncommitted changes' : ''}`;
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        sample: { type: 'string' },
        seed: { type: 'string', default: '1' },
        only: { type: 'string', default: '' },
        resume: { type: 'boolean', default: false },
        seconds: { type: 'string', default: `${DEFAULT_MAX_SECONDS}` },
        help: { type: 'boolean', default: false },
      },
    });
    const { sample, seed, only, resume, seconds, help } = values;
    if (help) {
      process.stdout.write(HELP);
      process.exit(0);
    }
    return {
      sample: sample === undefined ? undefined : positive('--sample', sample),
      seed,
      only,
      resume,
      maxSeconds: positive('--seconds', seconds),
    };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${HELP}`);
    process.exit(2);
  }
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} takes a whole number from 1`);
  return value;
}
