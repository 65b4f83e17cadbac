/** What a row plays on: a database of its own, servers of the product, a school, clients, and the judgement at the end. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { randomNumbers } from '../../../src/cli/scale-school.js';
import { project } from '../../architecture/project-copy.js';
import { check, type Stored, type Tally, tally, type Violation } from '../checker.js';
import { Clients, type ClientsOptions } from '../client.js';
import { type ProductServer, type ProductServerOptions, startProductServer } from '../product-server.js';
import { answersIn, type Try } from '../record.js';
import type { ReplicaSet } from '../replica-set.js';
import { prepareSchool, readStored, type School, type SchoolOptions } from '../school.js';
import type { Outcome, Row, Scale } from './row.js';

export interface StageOptions {
  readonly set: ReplicaSet;
  /** The project, or a copy of it with a bug planted: where the servers come from. */
  readonly root: string;
  readonly scale: Scale;
  readonly seed: number;
  /** After so long clients begin nothing more and repeat nothing; absent: they go on. Milliseconds. */
  readonly endsAfterMs?: number;
  /** Told now and then how far the row is. */
  readonly report: (words: string) => void;
}

export interface RowReport extends Omit<Outcome, 'longestRecoveryMs'>, Tally {
  readonly row: Row;
  readonly violations: readonly Violation[];
  readonly longestRecoveryMs: number | null;
  /** Held by the replica set meanwhile. */
  readonly elections: number;
  readonly seconds: number;
  /** No promise was broken, and the fault fired as often as it was to. */
  readonly isGreen: boolean;
}

/** A command that a server waits for. */
export interface UnderWay {
  /** Whether it names this id. */
  readonly concerns: (id: string) => boolean;
  /** How many documents it updates. */
  readonly updates: number;
}

/** How long a request is repeated: longer than an election, or a dead server's hold on a student. Milliseconds. */
const RESOLVES_WITHIN_MS = { quick: 30_000, full: 120_000 };

/** Somebody must be paid again this soon after a fault, where its row does not say otherwise. Milliseconds. */
const RECOVERS_WITHIN_MS = 15_000;

/** All that a row needs, with an end to all that it starts. */
export class Stage {
  readonly set: ReplicaSet;
  readonly scale: Scale;
  readonly random: () => number;
  readonly report: (words: string) => void;
  readonly db: mongoose.mongo.Db;
  /** All that run, in the order in which they were first started. */
  readonly servers: ProductServer[] = [];
  readonly #root: string;
  readonly #endsAfterMs: number | undefined;
  readonly #client: mongoose.mongo.MongoClient;
  readonly #clients: Clients[] = [];
  readonly #closers: (() => Promise<void>)[] = [];

  constructor({ set, root, scale, seed, endsAfterMs, report }: StageOptions) {
    this.set = set;
    this.scale = scale;
    this.random = randomNumbers(seed);
    this.report = report;
    this.#root = root;
    this.#endsAfterMs = endsAfterMs;
    this.#client = new mongoose.mongo.MongoClient(set.uri('admin'), { appName: 'faults' });
    this.db = this.#client.db(`faults_${process.pid}_${Math.random().toString(36).slice(2, 10)}`);
  }

  /** The number of this scale. */
  size(sizes: Record<Scale, number>): number {
    return sizes[this.scale];
  }

  get uri(): string {
    return this.set.uri(this.db.databaseName);
  }

  /** Starts servers side by side; they are stopped when the row has ended. */
  async startServers(count: number, options: Partial<ProductServerOptions> = {}): Promise<readonly ProductServer[]> {
    const started = await Promise.all(
      Array.from({ length: count }, () => startProductServer({ root: this.#root, uri: this.uri, ...options })),
    );
    this.servers.push(...started);
    return started;
  }

  /** Starts one that has ended again, at its address. */
  async restart(server: ProductServer, options: Partial<ProductServerOptions> = {}): Promise<ProductServer> {
    const again = await startProductServer({ root: this.#root, uri: this.uri, ...options, port: server.port });
    this.servers[this.servers.indexOf(server)] = again;
    return again;
  }

  school(options: SchoolOptions): Promise<School> {
    return prepareSchool(this.db, options);
  }

  clients(options: Omit<ClientsOptions, 'resolvesWithinMs'> & { resolvesWithinMs?: number }): Clients {
    const clients = new Clients({ resolvesWithinMs: this.size(RESOLVES_WITHIN_MS), ...options });
    this.#clients.push(clients);
    if (this.#endsAfterMs !== undefined) setTimeout(() => clients.end(), this.#endsAfterMs).unref();
    return clients;
  }

  /** Runs when the row has ended, the last that was added first. */
  atEnd(closer: () => Promise<void>): void {
    this.#closers.push(closer);
  }

  get tries(): Try[] {
    return this.#clients.flatMap(({ tries }) => tries);
  }

  stored(): Promise<Stored> {
    return readStored(this.db);
  }

  /** The commands of the product that are under way on this database, those that a failpoint holds back for example. */
  async underWay(): Promise<UnderWay[]> {
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

  /** Stops all that the row has started. @returns the servers that did not end as they should */
  async close(): Promise<string[]> {
    for (const clients of this.#clients) {
      clients.end();
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

  async leave(): Promise<void> {
    await this.db.dropDatabase();
    await this.#client.close();
  }
}

/** Plays a row, and judges it by its clients' record, the database and `verify-ledger`. */
export async function play(row: Row, options: StageOptions): Promise<RowReport> {
  const startedAt = performance.now();
  const electionsBefore = await options.set.elections();
  const stage = new Stage(options);
  try {
    const outcome = await row.run(stage);
    options.report('checking');
    // What they have begun is finished by then, also for clients that are gone.
    const misdeeds = await stage.close();
    const { tries } = stage;
    const stored = await stage.stored();
    const recovered = recoveries(tries, outcome.faultsAt ?? []);
    const longestRecoveryMs = outcome.longestRecoveryMs ?? (recovered.length > 0 ? Math.max(...recovered) : null);
    const violations = [
      ...check(tries, stored),
      ...(outcome.violations ?? []),
      ...(await verifyLedger(stage.uri)),
      ...(options.scale === 'full' ? slowRecoveries(recovered, outcome.recoversWithinMs) : []),
    ];
    return {
      row,
      ...outcome,
      ...tally(tries, stored),
      notes: [`answers: ${answersIn(tries)}`, ...(outcome.notes ?? []), ...misdeeds],
      violations,
      longestRecoveryMs,
      elections: (await options.set.elections()) - electionsBefore,
      seconds: (performance.now() - startedAt) / 1_000,
      isGreen: violations.length === 0 && outcome.fired >= outcome.asked && misdeeds.length === 0,
    };
  } finally {
    await stage.close().catch(() => {});
    await stage.leave();
  }
}

/** How long it took after each fault until somebody was paid who had asked after it, if there was anybody left. Milliseconds. */
export function recoveries(tries: readonly Try[], faultsAt: readonly number[]): number[] {
  const paid = tries.filter(({ told }) => told.kind === 'granted' && !told.replayed);
  return faultsAt.flatMap((at) => {
    const after = paid.filter(({ sentAt }) => sentAt >= at).map(({ endedAt }) => endedAt - at);
    return after.length === 0 ? [] : after.reduce((least, each) => Math.min(least, each));
  });
}

function slowRecoveries(recovered: readonly number[], withinMs = RECOVERS_WITHIN_MS): Violation[] {
  return recovered
    .filter((each) => each > withinMs)
    .map((each) => ({
      invariant: 'recovers-in-time' as const,
      text: `nobody was paid for ${(each / 1_000).toFixed(1)} s after a fault`,
    }));
}

/** What the verifier says of the database: nothing where it is exact. @throws Error where it could not run */
export function verifyLedger(uri: string): Promise<Violation[]> {
  const args = ['--import', './scripts/typescript.mjs', 'src/cli/verify-ledger.ts', '--json'];
  const options = { cwd: project, env: { ...process.env, MONGODB_URI: uri }, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) resolve([]);
      else if (error.code === 1 && stdout !== '')
        resolve([{ invariant: 'ledger-exact', text: stdout.slice(0, 2_000) }]);
      else reject(new Error(`verify-ledger could not run: ${stderr}${stdout}`));
    });
  });
}

/** Looks again and again until there is something. @throws Error where there is nothing within a minute */
export async function until<Found>(what: string, look: () => Found | Promise<Found>): Promise<NonNullable<Found>> {
  const giveUpAt = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within a minute`);
    await sleep(2);
  }
}
