/** npm run bench: what a grant costs, beside what it is compared with. See --help. */
import { cpus } from 'node:os';
import { reportTo } from '../src/storage/report.js';
import { openBench } from './bench.js';
import { patternNames } from './patterns/index.js';
import { type BenchSettings, readSettings, usage } from './settings.js';
import { sides } from './sides/index.js';
import { tablesOf } from './tables.js';

const settings = readSettings(process.argv.slice(2), sides);
if (settings === 'help') process.stdout.write(usage(sides));
else process.stdout.write(await run(settings));

/** @returns the tables */
async function run(wanted: BenchSettings): Promise<string> {
  const report = reportTo(process.stderr);
  const bench = await openBench(wanted, report);
  const { rounds, only, clients } = wanted;
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const side of sides.filter(({ name }) => only.includes(name))) {
        report(`round ${round} of ${rounds}: ${side.about}`, 'progress');
        await side.measure(bench);
      }
    }
    return `${heading(wanted, bench.mongodVersion)}\n${tablesOf(bench.results, patternNames, clients)}`;
  } finally {
    await bench.stop();
  }
}

function heading({ rounds, seconds, students, seed }: BenchSettings, mongodVersion: string): string {
  const [processor] = cpus();
  return [
    `Node ${process.version}, mongod ${mongodVersion}, ${cpus().length} x ${processor?.model ?? 'an unknown processor'}`,
    `${rounds} rounds of ${seconds} s, ${students} students, seed ${seed}; server, mongod and load share the machine`,
    '',
  ].join('\n');
}
