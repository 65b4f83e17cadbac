import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type ReplicaSet, startReplicaSet } from './replica-set.js';

/** Replica sets that the scenarios share. Each set starts when the first scenario requests it. */
export class ReplicaSetPool {
  readonly #started = new Map<number, Promise<ReplicaSet>>();
  readonly #directories: string[] = [];

  get(nodes: 1 | 3): Promise<ReplicaSet> {
    const started = this.#started.get(nodes) ?? this.#start(nodes);
    this.#started.set(nodes, started);
    return started;
  }

  async #start(nodes: 1 | 3): Promise<ReplicaSet> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-faults-'));
    this.#directories.push(directory);
    return startReplicaSet({ nodes, directory });
  }

  /** Stops a set whose state is unknown. The next request for one of this size starts a new set. */
  async discard(nodes: 1 | 3): Promise<void> {
    const set = this.#started.get(nodes);
    this.#started.delete(nodes);
    await set?.then((each) => each.stop()).catch(() => {});
  }

  /** Stops all sets and deletes their data. */
  async stop(): Promise<void> {
    try {
      await Promise.all([...this.#started.values()].map(async (set) => (await set).stop()));
    } finally {
      await Promise.all(this.#directories.map((directory) => rm(directory, { recursive: true, force: true })));
    }
  }
}
