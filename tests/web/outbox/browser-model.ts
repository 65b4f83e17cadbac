/** A browser for tests of the outbox: one database, its tabs, their channel and locks, and time that is moved by hand. */
import 'fake-indexeddb/auto';
import { createStore, type UseStore } from 'idb-keyval';
import { createOutbox, type Outbox } from '../../../web/app/outbox/outbox.js';
import type { SenderOptions, Ticker } from '../../../web/app/outbox/sender.js';

let databases = 0;

/** An empty database: what a browser has for one site. */
export function newDatabase(): UseStore {
  databases += 1;
  return createStore(`browser-${databases}`, 'entries');
}

/** Lets everything run that waits for the database or for a promise, not for time. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 60; round++) await new Promise((resolve) => setImmediate(resolve));
}

export interface MovedTicker extends Ticker {
  /** Moves the time on, and lets everything run that is due. */
  advance(ms: number): Promise<void>;
}

export function movedTicker(): MovedTicker {
  let now = 0;
  const calls = new Set<{ at: number; call: () => void }>();
  return {
    now: () => now,
    after(ms, call) {
      const entry = { at: now + ms, call };
      calls.add(entry);
      return () => calls.delete(entry);
    },
    async advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...calls].filter(({ at }) => at <= end).sort((one, other) => one.at - other.at);
        if (!next) break;
        now = Math.max(now, next.at);
        calls.delete(next);
        next.call();
        await settled();
      }
      now = end;
      await settled();
    },
  };
}

interface Request {
  readonly tab: object;
  readonly work: () => Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** navigator.locks, with tabs that can be closed. */
export function lockTable() {
  const holders = new Map<string, Request>();
  const queues = new Map<string, Request[]>();

  function grant(name: string): void {
    const next = holders.has(name) ? undefined : queues.get(name)?.shift();
    if (!next) return;
    holders.set(name, next);
    const free = () => {
      if (holders.get(name) !== next) return;
      holders.delete(name);
      grant(name);
    };
    next.work().then(next.resolve, next.reject).finally(free);
  }

  return {
    /** The locks as one tab sees them. */
    of: (tab: object): SenderOptions['locks'] => ({
      request: (name, { signal }, work) =>
        new Promise((resolve, reject) => {
          const queue = queues.get(name) ?? [];
          const request = { tab, work, resolve, reject };
          queues.set(name, [...queue, request]);
          signal.addEventListener('abort', () => {
            const waiting = queues.get(name) ?? [];
            if (!waiting.includes(request)) return;
            queues.set(
              name,
              waiting.filter((one) => one !== request),
            );
            reject(signal.reason);
          });
          grant(name);
        }),
    }),
    /** The tab is gone: its locks are free. */
    close(tab: object): void {
      for (const [name, queue] of queues) {
        queues.set(
          name,
          queue.filter((request) => request.tab !== tab),
        );
      }
      for (const [name, request] of [...holders]) {
        if (request.tab !== tab) continue;
        holders.delete(name);
        grant(name);
      }
    },
  };
}

/** A BroadcastChannel for each tab. */
export function channelBus() {
  const channels = new Set<{ onmessage: ((event: MessageEvent) => void) | null }>();
  return {
    open() {
      const channel = {
        onmessage: null as ((event: MessageEvent) => void) | null,
        postMessage(data: unknown) {
          for (const other of channels) {
            if (other !== channel)
              setImmediate(() => channels.has(other) && other.onmessage?.({ data } as MessageEvent));
          }
        },
        close: () => channels.delete(channel),
      };
      channels.add(channel);
      return channel;
    },
  };
}

let keys = 0;

export interface Tab {
  readonly outbox: Outbox;
  /** The browser closes the tab, or it crashes: nothing of it runs on. */
  close(): void;
  readonly isClosed: () => boolean;
}

/** A browser with any number of tabs. Its keys are in no order, as random ones are not. */
export function createBrowser({ now = () => 1_000 }: { now?: () => number } = {}) {
  const database = newDatabase();
  const bus = channelBus();
  const locks = lockTable();
  return {
    database,
    locks,
    openTab(): Tab {
      const channel = bus.open();
      let isClosed = false;
      const outbox = createOutbox({
        database: (mode, work) => (isClosed ? new Promise(() => {}) : database(mode, work)),
        channel,
        now,
        newKey: () => {
          keys += 1;
          return `key-${String((keys * 617_921) % 1_000_000).padStart(6, '0')}`;
        },
      });
      const tab = {
        outbox,
        isClosed: () => isClosed,
        close() {
          isClosed = true;
          channel.close();
          locks.close(tab);
        },
      };
      return tab;
    },
  };
}
