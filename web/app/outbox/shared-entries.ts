/** The stored entries, and what this tab knows of them. */
import { promisifyRequest, type UseStore } from 'idb-keyval';
import type { Entry } from './entry';

export function createListeners() {
  const listeners = new Set<() => void>();
  return {
    add(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    call(): void {
      for (const listener of [...listeners]) listener();
    },
  };
}

/** @param tellOthers called after each change by this tab; the others then call `read` */
export function sharedEntries(database: UseStore, tellOthers: () => void) {
  const listeners = createListeners();
  let known: readonly Entry[] | null = null;
  /** The last read that began: an earlier one that ends later brings old entries. */
  let lastRead = 0;

  /** All entries as they are stored now, the oldest first. */
  const entries = async (): Promise<readonly Entry[]> =>
    sorted(await database('readonly', (store) => promisifyRequest<Entry[]>(store.getAll())));

  /** Where the browser cannot read, what is known stays; at first that is nothing, so that a click can be tried. */
  async function read(): Promise<void> {
    lastRead += 1;
    const thisRead = lastRead;
    const all = await entries().catch(() => known ?? []);
    if (thisRead !== lastRead) return;
    known = all;
    listeners.call();
  }

  /** Reads and writes in one transaction, and then tells this tab and the others. */
  async function change<Value>(work: (entries: readonly Entry[], store: IDBObjectStore) => Value): Promise<Value> {
    const value = await database('readwrite', async (store) => {
      // A write counts when its transaction has been committed.
      const done = promisifyRequest(store.transaction);
      try {
        const result = work(await promisifyRequest<Entry[]>(store.getAll()), store);
        // Without this, the commit waits for an answer to the page, which may be gone by then.
        store.transaction.commit();
        await done;
        return result;
      } catch (error) {
        done.catch(() => {});
        abort(store.transaction);
        throw error;
      }
    });
    tellOthers();
    await read();
    return value;
  }

  return { entries, read, change, subscribe: listeners.add, snapshot: () => known };
}

export const sequenceOf = ({ sequence = 0 }: Entry): number => sequence;

const sorted = (entries: readonly Entry[]): readonly Entry[] =>
  [...entries].sort((one, other) => sequenceOf(one) - sequenceOf(other));

/** Half of a change is not stored. */
function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}
