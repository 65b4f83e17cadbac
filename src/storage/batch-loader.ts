import DataLoader from 'dataloader';
import { groupBy } from '../group-by.js';

/** A loader. Keys that are objects need a `CacheKey`, by which equal keys are recognized. */
export type BatchLoader<Key, Value, CacheKey = Key> = DataLoader<Key, Value, CacheKey>;

/** Maximum number of keys in one command. MongoDB looks up a list of this length in an index within milliseconds. */
const MAX_BATCH_KEYS = 1_000;

/** More keys of one request are read with a command of their own, which delays nobody else. */
const MAX_SHARED_KEYS = 32;

type Load<Key, Value> = (keys: readonly Key[]) => Promise<readonly Value[]>;

/** What one command will read. Until the turn of the event loop ends, requests add keys. */
interface Batch<Key, Value> {
  readonly keys: Map<string, Key>;
  readonly values: Promise<ReadonlyMap<string, Value>>;
}

/**
 * Lets requests share commands: what several of them ask for in the same turn of the event loop is read once, with one
 * command for each group of keys. Nothing is kept. If a command fails, it fails for those that asked for its keys.
 * @param load reads the values of different keys of one group
 * @param keyOf tells equal keys from different ones
 * @param groupOf tells which keys one command can read
 */
export function shared<Key, Value>(
  load: Load<Key, Value>,
  keyOf: (key: Key) => string,
  groupOf: (key: Key) => string = () => '',
): Load<Key, Value> {
  const batches = new Map<string, Batch<Key, Value>>();

  function beginBatch(group: string): Batch<Key, Value> {
    const keys = new Map<string, Key>();
    const read = async () => {
      await endOfTurn();
      batches.delete(group);
      const values = await load([...keys.values()]);
      return new Map([...keys.keys()].map((key, position) => [key, values[position]!]));
    };
    const batch = { keys, values: read() };
    batches.set(group, batch);
    return batch;
  }

  function loadTogether(key: Key): Promise<Value> {
    const [group, ownKey] = [groupOf(key), keyOf(key)];
    const begun = batches.get(group);
    const { keys, values } = begun && begun.keys.size < MAX_BATCH_KEYS ? begun : beginBatch(group);
    keys.set(ownKey, key);
    return values.then((found) => found.get(ownKey)!);
  }

  return (asked) =>
    asked.length > MAX_SHARED_KEYS ? loadInGroups(asked, groupOf, load) : Promise.all(asked.map(loadTogether));
}

/** Resolves when all promises that can settle in this turn of the event loop have settled, as DataLoader does. */
function endOfTurn(): Promise<void> {
  return new Promise((resolve) => Promise.resolve().then(() => process.nextTick(resolve)));
}

/** Groups the keys, loads each group with one call, and returns the values in the order of the keys. */
export async function loadInGroups<Key, Value>(
  keys: readonly Key[],
  groupOf: (key: Key) => string,
  load: Load<Key, Value>,
): Promise<Value[]> {
  const values = new Map<Key, Value>();
  await Promise.all(
    [...groupBy(keys, groupOf).values()].map(async (group) => {
      const loaded = await load(group);
      group.forEach((key, position) => values.set(key, loaded[position]!));
    }),
  );
  return keys.map((key) => values.get(key)!);
}

/**
 * Creates a loader of one request. No other code creates one.
 * @param signal once it is aborted, the loader reads nothing more and throws the signal's reason
 */
export function createBatchLoader<Key, Value, CacheKey = Key>(
  signal: AbortSignal,
  load: Load<Key, Value>,
  cacheKeyFn?: (key: Key) => CacheKey,
): BatchLoader<Key, Value, CacheKey> {
  const loadUnlessAborted = async (keys: readonly Key[]) => {
    signal.throwIfAborted();
    return load(keys);
  };
  return new DataLoader(loadUnlessAborted, { maxBatchSize: MAX_BATCH_KEYS, ...(cacheKeyFn && { cacheKeyFn }) });
}
