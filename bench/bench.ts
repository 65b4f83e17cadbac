import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose, { type mongo } from 'mongoose';
import { startEmbeddedMongod } from '../src/embedded/embedded-mongod.js';
import { findMongod } from '../src/embedded/find-mongod.js';
import type { Report } from '../src/report.js';
import { prepareCollections } from '../src/storage/collections.js';
import { connect, disconnect } from '../src/storage/connect.js';
import { nextMessage, startChild, stopChild } from './child.js';
import { type LoadJob, type LoadResult, WARM_UP_SECONDS } from './load/load-job.js';
import type { Measurement } from './load/measured.js';
import { firstWarmUpLoad } from './load/submissions.js';
import { cpuMs, residentMemoryMb } from './process-times.js';
import type { BareJob } from './processes/bare-driver.js';
import { type Server, startProduct } from './product.js';
import { Results } from './results.js';
import { createSchool, enrollStudents, type School } from './school.js';
import { PREPARATION } from './series.js';
import type { BenchSettings } from './settings.js';

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
  /** Runs the bare driver and adds the measurement to a series. */
  bare(series: string, job: BareJob): Promise<void>;
  stop(): Promise<void>;
}

/** One benchmark. */
export interface Benchmark {
  readonly name: string;
  readonly description: string;
  readonly runsByDefault: boolean;
  /** Measures all series of this benchmark once. */
  measure(bench: BenchContext): Promise<void>;
}

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

  /**
   * Runs a process that measures.
   * @param pids the servers whose resource usage is measured; by default the process itself
   */
  async function measure<Found extends Measurement>(series: string, file: string, job: object, pids?: number[]) {
    const child = startChild(file);
    try {
      child.send(job);
      await nextMessage(child);
      const costsSince = await startUsageMeasurement(adminClient, mongod.pid, pids ?? [child.pid!]);
      child.send('go');
      const found = await nextMessage<Found>(child);
      const { count, seconds, median, p99, max } = found;
      const figures = { perSecond: count / seconds, median, p99, max, ...(await costsSince(count)) };
      if (series !== PREPARATION) results.add(series, figures);
      return found;
    } finally {
      await stopChild(child);
    }
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
      const urls = to.map(({ url }) => url);
      const pids = to.map(({ pid }) => pid);
      return measure<LoadResult>(series, 'load.ts', { ...job, urls } satisfies LoadJob, pids);
    },
    async bare(series, job) {
      await measure(series, 'bare-driver.ts', job);
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

/** @returns a function that returns the resource usage from now until its call, divided by the number of requests */
async function startUsageMeasurement(adminClient: mongo.MongoClient, mongodPid: number, pids: readonly number[]) {
  const bytesBefore = await mongodBytes(adminClient);
  const before = await cpuTimesMs(mongodPid, pids);
  return async (requests: number) => {
    const after = await cpuTimesMs(mongodPid, pids);
    const bytesAfter = await mongodBytes(adminClient);
    return {
      serverCpuMs: (after.servers - before.servers) / requests,
      mongodCpuMs: (after.mongod - before.mongod) / requests,
      journalBytes: (bytesAfter.journal - bytesBefore.journal) / requests,
      receivedBytes: (bytesAfter.received - bytesBefore.received) / requests,
      residentMb: (await residentMemoryMb(pids[0]!)).now,
    };
  };
}

async function cpuTimesMs(mongodPid: number, pids: readonly number[]) {
  const servers = await Promise.all(pids.map(cpuMs));
  return { servers: servers.reduce((sum, each) => sum + each, 0), mongod: await cpuMs(mongodPid) };
}

async function mongodBytes(adminClient: mongo.MongoClient) {
  const { network, wiredTiger } = await adminClient.db('admin').command({ serverStatus: 1 });
  return { journal: Number(wiredTiger.log['log bytes written']), received: Number(network.bytesIn) };
}
