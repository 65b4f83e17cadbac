import type { AccessTokens } from '../api/authorized-post';
import type { ServerClock } from '../api/server-clock';

export interface Account {
  readonly id: string;
  readonly displayName: string;
  readonly role: 'STUDENT' | 'TEACHER' | 'ADMIN';
}

/** What a sign-in, a sign-up and a refresh bring. */
export interface Opened {
  readonly account: Account;
  readonly accessToken: string;
  /** By the server's clock, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What the session asks of the server. */
export interface SessionServer {
  /** @returns null if the sign-in has ended; @throws if it got no definite answer */
  refresh(): Promise<Opened | null>;
  /** @throws if the server did not confirm it */
  signOut(accessToken: string): Promise<void>;
}

/** What the tabs of this browser tell each other. null: the person has signed out. */
export type News = Opened | null | 'ended';

const openedOf = (news: News): Opened | null => (news === 'ended' ? null : news);

/** The other tabs of this browser. */
export interface Tabs {
  /** Runs `work` when no other tab runs such work. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>;
  tell(news: News): void;
  listen(listener: (news: News) => void): void;
}

/** Remembers who is signed in, for a start without a network. It never holds a token. */
export interface AccountMemory {
  load(): Account | null;
  save(account: Account | null): void;
}

export interface Session extends AccessTokens {
  account(): Account | null;
  subscribe(listener: () => void): () => void;
  /** Signs in, in all tabs. Throws what `ask` throws. @param ask sends the sign-in or the sign-up */
  open(ask: () => Promise<Opened>): Promise<void>;
  /** Signs out in all tabs. If the server is not reached, the sign-in stays, and this throws. */
  signOut(): Promise<void>;
}

/** A token that is valid for less than this may expire on its way. Milliseconds. */
const FRESH_FOR_MS = 10_000;

export interface SessionOptions {
  readonly server: SessionServer;
  readonly tabs: Tabs;
  readonly memory: AccountMemory;
  readonly clock: ServerClock;
  /** Called when the sign-in has ended although the person did not sign out in this browser. */
  readonly onEnd: () => void;
}

/**
 * Who is signed in, in all tabs of this browser. The access token lives in memory only. Each answer that brings or ends a
 * session changes the cookie that all tabs share, so only one such request is on its way at a time.
 */
export function createSession({ server, tabs, memory, clock, onEnd }: SessionOptions): Session {
  const listeners = new Set<() => void>();
  let account = memory.load();
  let token: { readonly text: string; readonly expiresAt: number } | null = null;
  /** How often a token came or went: whoever waited for the lock sees whether another tab has refreshed meanwhile. */
  let generation = 0;
  /** Shared, so that requests that wait together fail together. */
  let refreshing: Promise<void> | null = null;
  let isSigningOut = false;

  function take(news: News): void {
    const opened = openedOf(news);
    generation += 1;
    token = opened && { text: opened.accessToken, expiresAt: opened.expiresAt };
    // A refresh of the same account is no news to the pages.
    if (account?.id === opened?.account.id && account?.displayName === opened?.account.displayName) return;
    account = opened?.account ?? null;
    for (const listener of listeners) listener();
    if (news === 'ended') onEnd();
  }

  function publish(news: News): void {
    memory.save(openedOf(news)?.account ?? null);
    take(news);
    tabs.tell(news);
  }

  /** One refresh for all tabs and for all requests of a tab. */
  function refresh(): Promise<void> {
    const seen = generation;
    refreshing ??= tabs
      .exclusively(async () => {
        if (generation === seen) publish((await server.refresh()) ?? (isSigningOut ? null : 'ended'));
      })
      .finally(() => {
        refreshing = null;
      });
    return refreshing;
  }

  tabs.listen(take);

  return {
    account: () => account,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    open: (ask) => tabs.exclusively(async () => publish(await ask())),
    async accessToken() {
      const isFresh = token !== null && token.expiresAt - clock.now() > FRESH_FOR_MS;
      if (account && !isFresh) await refresh();
      return token?.text ?? null;
    },
    async replace(refused) {
      if (account && token?.text === refused) await refresh();
      return token?.text ?? null;
    },
    async signOut() {
      if (!account) return;
      isSigningOut = true;
      try {
        await this.accessToken();
        await tabs.exclusively(async () => {
          if (token) await server.signOut(token.text);
          publish(null);
        });
      } finally {
        isSigningOut = false;
      }
    },
  };
}
