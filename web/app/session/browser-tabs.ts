import type { Account, AccountMemory, Opened, Tabs } from './session';

const NAME = 'auraledger-session';

export function createTabs(): Tabs {
  const channel = new BroadcastChannel(NAME);
  return {
    // Browsers have locks over https and on localhost only. Elsewhere each tab refreshes by itself.
    exclusively: (work) => navigator.locks?.request(NAME, work) ?? work(),
    tell: (opened) => channel.postMessage(opened),
    listen(listener) {
      channel.onmessage = ({ data }: MessageEvent<Opened | null>) => listener(data);
    },
  };
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
