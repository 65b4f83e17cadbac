/** Sends what waits in the outbox until each entry has its outcome: one sender for all tabs of this browser. */
import type { AccountTokens } from '../api/account-tokens';
import type { Post } from '../api/post';
import type { Entry } from './entry';
import { isWaiting, type Outbox } from './outbox';
import { askedWait, type GrantData, judge, type Verdict, waitAfter } from './rules';

/** Time for waiting. It goes on evenly when the device's clock is set, so its moments mean nothing beyond this tab. */
export interface Ticker {
  /** Milliseconds since some moment. */
  now(): number;
  /** @returns a function that cancels the call */
  after(ms: number, call: () => void): () => void;
}

export interface SenderOptions {
  readonly outbox: Outbox;
  readonly post: Post;
  readonly tokens: AccountTokens;
  /** navigator.locks: it gives the lock to one tab, and to the next one when that tab is closed. */
  readonly locks: { request(name: string, options: { signal: AbortSignal }, work: () => Promise<void>): Promise<void> };
  readonly ticker: Ticker;
  /** From 0 to 1. */
  readonly random: () => number;
  /** The server's clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** Called before an accepted entry gets its outcome: deletes its draft. */
  readonly onAccepted: (entry: Entry) => Promise<void>;
}

export interface Sender {
  /** Stops sending. What is on its way is repeated by the next sender. */
  stop(): void;
  /** Settled when this sender has given its lock back. */
  readonly stopped: Promise<void>;
}

/** News of other tabs wake the sender. Should one get lost, it looks by itself. Milliseconds. */
const LOOKS_EVERY_MS = 60_000;
/** The browser's storage failed: it may be full. Milliseconds. */
const AFTER_FAULT_MS = 10_000;

/** When an entry may be tried again, by the ticker. */
interface Wait {
  readonly tries: number;
  /** By our own pace. */
  readonly pace: number;
  /** As the server asked. */
  readonly asked: number;
}

/** Starts a sender for the account that is signed in. It waits for its turn while another tab sends. */
export function startSender(accountId: string, options: SenderOptions): Sender {
  const { outbox, ticker, locks } = options;
  const stopping = new AbortController();
  const waits = new Map<string, Wait>();
  let isWoken = false;
  let interrupt = () => {};

  function look(): void {
    isWoken = true;
    interrupt();
  }
  /** What the server asked for is kept. */
  function hurry(): void {
    for (const [id, wait] of waits) waits.set(id, { ...wait, pace: 0 });
    look();
  }
  const dueAt = ({ id }: Entry): number => Math.max(waits.get(id)?.pace ?? 0, waits.get(id)?.asked ?? 0);

  function postpone({ id }: Entry, retryAfterMs: number | null): void {
    const tries = (waits.get(id)?.tries ?? 0) + 1;
    const now = ticker.now();
    const pace = now + waitAfter(tries, options.random());
    waits.set(id, { tries, pace, asked: now + askedWait(retryAfterMs) });
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await step();
      } catch {
        isWoken = false;
        await pause(AFTER_FAULT_MS);
      }
    }
  }

  async function step(): Promise<void> {
    isWoken = false;
    const waiting = (await outbox.entriesOf(accountId)).filter(isWaiting);
    const [next] = waiting.sort((one, other) => dueAt(one) - dueAt(other));
    const wait = next ? dueAt(next) - ticker.now() : LOOKS_EVERY_MS;
    if (next && wait <= 0) await send(next);
    else await pause(Math.min(wait, LOOKS_EVERY_MS));
  }

  async function send(listed: Entry): Promise<void> {
    const token = await options.tokens.tokenOf(accountId).catch(() => null);
    if (stopping.signal.aborted) return;
    if (token === null) return postpone(listed, null);
    // It may have been dropped since it was listed.
    const entry = await outbox.begin(listed.id);
    if (!entry || stopping.signal.aborted) return;
    const verdict = await attempt(entry, token, options, stopping.signal);
    if (verdict.kind === 'again') return postpone(entry, verdict.retryAfterMs);
    if (verdict.kind === 'unauthenticated') return postpone(entry, null);
    if (verdict.kind === 'accepted') await options.onAccepted(entry).catch(() => {});
    await outbox.settle(entry.id, { ...verdict, at: options.now() });
    waits.delete(entry.id);
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (isWoken || stopping.signal.aborted) return resolve();
      const end = () => {
        cancel();
        interrupt = () => {};
        resolve();
      };
      const cancel = ticker.after(ms, end);
      interrupt = end;
    });

  const unsubscribe = [outbox.subscribe(look), outbox.onHurry(hurry)];
  const stopped = locks
    .request(`auraledger-outbox-${accountId}`, { signal: stopping.signal }, loop)
    .catch((error) => {
      if (!stopping.signal.aborted) throw error;
    })
    .finally(() => {
      for (const end of unsubscribe) end();
    });

  return {
    stop() {
      stopping.abort();
      interrupt();
    },
    stopped,
  };
}

/** One try; a second one if the token has expired meanwhile. */
async function attempt(
  entry: Entry,
  token: string,
  { post, tokens }: SenderOptions,
  signal: AbortSignal,
): Promise<Verdict> {
  const { accountId, query, variables } = entry;
  const ask = async (accessToken: string) => judge(await post<GrantData>({ query, variables, accessToken, signal }));
  try {
    const verdict = await ask(token);
    if (verdict.kind !== 'unauthenticated') return verdict;
    const replacement = await tokens.replace(accountId, token);
    return replacement === null || signal.aborted ? verdict : await ask(replacement);
  } catch {
    // No answer, none that can be read, or nobody knows now who is signed in: nothing of it is definite.
    return { kind: 'again', retryAfterMs: null };
  }
}
