/**
 * Measures the most that one request, and 256 simultaneous requests of one account, can cost the server. It tries every
 * operation of the schema in the largest form that a search finds, and every input at its largest. See --help.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSchema } from 'graphql';
import mongoose from 'mongoose';
import { randomNumbers } from '../src/cli/scale-school.js';
import { startEmbeddedMongod } from '../src/embedded/embedded-mongod.js';
import { findMongod } from '../src/embedded/find-mongod.js';
import { reportTo } from '../src/report.js';
import { prepareCollections } from '../src/storage/collections.js';
import { connect, disconnect } from '../src/storage/connect.js';
import { watchHealth } from '../tests/faults/watch-health.js';
import { type Product, type Server, startProduct } from './product.js';
import { ROOT } from './start-command.js';
import { tokenOf } from './tokens.js';
import { createLargestSchool } from './worst/largest-school.js';
import { measureCost } from './worst/measured-cost.js';
import { type NamedRequest, searchLargest } from './worst/search.js';
import { worstInputs } from './worst/worst-inputs.js';
import { tableOf, type WorstCost } from './worst/worst-table.js';

const FILE = 'docs/worst-costs.md';
const USAGE = `Usage: npm run bench:worst [-- options]
Measures what each operation and each input can cost a server with a small heap, and writes ${FILE}.
  --at-once N   simultaneous requests of one account (256)
  --tries N     operations to try for each root field (20)
  --heap N      heap of the server, in MB (400)
  --seed N      seed of the search (1)
  --only TEXT   measure only rows whose names contain this text, and print the table without writing the file
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    'at-once': { type: 'string', default: '256' },
    tries: { type: 'string', default: '20' },
    heap: { type: 'string', default: '400' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const atOnce = Number(values['at-once']);
const tries = Number(values.tries);
const heapMb = Number(values.heap);
const seed = Number(values.seed);

/** The school has as much of everything as a page can show, so that pages are full. */
const SIZE = { assignments: 100, students: 100, revisions: 210 };

if (values.help) process.stdout.write(USAGE);
else await run();

async function run(): Promise<void> {
  const report = reportTo(process.stderr);
  const dataDir = await mkdtemp(join(tmpdir(), 'auraledger-worst-'));
  const binary = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report });
  const mongod = await startEmbeddedMongod({ binary: binary.path, dataDir, report });
  try {
    await connect(mongod.uri);
    await prepareCollections();
    const table = tableOf(await measureAll(mongod.uri, (line) => report(line, 'progress')), { atOnce, heapMb });
    const heading = `Node ${process.version}, mongod ${binary.version}, ${cpus().length} x ${cpus()[0]?.model}, seed ${seed}, ${tries} tries`;
    if (values.only === undefined) writeFileSync(join(ROOT, FILE), withMeasurements(`${heading}\n\n${table}`));
    process.stdout.write(`${heading}\n\n${table}`);
  } finally {
    await disconnect();
    await mongod.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measureAll(uri: string, say: (line: string) => void): Promise<WorstCost[]> {
  let server = await startProduct(uri, { heapMb });
  const runningServer = async () => {
    if (server.hasEnded()) server = await startProduct(uri, { heapMb });
    return server;
  };
  try {
    say('filling the largest school');
    const school = await createLargestSchool(
      (token, query, variables) => ask(server, token, query, variables),
      tokenOf,
      SIZE,
    );
    const schema = buildSchema(readFileSync(join(ROOT, 'schema/schema.graphql'), 'utf8'));
    const queries = await searchLargest(schema, school, { tries, random: randomNumbers(seed) }, async (request) => {
      say(`searching: ${request.name}`);
      return measureCost(await runningServer(), request, 1, countCommands);
    });
    const inputs = worstInputs(school).map(({ operation, input, ...rest }) => ({
      name: `${operation}: ${input}`,
      ...rest,
    }));
    const found: WorstCost[] = [];
    for (const request of [...queries, ...inputs].filter(({ name }) => name.includes(values.only ?? ''))) {
      say(`measuring: ${request.name}`);
      found.push(await measureBoth(request, runningServer));
    }
    return found;
  } finally {
    await server.stop();
  }
}

async function measureBoth(request: NamedRequest, runningServer: () => Promise<Product>): Promise<WorstCost> {
  const one = await measureCost(await runningServer(), request, 1, countCommands);
  const server = await runningServer();
  const watch = await watchHealth(server.url);
  const many = await measureCost(server, request, atOnce, countCommands);
  return { name: request.name, one, many, health: await watch.end(), survived: !server.hasEnded() };
}

/** The number of read and write commands that mongod has received so far, without health checks and sessions. */
async function countCommands(): Promise<number> {
  const { metrics } = await mongoose.connection.db!.admin().command({ serverStatus: 1 });
  const kinds = ['find', 'aggregate', 'getMore', 'insert', 'update', 'delete', 'findAndModify', 'count', 'distinct'];
  return kinds.reduce((sum, kind) => sum + Number(metrics.commands[kind]?.total ?? 0), 0);
}

async function ask({ url }: Server, token: string, query: string, variables: object = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
  if (errors) throw new Error(JSON.stringify(errors).slice(0, 1_000));
  return data;
}

/** The document with new measurements. The text before the marker stays as it is. */
function withMeasurements(measured: string): string {
  const [introduction = ''] = readFileSync(join(ROOT, FILE), 'utf8').split('<!-- measured -->');
  return `${introduction}<!-- measured -->\n\n${measured}`;
}
