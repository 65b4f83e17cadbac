import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type ReplicaSet, startReplicaSet } from './replica-set.js';

/** The replica sets that rows share, each started when the first row asks for it. */
export class Sets {
  readonly #started = new Map<number, Promise<ReplicaSet>>();
  readonly #directories: string[] = [];

  of(nodes: 1 | 3): Promise<ReplicaSet> {
    const started = this.#started.get(nodes) ?? this.#start(nodes);
    this.#started.set(nodes, started);
    return started;
  }

  async #start(nodes: 1 | 3): Promise<ReplicaSet> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-faults-'));
    this.#directories.push(directory);
    return startReplicaSet({ nodes, directory });
  }

  /** Whoever asks for it next gets a new one: of this one nobody knows what state it is in. */
  async discard(nodes: 1 | 3): Promise<void> {
    const set = this.#started.get(nodes);
    this.#started.delete(nodes);
    await set?.then((each) => each.stop()).catch(() => {});
  }

  /** Nothing of them is left. */
  async stop(): Promise<void> {
    try {
      await Promise.all([...this.#started.values()].map(async (set) => (await set).stop()));
    } finally {
      await Promise.all(this.#directories.map((directory) => rm(directory, { recursive: true, force: true })));
    }
  }
}
