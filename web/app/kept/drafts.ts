/** Texts that are being written, per account and subject: each input is stored, so that a crash loses none. */
import { get, promisifyRequest, type UseStore } from 'idb-keyval';

export interface Drafts {
  load(accountId: string, subject: string): Promise<string>;
  /** Stores the text; an empty one deletes the draft. The browser does it also if the page is left or reloaded at once. */
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

  const tell = (accountId: string, subject: string) => {
    for (const listener of listeners) listener(accountId, subject);
  };
  channel.onmessage = ({ data }: MessageEvent<{ accountId: string; subject: string }>) =>
    tell(data.accountId, data.subject);

  return {
    load: async (accountId, subject) => (await get<string>(keyOf(accountId, subject), database)) ?? '',
    async save(accountId, subject, text) {
      const key = keyOf(accountId, subject);
      await database('readwrite', (store) => {
        if (text === '') store.delete(key);
        else store.put(text, key);
        // Without this, the commit waits for an answer to the page, which may be gone by then.
        store.transaction.commit();
        return promisifyRequest(store.transaction);
      });
      channel.postMessage({ accountId, subject });
    },
    async clear(accountId, subject, text) {
      const key = keyOf(accountId, subject);
      await database('readwrite', async (store) => {
        if ((await promisifyRequest(store.get(key))) === text) store.delete(key);
        return promisifyRequest(store.transaction);
      });
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
