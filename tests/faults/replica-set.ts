/** A real replica set that can be killed, paused and made to fail. It ends with this process, however that ends. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { ADDRESS, MongodProcess, REPLICA_SET } from '../../src/storage/mongod/mongod-process.js';
import { findMongod } from '../../src/storage/mongod-binary.js';
import { type Report, reportTo } from '../../src/storage/report.js';
import type { FailCommand } from '../support/database.js';
import { freePort } from './free-port.js';

export type NodeState = 'running' | 'paused' | 'killed';

export interface Node {
  /** As host:port; it keeps it for life. */
  readonly host: string;
  readonly pid: number;
  readonly state: NodeState;
}

export interface FailCommandOptions extends Omit<FailCommand, 'mode'> {
  /** Absent: the next one. A probability is from 0 to 1. */
  readonly mode?: FailCommand['mode'] | { readonly activationProbability: number };
  /** Only what concerns this collection, as database.collection. */
  readonly namespace?: string;
}

export interface Transactions {
  readonly started: number;
  readonly committed: number;
  readonly aborted: number;
}

export interface ReplicaSet {
  readonly nodes: readonly Node[];
  /** For clients of the whole set. */
  uri(database: string): string;
  /** Waits until there is one; of two that claim it, the one that was elected last. */
  primary(): Promise<Node>;
  /** SIGKILL; it is gone when this resolves. */
  kill(node: Node): Promise<void>;
  /** Starts a killed one on its former data; it listens when this resolves, and `settled` waits until it takes part. */
  restart(node: Node): Promise<void>;
  /** SIGSTOP: it keeps its connections, and nobody gets an answer. */
  pause(node: Node): void;
  /** SIGCONT. */
  resume(node: Node): void;
  /** The primary hands over to another node; with one node it takes over again after a second. */
  stepDown(): Promise<void>;
  /** How many elections were really held since the set was ready: a busy machine holds some unasked. */
  elections(): Promise<number>;
  /** Milliseconds until a write with a majority succeeds. */
  untilWritable(): Promise<number>;
  /** Waits until all nodes run, agree on the primary, and have what was committed when it was asked. */
  settled(): Promise<void>;
  /**
   * Makes commands of the product, or of whoever has this appName, fail on every node that runs; `off` tells how often
   * that happened, on all nodes together. A restarted node has forgotten it, and its firings with it.
   */
  failCommand(options: FailCommandOptions, appName?: string): Promise<{ off(): Promise<number> }>;
  /** Summed over the nodes, since each was last started. */
  transactions(): Promise<Transactions>;
  /**
   * Ends all nodes; their data stay in the directory.
   * @throws Error with its last lines where a node had ended by itself
   */
  stop(): Promise<void>;
}

export interface ReplicaSetOptions {
  readonly nodes: 1 | 3;
  /** Holds the data of the nodes. */
  readonly directory: string;
  readonly report?: Report;
}

/** The appName of src/storage/connect.ts. */
const PRODUCT = 'auraledger';
/** With less, three nodes on two busy cores hold elections that nobody asked for. Milliseconds. */
const ELECTION_TIMEOUT_MS = 10_000;
/** An election, the replay of a journal and a busy machine. Milliseconds. */
const PATIENCE_MS = 120_000;
const ASK_AGAIN_MS = 20;
/** A node that is primary no more, and does not know it, is found out by this. Milliseconds. */
const WRITE_WITHIN_MS = 2_000;

/** A set with its failpoints enabled, journaled on disk, with a primary when it resolves. */
export async function startReplicaSet({ nodes: count, directory, report }: ReplicaSetOptions): Promise<ReplicaSet> {
  const found = await findMongod({
    configured: process.env.MONGOD_BINARY ?? null,
    report: report ?? reportTo(process.stderr),
  });
  const nodes = await Promise.all(
    Array.from({ length: count }, async (_, position) => {
      const dbPath = path.join(directory, `node-${position}`);
      await mkdir(dbPath, { recursive: true });
      return new RunningNode(found.path, dbPath, await freePort());
    }),
  );
  const set = new RunningReplicaSet(nodes);
  try {
    await set.start();
    return set;
  } catch (error) {
    await set.stop().catch(() => {});
    throw error;
  }
}

class RunningNode implements Node {
  readonly host: string;
  state: NodeState = 'running';
  /** How it ended without having been killed. */
  endedByItself: string | undefined;
  readonly #client: mongoose.mongo.MongoClient;
  #mongod: MongodProcess;
  #resumer: ChildProcessWithoutNullStreams | undefined;

  constructor(
    readonly binary: string,
    readonly dbPath: string,
    readonly port: number,
  ) {
    this.host = `${ADDRESS}:${port}`;
    this.#mongod = this.#launch();
    this.#client = new mongoose.mongo.MongoClient(`mongodb://${this.host}/?directConnection=true`, {
      appName: 'faults',
      serverSelectionTimeoutMS: 2_000,
      // Otherwise a node that is primary no more is asked anew after ten seconds only.
      heartbeatFrequencyMS: 500,
      // One that was paused meanwhile never answers.
      socketTimeoutMS: 10_000,
    });
  }

  get pid(): number {
    return this.#mongod.pid;
  }

  #launch(): MongodProcess {
    const { binary, dbPath, port } = this;
    const mongod = new MongodProcess({ binary, dbPath, port, enableTestCommands: true });
    void mongod.ended.then((how) => {
      this.state = 'killed';
      this.endedByItself = `${this.host}: ${how}\n${mongod.log.slice(-20).join('\n')}`;
    });
    return mongod;
  }

  async listening(): Promise<void> {
    const outcome = await this.#mongod.listening(() => {});
    if (outcome !== 'listening') throw new Error(`${this.host} ended with ${outcome}: ${this.#mongod.log.join('\n')}`);
  }

  async kill(): Promise<void> {
    this.#resumer?.stdin.end();
    this.state = 'killed';
    this.#mongod.kill();
    await this.#mongod.stop();
  }

  async restart(): Promise<void> {
    if (this.state !== 'killed') throw new Error(`${this.host} is ${this.state}`);
    this.#mongod = this.#launch();
    this.state = 'running';
    await this.listening();
  }

  pause(): void {
    // First of all: what ends it when this process is gone sends a SIGTERM, of which a stopped process takes no notice.
    const resumer = spawn('sh', ['-c', 'cat; kill -CONT "$0"', String(this.pid)], { detached: true, stdio: 'pipe' });
    this.#resumer = resumer.on('error', () => {});
    resumer.unref();
    this.#signal('SIGSTOP');
    this.state = 'paused';
  }

  resume(): void {
    this.#signal('SIGCONT');
    this.state = 'running';
    this.#resumer?.stdin.end();
  }

  /** Never to a process that is gone: the number may be another's by now. */
  #signal(signal: NodeJS.Signals): void {
    if (this.state === 'killed') throw new Error(`${this.host} is killed`);
    process.kill(this.pid, signal);
  }

  command(command: mongoose.mongo.Document, database = 'admin'): Promise<mongoose.mongo.Document> {
    return this.#client.db(database).command(command);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

class RunningReplicaSet implements ReplicaSet {
  #firstTerm = 0;

  constructor(readonly nodes: readonly RunningNode[]) {}

  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.listening()));
    const members = this.nodes.map(({ host }, _id) => ({ _id, host }));
    await this.nodes[0]!.command({
      replSetInitiate: { _id: REPLICA_SET, members, settings: { electionTimeoutMillis: ELECTION_TIMEOUT_MS } },
    });
    // The first election would otherwise be held when the timeout has passed.
    if (members.length > 1) await this.#until('election', () => this.nodes[0]!.command({ replSetStepUp: 1 }));
    await this.settled();
    this.#firstTerm = await this.#term();
  }

  uri(database: string): string {
    return `mongodb://${this.nodes.map(({ host }) => host).join(',')}/${database}?replicaSet=${REPLICA_SET}`;
  }

  primary(): Promise<RunningNode> {
    return this.#until('primary', async () => {
      const claims = await Promise.all(
        this.#running().map(async (node) => ({ node, hello: await node.command({ hello: 1 }).catch(() => null) })),
      );
      const elected = claims.filter(({ hello }) => hello?.isWritablePrimary === true);
      const [latest] = elected.sort((one, other) =>
        String(other.hello?.electionId).localeCompare(String(one.hello?.electionId)),
      );
      return latest?.node;
    });
  }

  kill(node: Node): Promise<void> {
    return this.#own(node).kill();
  }

  restart(node: Node): Promise<void> {
    return this.#own(node).restart();
  }

  pause(node: Node): void {
    this.#own(node).pause();
  }

  resume(node: Node): void {
    this.#own(node).resume();
  }

  async stepDown(): Promise<void> {
    const command =
      this.nodes.length === 1
        ? { replSetStepDown: 1, force: true }
        : { replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 };
    await this.#until('step-down', async () => (await this.primary()).command(command));
  }

  async elections(): Promise<number> {
    return (await this.#term()) - this.#firstTerm;
  }

  async untilWritable(): Promise<number> {
    const started = performance.now();
    await this.#until('write', async () => {
      const insert = { insert: 'writes', documents: [{}], writeConcern: { w: 'majority', wtimeout: WRITE_WITHIN_MS } };
      const { writeConcernError } = await (await this.primary()).command(insert, 'faults');
      return writeConcernError === undefined ? true : undefined;
    });
    return performance.now() - started;
  }

  async settled(): Promise<void> {
    await this.#until('whole set', async () => {
      const primary = (await this.primary()).host;
      const { majorityOpTime } = (await this.#own({ host: primary }).command({ hello: 1 })).lastWrite;
      const views = await Promise.all(this.nodes.map((node) => node.command({ hello: 1 })));
      const agreed = views.every(
        (view) =>
          view.primary === primary &&
          (view.isWritablePrimary ? view.me === primary : view.secondary) &&
          view.lastWrite.opTime.ts.greaterThanOrEqual(majorityOpTime.ts),
      );
      return agreed || undefined;
    });
  }

  async failCommand(options: FailCommandOptions, appName = PRODUCT): Promise<{ off(): Promise<number> }> {
    const { mode = { times: 1 }, ...data } = options;
    const configure = (node: RunningNode, more: object) =>
      node.command({ configureFailPoint: 'failCommand', ...more }).then(({ count }) => Number(count));
    const set = await Promise.all(
      this.#running().map(async (node) => ({
        node,
        before: await configure(node, { mode, data: { ...data, appName } }),
      })),
    );
    return {
      async off() {
        const alive = set.filter(({ node }) => node.state === 'running');
        const fired = await Promise.all(
          alive.map(async ({ node, before }) => (await configure(node, { mode: 'off' })) - before),
        );
        return fired.reduce((sum, count) => sum + count, 0);
      },
    };
  }

  async transactions(): Promise<Transactions> {
    const statuses = await Promise.all(this.#running().map((node) => node.command({ serverStatus: 1 })));
    const sum = (name: string) => statuses.reduce((total, { transactions }) => total + Number(transactions[name]), 0);
    return { started: sum('totalStarted'), committed: sum('totalCommitted'), aborted: sum('totalAborted') };
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(async (node) => Promise.all([node.close(), node.kill()])));
    const deaths = this.nodes.flatMap(({ endedByItself }) => endedByItself ?? []);
    if (deaths.length > 0) throw new Error(`a mongod ended by itself: ${deaths.join('\n')}`);
  }

  #running(): RunningNode[] {
    return this.nodes.filter(({ state }) => state === 'running');
  }

  #own({ host }: Pick<Node, 'host'>): RunningNode {
    const own = this.nodes.find((node) => node.host === host);
    if (!own) throw new Error(`${host} is no node of this set`);
    return own;
  }

  async #term(): Promise<number> {
    const { term } = await (await this.primary()).command({ replSetGetStatus: 1 });
    return Number(term);
  }

  /** The first result that is something, of attempts that may fail meanwhile. */
  async #until<Result>(what: string, attempt: () => Promise<Result | undefined>): Promise<Result> {
    const deadline = performance.now() + PATIENCE_MS;
    let failure: unknown = 'no error';
    while (performance.now() < deadline) {
      try {
        const result = await attempt();
        if (result !== undefined) return result;
      } catch (error) {
        failure = error;
      }
      await sleep(ASK_AGAIN_MS);
    }
    const states = this.nodes.map(({ host, state, endedByItself }) => `${host} ${endedByItself ?? state}`).join(', ');
    throw new Error(`no ${what} within ${PATIENCE_MS / 1000} s (${failure}); nodes: ${states}`);
  }
}
