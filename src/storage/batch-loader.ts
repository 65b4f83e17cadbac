import DataLoader from 'dataloader';

/** A loader. Keys that are objects need a `CacheKey`, by which equal keys are recognized. */
export type BatchLoader<Key, Value, CacheKey = Key> = DataLoader<Key, Value, CacheKey>;

/** Maximum number of keys in one command. MongoDB looks up a list of this length in an index within milliseconds. */
const MAX_BATCH_KEYS = 1_000;

/**
 * Creates a loader. No other code creates one.
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
