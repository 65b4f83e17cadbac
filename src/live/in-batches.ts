import { setTimeout as sleep } from 'node:timers/promises';
import DataLoader from 'dataloader';

/** Pause after a failed read, in milliseconds. An election takes some seconds. */
const PAUSE_MS = 500;

/**
 * Turns a read of many keys into a read of one key. Keys that arrive while a read is in flight wait for the next one, so
 * a thousand callers at once send only a few commands. A failed read is repeated, because a subscription outlives an
 * election.
 * @param most maximum number of keys in one read
 * @param isOver whether the feed has stopped
 * @param onFailed receives the error of each failed read that is repeated
 */
export function inBatches<Key, Value>(
  most: number,
  isOver: () => boolean,
  onFailed: (error: unknown) => void,
  readMany: (keys: readonly Key[]) => Promise<readonly Value[]>,
): (key: Key) => Promise<Value> {
  let underWay: Promise<unknown> = Promise.resolve();

  async function readUntilAnswered(keys: readonly Key[]): Promise<readonly Value[]> {
    for (;;) {
      try {
        return await readMany(keys);
      } catch (error) {
        if (isOver()) throw error;
        onFailed(error);
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
