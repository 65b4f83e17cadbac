import type { Page } from 'playwright-core';
import type { Entry } from '../../web/app/outbox/entry';

/** Puts entries into the outbox of a browser, as if they had been there from an earlier visit. */
export const storeEntries = (page: Page, entries: readonly Entry[]) =>
  page.evaluate(async (stored) => {
    const request = indexedDB.open('auraledger-outbox');
    const database = await new Promise<IDBDatabase>((resolve) => {
      request.onsuccess = () => resolve(request.result);
    });
    const transaction = database.transaction('entries', 'readwrite');
    for (const entry of stored) transaction.objectStore('entries').put(entry, entry.id);
    await new Promise<void>((resolve) => {
      transaction.oncomplete = () => resolve();
    });
    database.close();
  }, entries);

/** What is in the outbox of a browser, after all that has begun to be stored. */
export const storedEntries = (page: Page): Promise<Entry[]> =>
  page.evaluate(async () => {
    const opening = indexedDB.open('auraledger-outbox');
    const database = await new Promise<IDBDatabase>((resolve) => {
      opening.onsuccess = () => resolve(opening.result);
    });
    const reading = database.transaction('entries').objectStore('entries').getAll();
    await new Promise((resolve) => {
      reading.onsuccess = resolve;
    });
    database.close();
    return reading.result;
  });

export const entryOf = (accountId: string, label: string, more: Partial<Entry> = {}): Entry => ({
  id: `key of ${label}`,
  accountId,
  query: 'mutation Stored { result: endPomodoro(input: { sessionId: "1" }) { __typename } }',
  variables: {},
  subject: label,
  label,
  href: '/settings',
  draft: null,
  createdAt: 1_700_000_000_000,
  attempts: 0,
  outcome: { kind: 'waiting' },
  ...more,
});
