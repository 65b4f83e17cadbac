/** Texts that are being written, per account and subject: each input is stored, so that a crash loses none. */
import { get, type UseStore, update } from 'idb-keyval';

export interface Drafts {
  load(accountId: string, subject: string): Promise<string>;
  /** Stores the text; an empty one deletes the draft. While one is being stored, only the latest follows it. */
  save(accountId: string, subject: string, text: string): Promise<void>;
  /** Deletes the draft if it still has this text. What was written since then stays. */
  clear(accountId: string, subject: string, text: string): Promise<void>;
  /** Called when another tab has changed a draft, and after `clear`. */
  subscribe(listener: (accountId: string, subject: string) => void): () => void;
}

/** Tells the other tabs which draft has changed: a BroadcastChannel. */
export interface DraftChannel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

export function createDrafts(database: UseStore, channel: DraftChannel): Drafts {
  const listeners = new Set<(accountId: string, subject: string) => void>();
  /** The text that follows the one that is being stored. */
  const next = new Map<string, string>();
  const storing = new Map<string, Promise<void>>();

  const tell = (accountId: string, subject: string) => {
    for (const listener of listeners) listener(accountId, subject);
  };
  channel.onmessage = ({ data }: MessageEvent<{ accountId: string; subject: string }>) =>
    tell(data.accountId, data.subject);

  async function storeAll(key: string, accountId: string, subject: string): Promise<void> {
    try {
      for (let text = next.get(key); text !== undefined; text = next.get(key)) {
        next.delete(key);
        const stored = text;
        await update<string | undefined>(key, () => (stored === '' ? undefined : stored), database);
        channel.postMessage({ accountId, subject });
      }
    } finally {
      storing.delete(key);
    }
  }

  return {
    load: async (accountId, subject) => (await get<string>(keyOf(accountId, subject), database)) ?? '',
    save(accountId, subject, text) {
      const key = keyOf(accountId, subject);
      next.set(key, text);
      const running = storing.get(key) ?? storeAll(key, accountId, subject);
      storing.set(key, running);
      return running;
    },
    async clear(accountId, subject, text) {
      const key = keyOf(accountId, subject);
      await storing.get(key);
      await update<string | undefined>(key, (stored) => (stored === text ? undefined : stored), database);
      channel.postMessage({ accountId, subject });
      tell(accountId, subject);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const keyOf = (accountId: string, subject: string) => `${accountId}\n${subject}`;
