/** The store of all requests that must reach the server, shared by the tabs of this browser. It knows no server. */
import type { UseStore } from 'idb-keyval';
import type { Entry, Outcome, Request } from './entry';

/** Tells the other tabs that something has changed: a BroadcastChannel. */
export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

export interface Outbox {
  /** What this tab knows of all accounts, the oldest first; null until it has been read. */
  snapshot(): readonly Entry[] | null;
  /** Called after each change, by whichever tab. */
  subscribe(listener: () => void): () => void;
  /**
   * Stores a request. While one with the same account and subject waits, that one stays and this one is not stored: so
   * a double click is one entry. An older one with an outcome makes room for it.
   * @returns the entry that waits now; @throws if the browser cannot store it
   */
  add(request: Request): Promise<Entry>;
  /** The account's entries, as they are stored now. */
  entriesOf(accountId: string): Promise<readonly Entry[]>;
  /** Counts a try, before it is sent. @returns null if the entry does not wait any more */
  begin(id: string): Promise<Entry | null>;
  /** The outcome of a try. An entry gets one once; a dropped one that the server has accepted after all gets it as well. */
  settle(id: string, outcome: SettledOutcome): Promise<void>;
  /** A refused or dropped request waits again, under its key. */
  retry(id: string): Promise<void>;
  /** The person gives a request up. */
  drop(id: string): Promise<void>;
  /** The person has seen the outcome. */
  dismiss(id: string): Promise<void>;
  /** Asks the sender, in whichever tab it is, to try at once: the person asks, or the network may be back. */
  hurry(): void;
  /** Called when any tab asks to hurry. */
  onHurry(listener: () => void): () => void;
}

export type SettledOutcome = Extract<Outcome, { kind: 'accepted' | 'refused' }>;

export interface OutboxOptions {
  readonly database: UseStore;
  readonly channel: Channel;
  /** The server's clock, in milliseconds since 1970. */
  readonly now: () => number;
  readonly newKey: () => string;
}

/** Accepted and dropped entries are of use for the person who looks again on the same day. Milliseconds. */
const KEPT_FOR_MS = 24 * 60 * 60_000;

export function createOutbox({ database, channel, now, newKey }: OutboxOptions): Outbox {
  const listeners = new Set<() => void>();
  const hurryListeners = new Set<() => void>();
  let entries: readonly Entry[] | null = null;
  /** The last read that began: an earlier one that ends later brings old entries. */
  let lastRead = 0;

  async function read(): Promise<void> {
    lastRead += 1;
    const thisRead = lastRead;
    const all = await database('readonly', (store) => resultOf<Entry[]>(store.getAll()));
    if (thisRead !== lastRead) return;
    entries = all.sort((one, other) => one.createdAt - other.createdAt);
    for (const listener of listeners) listener();
  }

  /** Reads and writes in one transaction, and then tells this tab and the others. */
  async function change<Value>(work: (entries: readonly Entry[], store: IDBObjectStore) => Value): Promise<Value> {
    const value = await database('readwrite', async (store) => {
      const done = committed(store.transaction);
      try {
        const result = work(await resultOf<Entry[]>(store.getAll()), store);
        await done;
        return result;
      } catch (error) {
        done.catch(() => {});
        abort(store.transaction);
        throw error;
      }
    });
    channel.postMessage('changed');
    await read();
    return value;
  }

  /** Gives an entry what `next` says; nothing if that is null or the entry is gone. @returns the entry as it was stored */
  const replace = (id: string, next: (entry: Entry) => Partial<Entry> | null): Promise<Entry | null> =>
    change((all, store) => {
      const entry = all.find((one) => one.id === id);
      const changes = entry ? next(entry) : null;
      if (!entry || !changes) return null;
      const stored = { ...entry, ...changes };
      store.put(stored, id);
      return stored;
    });

  const tellHurry = () => {
    for (const listener of hurryListeners) listener();
  };

  channel.onmessage = ({ data }) => {
    if (data === 'hurry') tellHurry();
    else read().catch(() => {});
  };
  read().catch(() => {});

  return {
    snapshot: () => entries,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add: ({ variables, ...request }) =>
      change((all, store) => {
        const others = all.filter(
          ({ accountId, subject }) => accountId === request.accountId && subject === request.subject,
        );
        const waiting = others.find(isWaiting);
        if (waiting) return waiting;
        for (const { id } of [...others, ...all.filter((entry) => isOver(entry, now()))]) store.delete(id);
        const id = newKey();
        const entry: Entry = {
          ...request,
          id,
          variables: variables(id),
          createdAt: now(),
          attempts: 0,
          outcome: { kind: 'waiting' },
        };
        store.put(entry, id);
        return entry;
      }),
    entriesOf: async (account) => {
      const all = await database('readonly', (store) => resultOf<Entry[]>(store.getAll()));
      return all
        .filter(({ accountId }) => accountId === account)
        .sort((one, other) => one.createdAt - other.createdAt);
    },
    begin: (id) => replace(id, (entry) => (isWaiting(entry) ? { attempts: entry.attempts + 1 } : null)),
    async settle(id, outcome) {
      await replace(id, (entry) => (takes(entry, outcome) ? { outcome } : null));
    },
    async retry(id) {
      await replace(id, ({ outcome: { kind } }) =>
        kind === 'refused' || kind === 'dropped' ? { outcome: { kind: 'waiting' } } : null,
      );
    },
    async drop(id) {
      await replace(id, ({ outcome: { kind } }) =>
        kind === 'waiting' || kind === 'refused' ? { outcome: { kind: 'dropped', at: now() } } : null,
      );
    },
    async dismiss(id) {
      await change((all, store) => {
        const entry = all.find((one) => one.id === id);
        if (entry && !isWaiting(entry)) store.delete(id);
      });
    },
    hurry() {
      channel.postMessage('hurry');
      tellHurry();
    },
    onHurry(listener) {
      hurryListeners.add(listener);
      return () => hurryListeners.delete(listener);
    },
  };
}

export const isWaiting = ({ outcome }: Entry): boolean => outcome.kind === 'waiting';

const takes = ({ outcome }: Entry, { kind }: SettledOutcome): boolean =>
  outcome.kind === 'waiting' || (outcome.kind === 'dropped' && kind === 'accepted');

/** Nobody needs it any more. A refused one stays until the person decides. */
const isOver = ({ outcome }: Entry, now: number): boolean =>
  (outcome.kind === 'accepted' || outcome.kind === 'dropped') && now - outcome.at > KEPT_FOR_MS;

function resultOf<Value>(request: IDBRequest): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Half of a change is not stored. */
function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

/** A write counts when its transaction has been committed. */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}
