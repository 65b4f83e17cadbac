/** Runs a scenario: gives it a database, servers, a school and clients, and checks the results at the end. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { verifyDatabase } from '../../../src/audit/verify-database.js';
import { randomNumbers } from '../../../src/cli/scale-school.js';
import { connect, disconnect } from '../../../src/storage/connect.js';
import { project } from '../../architecture/project-copy.js';
import { builtServer } from '../../support/built-server.js';
import { check, type Stored, type Tally, tally, type Violation } from '../checker.js';
import { Clients, type ClientsOptions } from '../client.js';
import { type ProductServer, type ProductServerOptions, startProductServer } from '../product-server.js';
import { type Attempt, type LogicalRequest, summarizeResults } from '../record.js';
import type { ReplicaSet } from '../replica-set.js';
import { prepareSchool, readStored, type School, type SchoolOptions } from '../school.js';
import { workloadOf } from '../workload.js';
import type { Scale, Scenario, ScenarioOutcome } from './scenario.js';

export interface ScenarioOptions {
  readonly set: ReplicaSet;
  /** The directory that the servers run from: the project, or a copy with a planted bug. */
  readonly root: string;
  readonly scale: Scale;
  readonly seed: number;
  /** When the clients stop sending and retrying. By default they continue until the scenario ends. */
  readonly stopClientsAfterMs?: number;
  /** Receives progress messages. */
  readonly report: (message: string) => void;
}

export interface ScenarioReport extends Omit<ScenarioOutcome, 'longestRecoveryMs'>, Tally {
  readonly scenario: Scenario;
  readonly violations: readonly Violation[];
  readonly longestRecoveryMs: number | null;
  /** The elections that the replica set held during the scenario. */
  readonly elections: number;
  readonly seconds: number;
  /** No invariant was broken, the fault fired often enough, and all servers shut down cleanly. */
  readonly passed: boolean;
}

/** A database command that is in progress. */
export interface RunningCommand {
  /** Whether the command contains this id. */
  readonly concerns: (id: string) => boolean;
  /** The number of update statements in the command. */
  readonly updates: number;
}

/**
 * How long clients retry a request: longer than an election, and longer than a dead server's transaction locks a
 * student.
 */
const RETRY_FOR_MS = { quick: 30_000, full: 120_000 };

/** The default limit for the time between a fault and the next reward. */
const RECOVERY_LIMIT_MS = 15_000;

/** Everything that a scenario needs. Closing it stops all that it started. */
export class ScenarioContext {
  readonly set: ReplicaSet;
  readonly scale: Scale;
  readonly random: () => number;
  readonly report: (message: string) => void;
  db: mongoose.mongo.Db;
  /** The servers, in the order in which they were first started. A restarted server keeps its place. */
  readonly servers: ProductServer[] = [];
  readonly #root: string;
  readonly #endsAfterMs: number | undefined;
  #client: mongoose.mongo.MongoClient;
  /** By default a database on the replica set. */
  #otherUri: string | undefined;
  readonly #clients: Clients[] = [];
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #droppers: (() => Promise<void>)[] = [];
  /** What the servers logged as errors. */
  readonly loggedErrors: string[] = [];

  constructor({ set, root, scale, seed, stopClientsAfterMs, report }: ScenarioOptions) {
    this.set = set;
    this.scale = scale;
    this.random = randomNumbers(seed);
    this.report = report;
    this.#root = root;
    this.#endsAfterMs = stopClientsAfterMs;
    this.#client = new mongoose.mongo.MongoClient(set.uri('admin'), { appName: 'faults' });
    this.db = this.#client.db(`faults_${process.pid}_${Math.random().toString(36).slice(2, 10)}`);
  }

  /** @returns the size for the scale of this run */
  forScale(sizes: Record<Scale, number>): number {
    return sizes[this.scale];
  }

  get uri(): string {
    return this.#otherUri ?? this.set.uri(this.db.databaseName);
  }

  /** From now on, the scenario's database is the one of this URI, and it is this one that is checked at the end. */
  async moveTo(uri: string): Promise<void> {
    await this.#client.close();
    this.#otherUri = uri;
    this.#client = new mongoose.mongo.MongoClient(uri, { appName: 'faults' });
    this.db = this.#client.db();
  }

  get #serverOptions(): ProductServerOptions {
    return { root: this.#root, uri: this.uri, onError: (line) => this.loggedErrors.push(line) };
  }

  /** Starts servers in parallel. They are stopped when the scenario ends. */
  async startServers(count: number, options: Partial<ProductServerOptions> = {}): Promise<readonly ProductServer[]> {
    const started = await Promise.all(
      Array.from({ length: count }, () => startProductServer({ ...this.#serverOptions, ...options })),
    );
    this.servers.push(...started);
    return started;
  }

  /** Restarts an ended server at its address. */
  async restart(server: ProductServer, options: Partial<ProductServerOptions> = {}): Promise<ProductServer> {
    const again = await startProductServer({ ...this.#serverOptions, ...options, port: server.port });
    this.servers[this.servers.indexOf(server)] = again;
    return again;
  }

  school(options: SchoolOptions): Promise<School> {
    return prepareSchool(this.db, options);
  }

  /** Creates a school and a workload for it, with 30 % duplicates. */
  async workload(sizes: Record<'students' | 'grants', Record<Scale, number>>): Promise<LogicalRequest[]> {
    const students = this.forScale(sizes.students);
    const grants = this.forScale(sizes.grants);
    const school = await this.school({ students, assignments: Math.ceil(grants / students) + 2 });
    return workloadOf({ school, grants, duplicateShare: 0.3, random: this.random });
  }

  clients(options: Omit<ClientsOptions, 'retryForMs'> & { retryForMs?: number }): Clients {
    const clients = new Clients({ retryForMs: this.forScale(RETRY_FOR_MS), ...options });
    this.#clients.push(clients);
    if (this.#endsAfterMs !== undefined) setTimeout(() => clients.stop(), this.#endsAfterMs).unref();
    return clients;
  }

  /** Registers a function that runs when the scenario ends. The last registered function runs first. */
  onClose(closer: () => Promise<void>): void {
    this.#closers.push(closer);
  }

  /** Registers a function that runs when everything was checked. The last registered function runs first. */
  onDropDatabase(dropper: () => Promise<void>): void {
    this.#droppers.push(dropper);
  }

  get attempts(): Attempt[] {
    return this.#clients.flatMap(({ attempts }) => attempts);
  }

  stored(): Promise<Stored> {
    return readStored(this.db);
  }

  /** @returns the product's commands in progress on this database, including those that a failpoint blocks */
  async runningCommands(): Promise<RunningCommand[]> {
    const operations = await this.#client
      .db('admin')
      .aggregate([
        { $currentOp: { allUsers: true } },
        { $match: { active: true, appName: 'auraledger', 'command.$db': this.db.databaseName } },
      ])
      .toArray();
    return operations.map(({ command }) => {
      const text = JSON.stringify(command);
      return { concerns: (id) => text.includes(id), updates: command.updates?.length ?? 0 };
    });
  }

  /** Stops everything that the scenario started. @returns a message for each server that did not shut down cleanly */
  async close(): Promise<string[]> {
    for (const clients of this.#clients) {
      clients.stop();
      clients.close();
    }
    const ends = await Promise.all(
      this.servers.map(async (server) => {
        const { code, signal } = await server.terminate();
        return code === 0 ? [] : `${server.url} ended with ${code ?? signal}: ${server.lastLines.slice(-3).join(' ')}`;
      }),
    );
    while (this.#closers.length > 0) await this.#closers.pop()?.();
    return ends.flat();
  }

  async dropDatabase(): Promise<void> {
    try {
      if (this.#otherUri === undefined) await this.db.dropDatabase();
      await this.#client.close();
    } finally {
      while (this.#droppers.length > 0) await this.#droppers.pop()?.();
    }
  }
}

/** The first error tells most. Clients may have seen it as INTERNAL_SERVER_ERROR. */
const loggedErrorNote = (lines: readonly string[]): string[] =>
  lines.length > 0 ? [`the servers logged ${lines.length} errors, first: ${lines[0]}`] : [];

/** Runs a scenario, then checks its invariants by the clients' record, the database and `verify-ledger`. */
export async function runScenario(scenario: Scenario, options: ScenarioOptions): Promise<ScenarioReport> {
  const startedAt = performance.now();
  const electionsBefore = await options.set.elections();
  const context = new ScenarioContext(options);
  try {
    const outcome = await scenario.run(context);
    options.report('checking');
    // The servers complete their accepted requests before they end, even those of disconnected clients.
    const uncleanShutdowns = await context.close();
    const { attempts } = context;
    const stored = await context.stored();
    const recoveriesMs = recoveryTimesMs(attempts, outcome.faultsAt ?? []);
    const longestRecoveryMs = outcome.longestRecoveryMs ?? (recoveriesMs.length > 0 ? Math.max(...recoveriesMs) : null);
    const violations = [
      ...check(attempts, stored),
      ...(outcome.violations ?? []),
      ...(await (options.scale === 'full' ? verifyLedger : verifyHere)(context.uri)),
      ...(options.scale === 'full' ? recoveryViolations(recoveriesMs, outcome.recoveryLimitMs) : []),
    ];
    return {
      scenario,
      ...outcome,
      ...tally(attempts, stored),
      notes: [
        `results: ${summarizeResults(attempts)}`,
        ...(outcome.notes ?? []),
        ...loggedErrorNote(context.loggedErrors),
        ...uncleanShutdowns,
      ],
      violations,
      longestRecoveryMs,
      elections: (await options.set.elections()) - electionsBefore,
      seconds: (performance.now() - startedAt) / 1_000,
      passed: violations.length === 0 && outcome.fired >= outcome.required && uncleanShutdowns.length === 0,
    };
  } finally {
    await context.close().catch(() => {});
    await context.dropDatabase();
  }
}

/**
 * @returns for each fault, the milliseconds until the first reward for an attempt that was sent after it. A fault that
 * no such attempt follows is left out.
 */
export function recoveryTimesMs(attempts: readonly Attempt[], faultsAt: readonly number[]): number[] {
  const paid = attempts.filter(({ result }) => result.kind === 'granted' && !result.replayed);
  return faultsAt.flatMap((at) => {
    const delays = paid.filter(({ sentAt }) => sentAt >= at).map(({ endedAt }) => endedAt - at);
    return delays.length === 0 ? [] : delays.reduce((shortest, each) => Math.min(shortest, each));
  });
}

function recoveryViolations(recoveriesMs: readonly number[], limitMs = RECOVERY_LIMIT_MS): Violation[] {
  return recoveriesMs
    .filter((each) => each > limitMs)
    .map((each) => ({
      invariant: 'recovers-in-time' as const,
      text: `nobody was paid for ${(each / 1_000).toFixed(1)} s after a fault`,
    }));
}

/** So much of a drift is shown. Characters. */
const MAX_TEXT = 2_000;

/** @returns the drift that `verify-ledger` finds in the database, if any @throws Error if it could not run */
export function verifyLedger(uri: string): Promise<Violation[]> {
  const args = [builtServer(project, 'cli/verify-ledger.js'), '--json'];
  const options = { cwd: project, env: { ...process.env, MONGODB_URI: uri }, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) resolve([]);
      else if (error.code === 1 && stdout !== '')
        resolve([{ invariant: 'ledger-exact', text: stdout.slice(0, MAX_TEXT) }]);
      else reject(new Error(`verify-ledger could not run: ${stderr}${stdout}`));
    });
  });
}

/** The same in this process: to start another takes longer than to verify a small database. */
async function verifyHere(uri: string): Promise<Violation[]> {
  await connect(uri);
  try {
    const drifts: unknown[] = [];
    await verifyDatabase((drift) => void drifts.push(drift));
    return drifts.length === 0 ? [] : [{ invariant: 'ledger-exact', text: JSON.stringify(drifts).slice(0, MAX_TEXT) }];
  } finally {
    await disconnect();
  }
}

/** Polls `look` until it returns something truthy. @throws Error if that takes more than a minute */
export async function waitFor<Found>(what: string, look: () => Found | Promise<Found>): Promise<NonNullable<Found>> {
  const giveUpAt = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > giveUpAt) throw new Error(`waited a minute in vain: ${what}`);
    await sleep(2);
  }
}
