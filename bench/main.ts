/** Grants per second over HTTP beside the bare driver's, measured in turn on one mongod. See --help. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { startEmbeddedMongod } from '../src/storage/embedded-mongod.js';
import { findMongod } from '../src/storage/mongod-binary.js';
import { reportTo } from '../src/storage/report.js';
import type { Measured } from './measured.js';
import { type Product, startProduct } from './product.js';
import { prepareSchool, type School } from './school.js';
import { readSettings, USAGE } from './settings.js';

const settings = readSettings(process.argv.slice(2));
if (settings === 'help') {
  process.stdout.write(USAGE);
  process.exit(0);
}
const say = (line: string) => process.stderr.write(`${line}\n`);
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const PORT = 4790;
const typescript = ['--import', here('../scripts/typescript.mjs')];

const report = reportTo(process.stderr);
const dataDir = await mkdtemp(join(tmpdir(), 'auraledger-bench-'));
const binary = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report });
const mongod = await startEmbeddedMongod({ binary: binary.path, dataDir, report });
const results = new Map<string, Measured[]>();
let product: Product | undefined;
try {
  const school = await prepareSchool(mongod.uri, settings.students, say);
  product = await startProduct(school.uri, PORT);
  await runRounds(school, product.url);
  printTable();
} finally {
  await product?.stop();
  await mongod.stop();
  await rm(dataDir, { recursive: true, force: true });
}

async function runRounds(school: School, url: string): Promise<void> {
  if (settings === 'help') return;
  const { rounds, clients, seconds, students, only } = settings;
  let from = 0;
  for (let round = 1; round <= rounds; round++) {
    for (const count of clients) {
      say(`round ${round} of ${rounds}, ${count} clients`);
      if (only !== 'product') {
        const args = [mongod.uri, String(students), String(count), String(seconds)];
        keep(`bare driver, ${count} clients`, await run('bare-driver.ts', args, ''));
      }
      if (only !== 'bare') {
        const input = JSON.stringify({ tokens: school.tokens, assignments: school.assignments, from });
        const measured = await run('http-load.ts', [url, String(count), String(seconds)], input);
        from += measured.grants;
        keep(`product over HTTP, ${count} clients`, measured);
      }
    }
  }
}

function keep(side: string, measured: Measured): void {
  results.set(side, [...(results.get(side) ?? []), measured]);
}

async function run(file: string, args: readonly string[], input: string): Promise<Measured> {
  const child = spawn(process.execPath, [...typescript, here(file), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  return JSON.parse(await text(child.stdout)) as Measured;
}

function printTable(): void {
  const { seconds, rounds, students } = settings as Exclude<typeof settings, 'help'>;
  const lines = [
    `node ${process.version}, mongod ${binary.version}, ${cpus().length} x ${cpus()[0]?.model}`,
    `${rounds} rounds of ${seconds} s, ${students} students; server, mongod and load share the machine`,
    '',
    '| side | grants/s, median (min to max) | latency median ms | p99 ms |',
    '|---|---|---|---|',
    ...[...results].map(([side, measured]) => {
      const rate = spread(measured.map(({ grants, seconds: took }) => grants / took));
      const median = spread(measured.map((each) => each.median));
      const p99 = spread(measured.map((each) => each.p99));
      return `| ${side} | ${rate.median.toFixed(0)} (${rate.min.toFixed(0)} to ${rate.max.toFixed(0)}) | ${median.median.toFixed(2)} | ${p99.median.toFixed(1)} |`;
    }),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

function spread(values: readonly number[]) {
  const sorted = [...values].sort((one, other) => one - other);
  return { min: sorted[0]!, median: sorted[Math.floor(sorted.length / 2)]!, max: sorted.at(-1)! };
}
