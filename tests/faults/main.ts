/** npm run faults: tries to break every promise of the product and prints the results. See --help. */
import { parseArgs } from 'node:util';
import { project } from '../architecture/project-copy.js';
import { type Bug, bugs } from './bugs/index.js';
import { detectBug, expectedDetections } from './detect-bug.js';
import { ReplicaSetPool } from './replica-set-pool.js';
import { scenarios } from './scenarios/index.js';
import type { Scenario } from './scenarios/scenario.js';
import { runScenario, type ScenarioReport } from './scenarios/scenario-context.js';
import { messagesOf, tableOf } from './table.js';

const USAGE = `Usage: npm run faults [-- options]
Tries to break every promise of the product. It kills, pauses and disconnects real servers and a real replica set under
load. Exit codes: 0 if every promise was kept, 1 if one was broken or a fault occurred too rarely, 2 if the kit could
not run.
  --quick          runs each scenario in seconds instead of minutes
  --seed N         repeats the workload of an earlier run, which printed this seed
  --only NAME,...  runs only these scenarios: ${scenarios.map(({ name }) => name).join(', ')}
  --bug NAME,...   tests the kit itself: plants each bug in a copy of the product; exits with 0 if the kit detects it
  --bugs           does the same with all bugs: ${bugs.map(({ name }) => name).join(', ')}
`;

type Settings = ReturnType<typeof readArguments>;

/** @throws Error if an option is invalid */
function readArguments() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
      only: { type: 'string' },
      bug: { type: 'string' },
      bugs: { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0) throw new Error('--seed must be a whole number, 0 or greater');
  return {
    ...values,
    seed,
    chosenScenarios: chosen('scenario', scenarios, values.only),
    chosenBugs: values.bugs ? bugs : values.bug === undefined ? [] : chosen('bug', bugs, values.bug),
  };
}

/** @throws Error that names the unknown item */
function chosen<Item extends { readonly name: string }>(
  what: string,
  all: readonly Item[],
  named: string | undefined,
): readonly Item[] {
  const names = named?.split(',') ?? all.map(({ name }) => name);
  return names.map((name) => {
    const found = all.find((each) => each.name === name);
    if (!found) throw new Error(`there is no ${what} "${name}"`);
    return found;
  });
}

/** @returns the exit code */
async function main({ help, quick, seed, chosenScenarios, chosenBugs }: Settings): Promise<number> {
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  process.stdout.write(`seed ${seed}\n`);
  const replicaSets = new ReplicaSetPool();
  try {
    return await (chosenBugs.length > 0
      ? detectBugs(chosenBugs, replicaSets, seed)
      : runScenarios(chosenScenarios, replicaSets, seed, quick));
  } finally {
    await replicaSets.stop();
  }
}

/** @returns the exit code */
async function runScenarios(
  chosenScenarios: readonly Scenario[],
  replicaSets: ReplicaSetPool,
  seed: number,
  quick: boolean,
): Promise<number> {
  const reports: ScenarioReport[] = [];
  const failures: string[] = [];
  const scale = quick ? 'quick' : 'full';
  for (const scenario of chosenScenarios) {
    const report = progressOf(scenario.name);
    report('starting');
    try {
      const finished = await runScenario(scenario, {
        set: await replicaSets.get(scenario),
        root: project,
        scale,
        seed,
        report,
      });
      reports.push(finished);
      report(finished.passed ? 'kept every promise' : 'FAILED', true);
    } catch (error) {
      failures.push(`${scenario.name} could not run: ${stackOf(error)}`);
      report(`COULD NOT RUN: ${stackOf(error).split('\n')[0]}`, true);
      await replicaSets.discard(scenario);
    }
  }
  const messages = [...reports.flatMap(messagesOf), ...failures, `seed ${seed}`];
  process.stdout.write(`\n${tableOf(reports)}\n\n${messages.join('\n')}\n`);
  if (failures.length > 0) return 2;
  return reports.every(({ passed }) => passed) ? 0 : 1;
}

/** @returns the exit code */
async function detectBugs(chosenBugs: readonly Bug[], replicaSets: ReplicaSetPool, seed: number): Promise<number> {
  let areAllDetected = true;
  for (const { name } of chosenBugs) {
    const { scenario, invariant } = expectedDetections[name];
    const { report, isDetected } = await detectBug(name, replicaSets, seed);
    const verdict = isDetected ? 'detected' : 'NOT DETECTED';
    process.stdout.write(`${name}: ${verdict} by ${scenario}: ${invariant} (seed ${seed})\n`);
    for (const message of messagesOf(report)) process.stdout.write(`    ${message.slice(0, 300)}\n`);
    areAllDetected &&= isDetected;
  }
  return areAllDetected ? 0 : 1;
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

/** On a terminal, updates one line for each scenario. Elsewhere, prints only its last message. */
function progressOf(name: string): (message: string, isLast?: boolean) => void {
  const startedAt = performance.now();
  return (message, isLast = false) => {
    const line = `${name}: ${message} (${((performance.now() - startedAt) / 1_000).toFixed(0)} s)`;
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}${isLast ? '\n' : ''}`);
    else if (isLast) process.stderr.write(`${line}\n`);
  };
}

let settings: Settings | undefined;
try {
  settings = readArguments();
  process.exitCode = await main(settings);
} catch (error) {
  const message = settings ? `The kit could not run: ${stackOf(error)}\n` : `${(error as Error).message}\n${USAGE}`;
  process.stderr.write(message);
  process.exitCode = 2;
}
