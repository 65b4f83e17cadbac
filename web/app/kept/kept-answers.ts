/** The last good answers of each account, for a start without a network. */
import { clear, delMany, entries, get, set, type UseStore } from 'idb-keyval';

export interface KeptAnswer {
  readonly data: object;
  /** When it came, by the server's clock, in milliseconds since 1970. */
  readonly asOf: number;
}

export interface KeptAnswers {
  /** @returns null if nothing is kept, or the browser does not say */
  load(accountId: string, asked: string): Promise<KeptAnswer | null>;
  save(accountId: string, asked: string, answer: KeptAnswer): void;
  /** Deletes what nobody has looked at for a month. @param now by the server's clock */
  forgetOld(now: number): Promise<void>;
  /** At the sign-out: the next person at this device sees nothing of it. */
  clear(): Promise<void>;
}

/** Longer than a holiday. Milliseconds. */
const KEPT_FOR_MS = 31 * 24 * 60 * 60_000;

export function createKeptAnswers(database: UseStore): KeptAnswers {
  const keyOf = (accountId: string, asked: string) => `${accountId}\n${asked}`;
  return {
    load: (accountId, asked) =>
      get<KeptAnswer>(keyOf(accountId, asked), database).then(
        (answer) => answer ?? null,
        () => null,
      ),
    save(accountId, asked, answer) {
      // A browser whose storage is full still works online.
      set(keyOf(accountId, asked), answer, database).catch(() => {});
    },
    async forgetOld(now) {
      const all = await entries<string, KeptAnswer>(database);
      const old = all.filter(([, { asOf }]) => now - asOf > KEPT_FOR_MS);
      await delMany(
        old.map(([key]) => key),
        database,
      );
    },
    clear: () => clear(database),
  };
}
