import type { Account, AccountMemory, News, Tabs } from './session';

const NAME = 'auraledger-session';

/**
 * A lock passes to another tab faster than a message does. Without this pause, a tab that waited for a refresh often makes
 * one more, which is harmless. Milliseconds.
 */
const HEARD_WITHIN_MS = 100;

export function createTabs(): Tabs {
  const channel = new BroadcastChannel(NAME);
  return {
    // Browsers have locks over https and on localhost only. Elsewhere each tab refreshes by itself.
    exclusively: (work) => (navigator.locks ? withLock(work) : work()),
    tell: (news) => channel.postMessage(news),
    listen(listener) {
      channel.onmessage = ({ data }: MessageEvent<News>) => listener(data);
    },
  };
}

/** Returns when the work is done, and lets the next tab begin when it has heard of it. */
function withLock<Result>(work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const holdLock = async () => {
      await work().then(resolve, reject);
      await new Promise((heard) => setTimeout(heard, HEARD_WITHIN_MS));
    };
    navigator.locks.request(NAME, holdLock).catch(reject);
  });
}

/** Browsers that forbid storage still work online. */
export const accountMemory: AccountMemory = {
  load() {
    try {
      return JSON.parse(localStorage.getItem(NAME) ?? 'null') as Account | null;
    } catch {
      return null;
    }
  },
  save(account) {
    try {
      if (account) localStorage.setItem(NAME, JSON.stringify(account));
      else localStorage.removeItem(NAME);
    } catch {}
  },
};
