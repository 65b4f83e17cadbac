import { setTimeout as sleep } from 'node:timers/promises';
import DataLoader from 'dataloader';

/** The pause after a read that failed: about as long as an election takes to come to something. Milliseconds. */
const PAUSE_MS = 500;

/**
 * Makes a read of many keys one that takes a single key. Keys that arrive while a read is on its way go together with
 * the next one: however many ask at once, it is a handful of commands. A read that fails is sent again, since the
 * subscriptions outlive an election.
 * @param most keys of one read
 * @param isOver whether nobody waits any more
 */
export function inBatches<Key, Value>(
  most: number,
  isOver: () => boolean,
  readMany: (keys: readonly Key[]) => Promise<readonly Value[]>,
): (key: Key) => Promise<Value> {
  let underWay: Promise<unknown> = Promise.resolve();

  async function readUntilAnswered(keys: readonly Key[]): Promise<readonly Value[]> {
    for (;;) {
      try {
        return await readMany(keys);
      } catch (error) {
        if (isOver()) throw error;
        await sleep(PAUSE_MS, undefined, { ref: false });
      }
    }
  }

  const loader = new DataLoader<Key, Value>(
    (keys) => {
      const read = readUntilAnswered(keys);
      underWay = read.catch(() => {});
      return read;
    },
    { cache: false, maxBatchSize: most, batchScheduleFn: (send) => void underWay.then(() => setImmediate(send)) },
  );
  return (key) => loader.load(key);
}
