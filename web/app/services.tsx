import { createStore } from 'idb-keyval';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { Provider } from 'urql';
import { createAccountTokens } from './api/account-tokens';
import { createAuthorizedPost } from './api/authorized-post';
import { createClient } from './api/client';
import { createConnection } from './api/connection';
import { createPost } from './api/post';
import { createRereads } from './api/rereads';
import { createServerClock } from './api/server-clock';
import { ConnectionContext } from './api/use-connection';
import { KeptContext } from './api/use-kept-answer';
import { RereadsContext } from './api/use-rereads';
import { ServerClockContext } from './api/use-server-clock';
import { createDrafts } from './kept/drafts';
import { createKeptAnswers } from './kept/kept-answers';
import { DraftsContext } from './kept/use-draft';
import { createFeed, type Feed } from './live/feed';
import { FeedContext } from './live/use-live';
import { createOutbox, type Outbox } from './outbox/outbox';
import { type SenderOptions, startSender } from './outbox/sender';
import { OutboxContext } from './outbox/use-outbox';
import { randomKey, withoutLocks } from './outbox/without-https';
import { accountMemory, createTabs } from './session/browser-tabs';
import { createSession, type Session } from './session/session';
import { createGate } from './session/session-server';
import { SessionContext, useAccountOrNobody } from './session/use-session';
import { clearNotices, notify } from './ui/notices';
import { words } from './words/en';

/** Assembles the parts that outlive a page. Each is reached by the hook of its folder. */
export function createServices() {
  const rereads = createRereads();
  const clock = createServerClock({ onJump: rereads.ask });
  const connection = createConnection();
  const post = createPost({ clock, connection });
  const gate = createGate(post);
  const session = createSession({
    server: gate,
    tabs: createTabs(),
    memory: accountMemory,
    clock,
    onEnd: () => notify(words.shell.sessionEnded, 'warn'),
  });
  const authorizedPost = createAuthorizedPost(post, session);
  const tokens = createAccountTokens(session, () => session.account()?.id ?? null);
  const keptAnswers = createKeptAnswers(createStore('auraledger-kept', 'answers'));
  const drafts = createDrafts(createStore('auraledger-drafts', 'texts'), new BroadcastChannel('auraledger-drafts'));
  const outbox = createOutbox({
    database: createStore('auraledger-outbox', 'entries'),
    channel: new BroadcastChannel('auraledger-outbox'),
    now: clock.now,
    newKey: randomKey,
  });
  const sending: SenderOptions = {
    outbox,
    post,
    tokens,
    locks: navigator.locks ?? withoutLocks,
    ticker: {
      now: () => performance.now(),
      after(ms, call) {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
    now: clock.now,
    onAccepted: async ({ accountId, subject, draft }) => {
      if (draft !== null) await drafts.clear(accountId, subject, draft);
    },
  };
  askAgainAfterOutcomes(outbox, rereads.ask);
  askAgainOnSight(rereads.ask);
  forgetAnswersAtSignOut(session, keptAnswers.clear);
  clearNoticesOfTheLastAccount(session);
  keptAnswers.forgetOld(clock.now()).catch(() => {});
  connection.subscribe(() => {
    if (!connection.isLost()) outbox.hurry();
  });
  // Tells early whether the sign-in still holds. Without a network, the first request of a page tries again.
  session.accessToken().catch(() => {});
  return { clock, connection, gate, session, authorizedPost, tokens, keptAnswers, drafts, outbox, sending, rereads };
}

export type Services = ReturnType<typeof createServices>;

/** An outcome says that queries have other answers now, in every tab: also a refusal, of which the page did not know. */
function askAgainAfterOutcomes(outbox: Outbox, ask: () => void): void {
  let known: ReadonlySet<string> | null = null;
  outbox.subscribe(() => {
    const settled = (outbox.snapshot() ?? [])
      .filter(({ outcome: { kind } }) => kind === 'accepted' || kind === 'refused')
      .map(({ id, outcome }) => `${id} ${outcome.kind}`);
    if (known && settled.some((one) => !known?.has(one))) ask();
    known = new Set(settled);
  });
}

/** What is shown may be so old when the person looks at the page again. Milliseconds. */
const FRESH_FOR_MS = 30_000;

/** No event tells of much that others do: a new assignment, an extension, a text that was changed. */
function askAgainOnSight(ask: () => void): void {
  let askedAt = performance.now();
  onReturn(
    () => {},
    () => {
      if (performance.now() - askedAt < FRESH_FOR_MS) return;
      askedAt = performance.now();
      ask();
    },
  );
}

/** Drafts and waiting requests stay: they are the person's work. Answers can be asked for again. */
function forgetAnswersAtSignOut(session: Session, clear: () => Promise<void>): void {
  session.subscribe(() => {
    if (session.account() === null) clear().catch(() => {});
  });
}

/** A new name of the same account is no reason. */
function clearNoticesOfTheLastAccount(session: Session): void {
  let last = session.account()?.id;
  session.subscribe(() => {
    const id = session.account()?.id;
    if (id !== last) clearNotices();
    last = id;
  });
}

export function ServicesProvider({ services, children }: { services: Services; children: ReactNode }) {
  return (
    <ServerClockContext value={services.clock}>
      <ConnectionContext value={services.connection}>
        <SessionContext value={services}>
          <RereadsContext value={services.rereads}>
            <OutboxContext value={services.outbox}>
              <DraftsContext value={services.drafts}>
                <PartsOfAccount services={services}>{children}</PartsOfAccount>
              </DraftsContext>
            </OutboxContext>
          </RereadsContext>
        </SessionContext>
      </ConnectionContext>
    </ServerClockContext>
  );
}

/** Each account has its own cache, kept answers, sender and live feed: nothing of one is shown to the next. */
function PartsOfAccount({ services, children }: { services: Services; children: ReactNode }) {
  const { authorizedPost, keptAnswers } = services;
  const accountId = useAccountOrNobody()?.id ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another account needs another client
  const client = useMemo(() => createClient(authorizedPost), [authorizedPost, accountId]);
  const kept = useMemo(
    () =>
      accountId === null
        ? null
        : {
            load: (asked: string) => keptAnswers.load(accountId, asked),
            save: (asked: string, answer: Parameters<typeof keptAnswers.save>[2]) =>
              keptAnswers.save(accountId, asked, answer),
          },
    [keptAnswers, accountId],
  );
  useSender(services, accountId);
  return (
    <KeptContext value={kept}>
      <FeedContext value={useFeed(services, accountId)}>
        <Provider key={accountId} value={client}>
          {children}
        </Provider>
      </FeedContext>
    </KeptContext>
  );
}

function useSender({ sending, outbox }: Services, accountId: string | null): void {
  useEffect(() => {
    if (accountId === null) return;
    const sender = startSender(accountId, sending);
    const stopListening = onReturn(outbox.hurry, outbox.hurry);
    return () => {
      sender.stop();
      stopListening();
    };
  }, [sending, outbox, accountId]);
}

function useFeed({ tokens, clock }: Services, accountId: string | null): Feed | null {
  const [feed, setFeed] = useState<Feed | null>(null);
  useEffect(() => {
    if (accountId === null) return;
    const url = `${window.location.origin.replace(/^http/, 'ws')}/graphql`;
    const opened = createFeed({ url, accountId, tokens, now: clock.now });
    const stopListening = onReturn(opened.reconnect, opened.check);
    setFeed(opened);
    return () => {
      stopListening();
      opened.close();
      setFeed(null);
    };
  }, [tokens, clock, accountId]);
  return feed;
}

/** The browser reports a network, or the person looks at the page again. */
function onReturn(onNetwork: () => void, onSight: () => void): () => void {
  const seen = () => {
    if (document.visibilityState === 'visible') onSight();
  };
  window.addEventListener('online', onNetwork);
  document.addEventListener('visibilitychange', seen);
  return () => {
    window.removeEventListener('online', onNetwork);
    document.removeEventListener('visibilitychange', seen);
  };
}
