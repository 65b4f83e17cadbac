import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type ReplicaSet, startReplicaSet } from './replica-set.js';
import type { Scenario } from './scenarios/scenario.js';
import { type SmallDisk, startSmallDisk } from './small-disk.js';

/** What a scenario needs of its replica set. */
type Needs = Pick<Scenario, 'nodes' | 'special'>;

const keyOf = ({ nodes, special }: Needs): string => `${nodes} ${special ?? ''}`;

/** Replica sets that the scenarios share. Each set starts when the first scenario requests it. */
export class ReplicaSetPool {
  readonly #started = new Map<string, Promise<ReplicaSet>>();
  readonly #directories: string[] = [];
  readonly #disks: SmallDisk[] = [];

  get(needs: Needs): Promise<ReplicaSet> {
    const started = this.#started.get(keyOf(needs)) ?? this.#start(needs);
    this.#started.set(keyOf(needs), started);
    return started;
  }

  async #start({ nodes, special }: Needs): Promise<ReplicaSet> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-faults-'));
    this.#directories.push(directory);
    if (special !== 'a small disk') {
      return startReplicaSet({ nodes, directory, canBeCut: special === 'links that can be cut' });
    }
    const disk = await startSmallDisk(directory);
    this.#disks.push(disk);
    return startReplicaSet({ nodes, directory: disk.directory });
  }

  /** Stops a set whose state is unknown. The next request for one of this kind starts a new set. */
  async discard(needs: Needs): Promise<void> {
    const set = this.#started.get(keyOf(needs));
    this.#started.delete(keyOf(needs));
    await set?.then((each) => each.stop()).catch(() => {});
  }

  /** Stops all sets and deletes their data. */
  async stop(): Promise<void> {
    try {
      await Promise.all([...this.#started.values()].map(async (set) => (await set).stop()));
    } finally {
      for (const disk of this.#disks) disk.close();
      await Promise.all(this.#directories.map((directory) => rm(directory, { recursive: true, force: true })));
    }
  }
}
