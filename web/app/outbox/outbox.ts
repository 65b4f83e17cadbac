/** The store of all requests that must reach the server, shared by the tabs of this browser. It knows no server. */
import type { UseStore } from 'idb-keyval';
import type { Entry, Outcome, Request, Undecided } from './entry';
import { createListeners, sequenceOf, sharedEntries } from './shared-entries';

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
  /** Stores several requests as `add` does: all of them or, if the browser fails, none. They are sent one by one. */
  addAll(requests: readonly Request[]): Promise<readonly Entry[]>;
  /** The account's entries, as they are stored now. */
  entriesOf(accountId: string): Promise<readonly Entry[]>;
  /** Counts a try, before it is sent. @returns null if the entry does not wait any more */
  begin(id: string): Promise<Entry | null>;
  /** The outcome of a try. An entry gets one once; a dropped one that the server has accepted after all gets it as well. */
  settle(id: string, outcome: SettledOutcome): Promise<void>;
  /** A refused request waits again, under its key. */
  retry(id: string): Promise<void>;
  /** The person gives a request up. */
  drop(id: string): Promise<void>;
  undoDrop(id: string): Promise<void>;
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
  const hurryListeners = createListeners();
  const { entries, read, change, subscribe, snapshot } = sharedEntries(database, () => channel.postMessage('changed'));

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
  /** @param next null: the outcome stays as it is */
  const setOutcome = async (id: string, next: (outcome: Outcome) => Outcome | null): Promise<void> => {
    await replace(id, (entry) => {
      const outcome = next(entry.outcome);
      return outcome && { outcome };
    });
  };

  const addAll = (requests: readonly Request[]): Promise<readonly Entry[]> =>
    change((all, store) => {
      const next = 1 + Math.max(0, ...all.map(sequenceOf));
      return requests.map((request, index) =>
        addTo(all, store, request, { sequence: next + index, now: now(), newKey }),
      );
    });

  channel.onmessage = ({ data }) => {
    if (data === 'hurry') hurryListeners.call();
    else void read();
  };
  void read();

  return {
    snapshot,
    subscribe,
    add: async (request) => (await addAll([request]))[0]!,
    addAll,
    entriesOf: async (account) => (await entries()).filter(({ accountId }) => accountId === account),
    begin: (id) => replace(id, (entry) => (isWaiting(entry) ? { attempts: entry.attempts + 1 } : null)),
    settle: (id, settled) =>
      setOutcome(id, ({ kind }) =>
        kind === 'waiting' || (kind === 'dropped' && settled.kind === 'accepted') ? settled : null,
      ),
    retry: (id) => setOutcome(id, ({ kind }) => (kind === 'refused' ? { kind: 'waiting' } : null)),
    drop: (id) => setOutcome(id, (was) => (isUndecided(was) ? { kind: 'dropped', at: now(), was } : null)),
    undoDrop: (id) => setOutcome(id, (outcome) => (outcome.kind === 'dropped' ? outcome.was : null)),
    dismiss: (id) =>
      change((all, store) => {
        const entry = all.find((one) => one.id === id);
        if (entry && !isWaiting(entry)) store.delete(id);
      }),
    hurry() {
      channel.postMessage('hurry');
      hurryListeners.call();
    },
    onHurry: hurryListeners.add,
  };
}

export const isWaiting = ({ outcome }: Entry): boolean => outcome.kind === 'waiting';

const isUndecided = (outcome: Outcome): outcome is Undecided =>
  outcome.kind === 'waiting' || outcome.kind === 'refused';

/** Nobody needs it any more. A refused one stays until the person decides. */
const isOver = ({ outcome }: Entry, now: number): boolean =>
  (outcome.kind === 'accepted' || outcome.kind === 'dropped') && now - outcome.at > KEPT_FOR_MS;

function addTo(
  all: readonly Entry[],
  store: IDBObjectStore,
  { variables, ...request }: Request,
  { sequence, now, newKey }: { sequence: number; now: number; newKey: () => string },
): Entry {
  const others = all.filter(({ accountId, subject }) => accountId === request.accountId && subject === request.subject);
  const waiting = others.find(isWaiting);
  if (waiting) return waiting;
  for (const { id } of [...others, ...all.filter((entry) => isOver(entry, now))]) store.delete(id);
  const id = newKey();
  const entry: Entry = {
    ...request,
    id,
    variables: variables(id),
    sequence,
    createdAt: now,
    attempts: 0,
    outcome: { kind: 'waiting' },
  };
  store.put(entry, id);
  return entry;
}
