import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose, { type mongo } from 'mongoose';
import { startEmbeddedMongod } from '../src/embedded/embedded-mongod.js';
import { findMongod } from '../src/embedded/find-mongod.js';
import type { Report } from '../src/report.js';
import { prepareCollections } from '../src/storage/collections.js';
import { connect, disconnect } from '../src/storage/connect.js';
import { type LoadJob, type LoadResult, WARM_UP_SECONDS } from './load/load-job.js';
import { firstWarmUpLoad } from './load/submissions.js';
import { type Bytes, type Database, figuresOf, MeasuredSide, type Slice } from './measured-side.js';
import { residentMemoryMb } from './process-times.js';
import type { BareJob } from './processes/bare-driver.js';
import { type Server, startProduct } from './product.js';
import { Results } from './results.js';
import { createSchool, enrollStudents, type School } from './school.js';
import { PREPARATION } from './series.js';
import type { BenchSettings } from './settings.js';
import { takeTurns } from './turns.js';

/** What a benchmark uses: the settings, the database, the servers and the results. */
export interface BenchContext {
  readonly settings: BenchSettings;
  readonly results: Results;
  readonly report: Report;
  readonly mongodVersion: string;
  /** A directory that is deleted at the end. */
  readonly scratch: string;
  /** The connection string of the school's database. This process is connected to it like the product. */
  readonly uri: string;
  readonly school: School;
  /** Another database on the same mongod. */
  readonly otherDatabase: (name: string) => { readonly uri: string; readonly database: mongo.Db };
  /** @returns the server with this name. The first call starts it; it runs until the end. */
  server(name: string, start: () => Promise<Server>): Promise<Server>;
  /** @returns a warmed-up process of the product on the school's database */
  product(number?: 1 | 2): Promise<Server>;
  /** Runs a load against the servers and adds the measurement to a series. */
  load(series: string, servers: readonly Server[], job: Omit<LoadJob, 'urls'>): Promise<LoadResult>;
  /** Measures series in turn, in small slices, so that other work on the machine affects all of them alike. */
  takeTurns(sides: readonly Side[]): Promise<void>;
  stop(): Promise<void>;
}

/** A series that takes turns with others. */
export interface Side {
  readonly series: string;
  /** Series with the same number of clients are compared, and take turns. */
  readonly clients: number;
  /** The measured servers; none for the bare driver. */
  readonly servers: readonly Server[];
  readonly job: Omit<LoadJob, 'urls'> | BareJob;
  /** The database, if it is not the bench's mongod. */
  readonly database?: Database;
}

/** One benchmark. */
export interface Benchmark {
  readonly name: string;
  readonly description: string;
  readonly runsByDefault: boolean;
  /** @returns the series that take turns with those of other benchmarks; called once in each round */
  sides?(bench: BenchContext): Promise<readonly Side[]>;
  /** Measures all other series of this benchmark once. */
  measure?(bench: BenchContext): Promise<void>;
}

/** How often each series takes its turn in a round. Even, so that each is first as often as last. */
const TURNS = 4;

/** An upper bound on the rate of submissions. The school has enough assignments for one student at this rate. */
const MAX_SUBMISSIONS_PER_SECOND = 10_000;

/** Starts a mongod and creates a school in it. `stop` ends the mongod and deletes its data. */
export async function openBench(settings: BenchSettings, report: Report): Promise<BenchContext> {
  const scratch = await mkdtemp(join(tmpdir(), 'auraledger-bench-'));
  const binary = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report });
  const mongod = await startEmbeddedMongod({ binary: binary.path, dataDir: join(scratch, 'mongod'), report });
  const adminClient = await mongoose.mongo.MongoClient.connect(mongod.uri, { w: 'majority' });
  const uriOf = (name: string) => mongod.uri.replace(/\/[^/?]*\?/, `/${name}?`);
  const uri = uriOf('school');
  const servers = new Map<string, Promise<Server>>();
  const results = new Results();

  await connect(uri);
  await prepareCollections();
  const school = await createSchool(MAX_SUBMISSIONS_PER_SECOND * (settings.seconds + WARM_UP_SECONDS));

  const database: Database = { pids: async () => [mongod.pid], bytes: () => bytesOf(adminClient) };

  const open = ({ servers: measured, job, ...side }: Omit<Side, 'series' | 'clients'>) =>
    MeasuredSide.open({
      file: measured.length > 0 ? 'load.ts' : 'bare-driver.ts',
      job: { ...job, urls: measured.map(({ url }) => url) },
      servers: measured.map(({ pid }) => pid),
      database: side.database ?? database,
    });

  async function add(series: string, measured: readonly Server[], slices: readonly Slice[]) {
    if (series === PREPARATION) return;
    const [pid] = measured.map((server) => server.pid);
    const residentMb = pid === undefined ? Number.NaN : (await residentMemoryMb(pid)).now;
    results.add(series, { ...figuresOf(slices), residentMb });
  }

  const bench: BenchContext = {
    settings,
    results,
    report,
    scratch,
    uri,
    school,
    mongodVersion: binary.version,
    otherDatabase: (name) => ({ uri: uriOf(name), database: adminClient.db(name) }),
    server(name, start) {
      const server = servers.get(name) ?? start();
      servers.set(name, server);
      return server;
    },
    product: (number = 1) =>
      bench.server(`product ${number}`, async () => {
        const server = await startProduct(uri);
        const { students, clients } = settings;
        await bench.load(
          PREPARATION,
          [server],
          firstWarmUpLoad(school, await enrollStudents(school.courseId, students), clients),
        );
        return server;
      }),
    async load(series, to, job) {
      const side = await open({ servers: to, job });
      try {
        const { slice, found } = await side.slice<LoadResult>();
        await add(series, to, [slice]);
        return found;
      } finally {
        await side.close();
      }
    },
    async takeTurns(sides) {
      const running: (Side & { readonly measured: MeasuredSide; readonly slices: Slice[] })[] = [];
      try {
        for (const side of sides) running.push({ ...side, measured: await open(side), slices: [] });
        await takeTurns(running, TURNS, async ({ measured, slices }) => {
          slices.push((await measured.slice()).slice);
        });
        for (const { series, servers: measured, slices } of running) await add(series, measured, slices);
      } finally {
        for (const { measured } of running) await measured.close();
      }
    },
    async stop() {
      for (const server of servers.values()) await (await server).stop();
      await adminClient.close();
      await disconnect();
      await mongod.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
  return bench;
}

async function bytesOf(adminClient: mongo.MongoClient): Promise<Bytes> {
  const { network, wiredTiger } = await adminClient.db('admin').command({ serverStatus: 1 });
  return { journal: Number(wiredTiger.log['log bytes written']), received: Number(network.bytesIn) };
}
