import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose, { type mongo } from 'mongoose';
import { prepareCollections } from '../src/storage/collections.js';
import { connect, disconnect } from '../src/storage/connect.js';
import { startEmbeddedMongod } from '../src/storage/embedded-mongod.js';
import { findMongod } from '../src/storage/mongod-binary.js';
import type { Report } from '../src/storage/report.js';
import { messageFrom, startChild, stopChild } from './child.js';
import { type Loaded, type LoadJob, WARM_UP_SECONDS } from './load/load-job.js';
import type { Measured } from './load/measured.js';
import { firstLoad } from './load/submissions.js';
import { cpuMs, residentMb } from './process-times.js';
import type { BareJob } from './processes/bare-driver.js';
import { type Server, startProduct } from './product.js';
import { Results } from './results.js';
import { enrol, foundSchool, type School } from './school.js';
import { PREPARATION } from './series.js';
import type { BenchSettings } from './settings.js';

/** What a side of the bench needs to be measured. */
export interface Bench {
  readonly settings: BenchSettings;
  readonly results: Results;
  readonly report: Report;
  readonly mongodVersion: string;
  /** A directory that is gone when the bench is over. */
  readonly scratch: string;
  /** The database of the school, to which this process is connected as the product connects. */
  readonly uri: string;
  readonly school: School;
  /** Another database on the same mongod. */
  readonly another: (name: string) => { readonly uri: string; readonly database: mongo.Db };
  /** Started when it is first asked for, and kept until the end. */
  server(name: string, start: () => Promise<Server>): Promise<Server>;
  /** A process of the product on the school's database, warm. */
  product(number?: 1 | 2): Promise<Server>;
  /** Sends to the servers what the job says, and adds what it found to a series. */
  load(series: string, servers: readonly Server[], job: Omit<LoadJob, 'urls'>): Promise<Loaded>;
  bare(series: string, job: BareJob): Promise<void>;
  stop(): Promise<void>;
}

/** One subject of the bench. */
export interface Side {
  readonly name: string;
  readonly about: string;
  readonly byDefault: boolean;
  /** Everything that this side has, once. */
  measure(bench: Bench): Promise<void>;
}

/** Handed in at most in a second, by all clients together: so many assignments are there for the one hot student. */
const SUBMISSIONS_PER_SECOND = 10_000;

/** Starts a mongod of its own with a school in it; `stop` leaves nothing of either. */
export async function openBench(settings: BenchSettings, report: Report): Promise<Bench> {
  const scratch = await mkdtemp(join(tmpdir(), 'auraledger-bench-'));
  const binary = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report });
  const mongod = await startEmbeddedMongod({ binary: binary.path, dataDir: join(scratch, 'mongod'), report });
  const aside = await mongoose.mongo.MongoClient.connect(mongod.uri, { w: 'majority' });
  const uriOf = (name: string) => mongod.uri.replace(/\/[^/?]*\?/, `/${name}?`);
  const uri = uriOf('school');
  const servers = new Map<string, Promise<Server>>();
  const results = new Results();

  await connect(uri);
  await prepareCollections();
  const school = await foundSchool(SUBMISSIONS_PER_SECOND * (settings.seconds + WARM_UP_SECONDS));

  /** Runs a process that measures. @param pids of the servers; absent: it needs none but itself */
  async function measure<Found extends Measured>(series: string, file: string, job: object, pids?: number[]) {
    const child = startChild(file);
    try {
      child.send(job);
      await messageFrom(child);
      const costsSince = await costs(aside, mongod.pid, pids ?? [child.pid!]);
      child.send('go');
      const found = await messageFrom<Found>(child);
      const { count, seconds, median, p99, max } = found;
      const figures = { perSecond: count / seconds, median, p99, max, ...(await costsSince(count)) };
      if (series !== PREPARATION) results.add(series, figures);
      return found;
    } finally {
      await stopChild(child);
    }
  }

  const bench: Bench = {
    settings,
    results,
    report,
    scratch,
    uri,
    school,
    mongodVersion: binary.version,
    another: (name) => ({ uri: uriOf(name), database: aside.db(name) }),
    server(name, start) {
      const server = servers.get(name) ?? start();
      servers.set(name, server);
      return server;
    },
    product: (number = 1) =>
      bench.server(`product ${number}`, async () => {
        const server = await startProduct(uri);
        const { students, clients } = settings;
        await bench.load(PREPARATION, [server], firstLoad(school, await enrol(school.courseId, students), clients));
        return server;
      }),
    async load(series, to, job) {
      const urls = to.map(({ url }) => url);
      const pids = to.map(({ pid }) => pid);
      return measure<Loaded>(series, 'load.ts', { ...job, urls } satisfies LoadJob, pids);
    },
    async bare(series, job) {
      await measure(series, 'bare-driver.ts', job);
    },
    async stop() {
      for (const server of servers.values()) await (await server).stop();
      await aside.close();
      await disconnect();
      await mongod.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
  return bench;
}

/** What the processes have used from now on; asked once, for each of so many requests. Bytes, milliseconds, MB. */
async function costs(aside: mongo.MongoClient, mongodPid: number, pids: readonly number[]) {
  const written = await bytes(aside);
  const before = await usedBy(mongodPid, pids);
  return async (requests: number) => {
    const after = await usedBy(mongodPid, pids);
    const writtenAfter = await bytes(aside);
    return {
      serverCpuMs: (after.servers - before.servers) / requests,
      mongodCpuMs: (after.mongod - before.mongod) / requests,
      journalBytes: (writtenAfter.journal - written.journal) / requests,
      receivedBytes: (writtenAfter.received - written.received) / requests,
      residentMb: await residentMb(pids[0]!),
    };
  };
}

async function usedBy(mongodPid: number, pids: readonly number[]) {
  const servers = await Promise.all(pids.map(cpuMs));
  return { servers: servers.reduce((sum, each) => sum + each, 0), mongod: await cpuMs(mongodPid) };
}

async function bytes(aside: mongo.MongoClient) {
  const { network, wiredTiger } = await aside.db('admin').command({ serverStatus: 1 });
  return { journal: Number(wiredTiger.log['log bytes written']), received: Number(network.bytesIn) };
}
