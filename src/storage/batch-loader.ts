import DataLoader from 'dataloader';

/** A loader. Keys that are objects need a `CacheKey`, by which equal keys are recognized. */
export type BatchLoader<Key, Value, CacheKey = Key> = DataLoader<Key, Value, CacheKey>;

/** Maximum number of keys in one command. MongoDB looks up a list of this length in an index within milliseconds. */
const MAX_BATCH_KEYS = 1_000;

/** More keys of one request are read with a command of their own, which delays nobody else. */
const MAX_SHARED_KEYS = 32;

/**
 * Lets requests share commands: what several of them ask for in the same turn of the event loop is read once, with one
 * command. Nothing is kept. If the command fails, it fails for all of them.
 * @param load reads the values of different keys
 * @param cacheKeyFn tells equal keys from different ones
 */
export function shared<Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  cacheKeyFn: (key: Key) => string,
): (keys: readonly Key[]) => Promise<readonly Value[]> {
  const together = new DataLoader(
    async (keys: readonly Key[]) => {
      const different = [...new Map(keys.map((key) => [cacheKeyFn(key), key]))];
      const values = await load(different.map(([, key]) => key));
      const found = new Map(different.map(([cacheKey], position) => [cacheKey, values[position]!]));
      return keys.map((key) => found.get(cacheKeyFn(key))!);
    },
    { cache: false, maxBatchSize: MAX_BATCH_KEYS },
  );
  return (keys) => (keys.length > MAX_SHARED_KEYS ? load(keys) : Promise.all(keys.map((key) => together.load(key))));
}

/**
 * Creates a loader of one request. No other code creates one.
 * @param signal once it is aborted, the loader reads nothing more and throws the signal's reason
 */
export function createBatchLoader<Key, Value, CacheKey = Key>(
  signal: AbortSignal,
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
  cacheKeyFn?: (key: Key) => CacheKey,
): BatchLoader<Key, Value, CacheKey> {
  const loadUnlessAborted = async (keys: readonly Key[]) => {
    signal.throwIfAborted();
    return load(keys);
  };
  return new DataLoader(loadUnlessAborted, { maxBatchSize: MAX_BATCH_KEYS, ...(cacheKeyFn && { cacheKeyFn }) });
}
