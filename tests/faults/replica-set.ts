/**
 * A real replica set whose nodes can be killed, paused and made to fail commands. All nodes end when this process ends,
 * even if it is killed.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { ADDRESS, MongodProcess, REPLICA_SET } from '../../src/embedded/mongod-process.js';
import { type Report, reportTo } from '../../src/report.js';
import type { FailCommand } from '../support/database.js';
import { freePort } from './free-port.js';
import { type MemberLink, startMemberLink } from './member-link.js';
import { type PausedProcess, pauseProcess } from './pause-process.js';

export type NodeState = 'running' | 'paused' | 'killed';

export interface Node {
  /** The address for clients and for the other nodes, as host:port. A restarted node keeps it. */
  readonly host: string;
  readonly pid: number;
  readonly state: NodeState;
  /** Its data directory. */
  readonly dbPath: string;
}

export interface FailCommandOptions extends Omit<FailCommand, 'mode'> {
  /** By default only the next command fails. A probability is between 0 and 1. */
  readonly mode?: FailCommand['mode'] | { readonly activationProbability: number };
}

export interface Transactions {
  readonly started: number;
  readonly committed: number;
  readonly aborted: number;
}

export interface ReplicaSet {
  readonly nodes: readonly Node[];
  /** Where the data of the nodes are. */
  readonly directory: string;
  /** The connection string for clients of the whole set. */
  uri(database: string): string;
  /** Waits for a primary. If two nodes claim to be primary, returns the one that was elected last. */
  primary(): Promise<Node>;
  /** Sends SIGKILL and waits until the process has ended. */
  kill(node: Node): Promise<void>;
  /**
   * Restarts a killed node on its data and waits until it listens. Use `waitUntilSettled` to wait until it has rejoined
   * the set.
   */
  restart(node: Node): Promise<void>;
  /** Sends SIGSTOP. The node keeps its connections but does not respond. */
  pause(node: Node): void;
  /** Sends SIGCONT. */
  resume(node: Node): void;
  /** Waits until a node has ended by itself, which may be expected. It can then be restarted. */
  waitUntilEnded(node: Node): Promise<void>;
  /**
   * Cuts a node off from the other nodes, in both directions, and not from its clients.
   * @throws Error if the set was not started with `canBeCut`
   */
  cutOff(node: Node): void;
  /** Ends this. */
  reconnect(): void;
  /** Elects this node. It must have all writes. */
  stepUp(node: Node): Promise<void>;
  /** Whether the node takes itself for the primary. */
  isPrimary(node: Node): Promise<boolean>;
  /** How often the node has undone writes of its own that a later primary did not have. */
  rollbacks(node: Node): Promise<number>;
  /**
   * Stalls the disk of a node: it executes writes, but none of them becomes durable until `resumeDisk`. A killed node
   * loses them.
   */
  stallDisk(node: Node): Promise<void>;
  resumeDisk(node: Node): Promise<void>;
  /** Whether the node has executed writes that are not known to be on a majority of the disks. */
  hasPendingWrites(node: Node): Promise<boolean>;
  /** Makes the primary step down. Another node takes over; in a set of one, the same node does after a second. */
  stepDown(): Promise<void>;
  /** The number of elections since the set was ready, including unprovoked ones on a busy machine. */
  elections(): Promise<number>;
  /** Waits until a write with w: majority succeeds. @returns the milliseconds that it took */
  waitUntilWritable(): Promise<number>;
  /** Waits until all nodes run, agree on the primary, and have replicated what is majority-committed at the time. */
  waitUntilSettled(): Promise<void>;
  /**
   * Makes commands of the product, or of the client with this appName, fail on every running node. `off` ends that and
   * returns how many commands failed on all nodes. A restarted node loses the failpoint and its count.
   */
  failCommand(options: FailCommandOptions, appName?: string): Promise<{ off(): Promise<number> }>;
  /** The transaction counters of all nodes, each since the node last started. */
  transactions(): Promise<Transactions>;
  /**
   * Ends all nodes. Their data stay in the directory.
   * @throws Error with the last log lines of a node that had ended unexpectedly
   */
  stop(): Promise<void>;
}

export interface ReplicaSetOptions {
  readonly nodes: 1 | 3;
  /** The directory for the data of the nodes. */
  readonly directory: string;
  /** Whether a node can be cut off from the others. Everything then passes through proxies of this process. */
  readonly canBeCut?: boolean;
  readonly report?: Report;
}

/** The appName of src/storage/connect.ts. */
const PRODUCT_APP_NAME = 'auraledger';
/** With a shorter timeout, three nodes on two busy cores hold unprovoked elections. */
const ELECTION_TIMEOUT_MS = 10_000;
/** The limit for any wait. It allows for an election, a journal recovery and a busy machine. */
const DEADLINE_MS = 120_000;
const POLL_INTERVAL_MS = 20;
/** A write times out after this. It exposes a stale primary, which does not yet know that it was replaced. */
const WRITE_TIMEOUT_MS = 2_000;

/** Starts a replica set with failpoints enabled and a journal on disk, and waits until it has a primary. */
export async function startReplicaSet(options: ReplicaSetOptions): Promise<ReplicaSet> {
  const { nodes: count, directory, canBeCut = false, report } = options;
  const found = await findMongod({
    configured: process.env.MONGOD_BINARY ?? null,
    report: report ?? reportTo(process.stderr),
  });
  const nodes = await Promise.all(
    Array.from({ length: count }, async (_, position) => {
      const dbPath = path.join(directory, `node-${position}`);
      await mkdir(dbPath, { recursive: true });
      const port = await freePort();
      const link = canBeCut ? await startMemberLink(port) : null;
      return new RunningNode(found.path, dbPath, port, link);
    }),
  );
  const set = new RunningReplicaSet(nodes, directory);
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
  /** How the process ended without kill(); undefined if it did not. */
  unexpectedExit: string | undefined;
  readonly #client: mongoose.mongo.MongoClient;
  #mongod: MongodProcess;
  #paused: PausedProcess | undefined;

  constructor(
    readonly binary: string,
    readonly dbPath: string,
    readonly port: number,
    readonly link: MemberLink | null,
  ) {
    this.host = `${ADDRESS}:${link?.port ?? port}`;
    this.#mongod = this.#launch();
    this.#client = new mongoose.mongo.MongoClient(`mongodb://${ADDRESS}:${port}/?directConnection=true`, {
      appName: 'faults',
      serverSelectionTimeoutMS: 2_000,
      // With the default of ten seconds, the client would notice the loss of a primary too late.
      heartbeatFrequencyMS: 500,
      // A paused node never responds.
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
      this.unexpectedExit = `${this.host}: ${how}\n${mongod.log.slice(-20).join('\n')}`;
    });
    return mongod;
  }

  async waitUntilListening(): Promise<void> {
    const outcome = await this.#mongod.waitUntilListening(() => {});
    if (outcome !== 'listening') throw new Error(`${this.host} ended with ${outcome}: ${this.#mongod.log.join('\n')}`);
  }

  async kill(): Promise<void> {
    this.#paused?.forget();
    this.state = 'killed';
    this.#mongod.kill();
    await this.#mongod.stop();
  }

  async restart(): Promise<void> {
    if (this.state !== 'killed') throw new Error(`${this.host} is ${this.state}`);
    this.#mongod = this.#launch();
    this.state = 'running';
    await this.waitUntilListening();
  }

  pause(): void {
    this.#assertAlive();
    this.#paused = pauseProcess(this.pid);
    this.state = 'paused';
  }

  resume(): void {
    this.#assertAlive();
    this.#paused?.resume();
    this.state = 'running';
  }

  /** Never signal an ended process: its pid may already belong to another process. */
  #assertAlive(): void {
    if (this.state === 'killed') throw new Error(`${this.host} is killed`);
  }

  command(command: mongoose.mongo.Document, database = 'admin'): Promise<mongoose.mongo.Document> {
    return this.#client.db(database).command(command);
  }

  async waitUntilEnded(): Promise<void> {
    await this.#mongod.ended;
    this.unexpectedExit = undefined;
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.link?.close();
  }
}

class RunningReplicaSet implements ReplicaSet {
  #firstTerm = 0;

  constructor(
    readonly nodes: readonly RunningNode[],
    readonly directory: string,
  ) {}

  async start(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.waitUntilListening()));
    const members = this.nodes.map(({ host }, _id) => ({ _id, host }));
    await this.nodes[0]!.command({
      replSetInitiate: { _id: REPLICA_SET, members, settings: { electionTimeoutMillis: ELECTION_TIMEOUT_MS } },
    });
    // Without this, the set would wait for the election timeout before its first election.
    if (members.length > 1) await this.#retryUntil('election', () => this.nodes[0]!.command({ replSetStepUp: 1 }));
    await this.waitUntilSettled();
    this.#firstTerm = await this.#term();
  }

  uri(database: string): string {
    return `mongodb://${this.nodes.map(({ host }) => host).join(',')}/${database}?replicaSet=${REPLICA_SET}`;
  }

  primary(): Promise<RunningNode> {
    return this.#retryUntil('primary', async () => {
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
    return this.#nodeOf(node).kill();
  }

  restart(node: Node): Promise<void> {
    return this.#nodeOf(node).restart();
  }

  pause(node: Node): void {
    this.#nodeOf(node).pause();
  }

  resume(node: Node): void {
    this.#nodeOf(node).resume();
  }

  waitUntilEnded(node: Node): Promise<void> {
    return this.#nodeOf(node).waitUntilEnded();
  }

  cutOff(node: Node): void {
    for (const each of this.nodes) {
      if (!each.link) throw new Error('the set was started without links that can be cut');
      each.link.cut(each.host === node.host ? 'all members' : node.host);
    }
  }

  reconnect(): void {
    for (const { link } of this.nodes) link?.reconnect();
  }

  async stepUp(node: Node): Promise<void> {
    await this.#retryUntil('step-up', () => this.#nodeOf(node).command({ replSetStepUp: 1 }));
  }

  async isPrimary(node: Node): Promise<boolean> {
    return (await this.#nodeOf(node).command({ hello: 1 })).isWritablePrimary;
  }

  async rollbacks(node: Node): Promise<number> {
    return (await this.#nodeOf(node).command({ replSetGetRBID: 1 })).rbid;
  }

  async stallDisk(node: Node): Promise<void> {
    await this.#nodeOf(node).command({ configureFailPoint: 'pauseJournalFlusherBeforeFlush', mode: 'alwaysOn' });
  }

  async resumeDisk(node: Node): Promise<void> {
    await this.#nodeOf(node).command({ configureFailPoint: 'pauseJournalFlusherBeforeFlush', mode: 'off' });
  }

  async hasPendingWrites(node: Node): Promise<boolean> {
    const { opTime, majorityOpTime } = (await this.#nodeOf(node).command({ hello: 1 })).lastWrite;
    return opTime.ts.greaterThan(majorityOpTime.ts);
  }

  async stepDown(): Promise<void> {
    const command =
      this.nodes.length === 1
        ? { replSetStepDown: 1, force: true }
        : { replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 };
    await this.#retryUntil('step-down', async () => (await this.primary()).command(command));
  }

  async elections(): Promise<number> {
    return (await this.#term()) - this.#firstTerm;
  }

  async waitUntilWritable(): Promise<number> {
    const started = performance.now();
    await this.#retryUntil('write', async () => {
      const insert = { insert: 'writes', documents: [{}], writeConcern: { w: 'majority', wtimeout: WRITE_TIMEOUT_MS } };
      const { writeConcernError } = await (await this.primary()).command(insert, 'faults');
      return writeConcernError === undefined ? true : undefined;
    });
    return performance.now() - started;
  }

  async waitUntilSettled(): Promise<void> {
    await this.#retryUntil('whole set', async () => {
      const primary = (await this.primary()).host;
      const { majorityOpTime } = (await this.#nodeOf({ host: primary }).command({ hello: 1 })).lastWrite;
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

  async failCommand(options: FailCommandOptions, appName = PRODUCT_APP_NAME): Promise<{ off(): Promise<number> }> {
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
    const deaths = this.nodes.flatMap(({ unexpectedExit }) => unexpectedExit ?? []);
    if (deaths.length > 0) throw new Error(`a mongod ended unexpectedly: ${deaths.join('\n')}`);
  }

  #running(): RunningNode[] {
    return this.nodes.filter(({ state }) => state === 'running');
  }

  #nodeOf({ host }: Pick<Node, 'host'>): RunningNode {
    const own = this.nodes.find((node) => node.host === host);
    if (!own) throw new Error(`${host} is not a node of this set`);
    return own;
  }

  async #term(): Promise<number> {
    const { term } = await (await this.primary()).command({ replSetGetStatus: 1 });
    return Number(term);
  }

  /** Retries `attempt`, errors included, until it returns something other than undefined. */
  async #retryUntil<Result>(what: string, attempt: () => Promise<Result | undefined>): Promise<Result> {
    const deadline = performance.now() + DEADLINE_MS;
    let failure: unknown = 'no error';
    while (performance.now() < deadline) {
      try {
        const result = await attempt();
        if (result !== undefined) return result;
      } catch (error) {
        failure = error;
      }
      await sleep(POLL_INTERVAL_MS);
    }
    const states = this.nodes.map(({ host, state, unexpectedExit }) => `${host} ${unexpectedExit ?? state}`).join(', ');
    throw new Error(`no ${what} within ${DEADLINE_MS / 1000} s (${failure}); nodes: ${states}`);
  }
}
