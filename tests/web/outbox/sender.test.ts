import { describe, expect, test } from '@jest/globals';
import type { AccountTokens } from '../../../web/app/api/account-tokens.js';
import { type Answer, type ErrorCode, type Post, Unreachable } from '../../../web/app/api/post.js';
import type { Entry, Outcome } from '../../../web/app/outbox/entry.js';
import type { GrantData } from '../../../web/app/outbox/rules.js';
import { type Sender, startSender } from '../../../web/app/outbox/sender.js';
import { createBrowser, movedTicker, settled, type Tab } from './browser-model.js';

const payload: Answer<GrantData> = {
  data: { result: { __typename: 'SubmitAssignmentPayload' } },
  errors: [],
  status: 200,
  retryAfterMs: null,
};
const errorAnswer = (code: ErrorCode, retryAfterMs: number | null = null): Answer<GrantData> => ({
  data: null,
  errors: [{ message: code, extensions: { code } }],
  status: 200,
  retryAfterMs,
});
const refusal: Answer<GrantData> = {
  ...payload,
  data: { result: { __typename: 'Refusal', code: 'ASSIGNMENT_CLOSED', message: 'Closed.' } },
};

type Reply = (request: { subject: string; accessToken: string }) => Answer<GrantData> | Promise<Answer<GrantData>>;

const lost = (): never => {
  throw new Unreachable('lost');
};

/** A browser in which `signedIn` is signed in, and a server that answers by `reply`. */
function setting({ reply }: { reply: Reply }) {
  const ticker = movedTicker();
  const browser = createBrowser();
  const sent: { subject: string; accessToken: string; variables: unknown; at: number }[] = [];
  const state = { signedIn: 'ada' as string | null, token: 1, reply };
  const accepted: Entry[] = [];
  const post = (async ({ variables, accessToken }) => {
    const { subject } = (variables as { input: { subject: string } }).input;
    sent.push({ subject, accessToken: accessToken ?? '', variables, at: ticker.now() });
    return state.reply({ subject, accessToken: accessToken ?? '' });
  }) as Post;
  const tokens: AccountTokens = {
    tokenOf: async (accountId) => (state.signedIn === accountId ? `${accountId}-${state.token}` : null),
    async replace(accountId) {
      state.token += 1;
      return this.tokenOf(accountId);
    },
  };
  return {
    ticker,
    browser,
    sent,
    state,
    accepted,
    start(tab: Tab, accountId = 'ada'): Sender {
      return startSender(accountId, {
        outbox: tab.outbox,
        post,
        tokens,
        locks: browser.locks.of(tab),
        ticker,
        random: () => 1,
        now: () => 5_000,
        onAccepted: async (entry) => {
          accepted.push(entry);
        },
      });
    },
  };
}

const add = ({ outbox }: Tab, subject: string, accountId = 'ada') =>
  outbox.add({
    accountId,
    query: 'mutation',
    variables: (key) => ({ input: { subject, key } }),
    subject,
    label: subject,
    href: '/',
    draft: null,
  });

const outcomes = async ({ outbox }: Tab, accountId = 'ada'): Promise<Record<string, Outcome['kind']>> =>
  Object.fromEntries((await outbox.entriesOf(accountId)).map(({ subject, outcome }) => [subject, outcome.kind]));

describe('the sender', () => {
  test('sends what is added, and what was there before it started', async () => {
    const { browser, start, sent, accepted } = setting({ reply: () => payload });
    const tab = browser.openTab();
    await add(tab, 'before');
    start(tab);
    await settled();
    await add(tab, 'after');
    await settled();
    expect(sent.map(({ subject }) => subject)).toEqual(['before', 'after']);
    expect(await outcomes(tab)).toEqual({ before: 'accepted', after: 'accepted' });
    expect(accepted.map(({ subject }) => subject)).toEqual(['before', 'after']);
  });

  test('repeats a request without an answer, slower each time, with the same variables', async () => {
    const { browser, start, sent, ticker, state } = setting({ reply: lost });
    const tab = browser.openTab();
    await add(tab, 'essay');
    start(tab);
    await settled();
    await ticker.advance(7_500);
    expect(sent.map(({ at }) => at)).toEqual([0, 1_000, 3_000, 7_000]);
    state.reply = () => payload;
    await ticker.advance(8_000);
    expect(await outcomes(tab)).toEqual({ essay: 'accepted' });
    expect(new Set(sent.map(({ variables }) => JSON.stringify(variables))).size).toBe(1);
    expect((await tab.outbox.entriesOf('ada'))[0]?.attempts).toBe(5);
    await ticker.advance(600_000);
    expect(sent).toHaveLength(5);
  });

  test('waits as long as the server asks, also when it is hurried', async () => {
    const { browser, start, sent, ticker } = setting({ reply: () => errorAnswer('UNAVAILABLE', 30_000) });
    const tab = browser.openTab();
    await add(tab, 'essay');
    start(tab);
    await settled();
    await ticker.advance(10_000);
    tab.outbox.hurry();
    await ticker.advance(19_000);
    expect(sent).toHaveLength(1);
    await ticker.advance(1_000);
    expect(sent.map(({ at }) => at)).toEqual([0, 30_000]);
  });

  test('tries at once when any tab hurries it', async () => {
    const { browser, start, sent, ticker, state } = setting({ reply: lost });
    const [tab, other] = [browser.openTab(), browser.openTab()];
    start(tab);
    start(other);
    await add(tab, 'essay');
    await ticker.advance(20_000);
    const before = sent.length;
    state.reply = () => payload;
    other.outbox.hurry();
    await settled();
    expect(sent).toHaveLength(before + 1);
    expect(await outcomes(other)).toEqual({ essay: 'accepted' });
  });

  test('one refused request and one without an answer hold up no other', async () => {
    const { browser, start } = setting({
      reply: ({ subject }) => (subject === 'closed' ? refusal : subject === 'dead' ? lost() : payload),
    });
    const tab = browser.openTab();
    for (const subject of ['dead', 'closed', 'open', 'open too']) await add(tab, subject);
    start(tab);
    await settled();
    expect(await outcomes(tab)).toEqual({
      dead: 'waiting',
      closed: 'refused',
      open: 'accepted',
      'open too': 'accepted',
    });
  });

  test('refreshes a token that is not accepted, and sends the request again at once', async () => {
    const { browser, start, sent } = setting({
      reply: ({ accessToken }) => (accessToken === 'ada-1' ? errorAnswer('UNAUTHENTICATED') : payload),
    });
    const tab = browser.openTab();
    await add(tab, 'essay');
    start(tab);
    await settled();
    expect(sent.map(({ accessToken }) => accessToken)).toEqual(['ada-1', 'ada-2']);
    expect(await outcomes(tab)).toEqual({ essay: 'accepted' });
  });

  test('waits when a refreshed token is not accepted either', async () => {
    const { browser, start, sent, ticker } = setting({ reply: () => errorAnswer('UNAUTHENTICATED') });
    const tab = browser.openTab();
    await add(tab, 'essay');
    start(tab);
    await settled();
    expect(sent).toHaveLength(2);
    await ticker.advance(1_000);
    expect(sent).toHaveLength(4);
    expect(await outcomes(tab)).toEqual({ essay: 'waiting' });
  });

  test('sends nothing under another account, also if the other one signs in between request and refresh', async () => {
    const { browser, start, sent, state, ticker } = setting({ reply: () => payload });
    const tab = browser.openTab();
    await add(tab, 'essay');
    state.reply = () => {
      state.signedIn = 'grace';
      return errorAnswer('UNAUTHENTICATED');
    };
    const sender = start(tab);
    await settled();
    await ticker.advance(60_000);
    expect(sent.map(({ accessToken }) => accessToken)).toEqual(['ada-1']);
    sender.stop();
    await sender.stopped;
    start(tab, 'grace');
    await settled();
    expect(sent).toHaveLength(1);
    expect(await outcomes(tab)).toEqual({ essay: 'waiting' });
  });

  test('does not knock each second while nobody knows who is signed in', async () => {
    const { browser, start, sent, state, ticker } = setting({ reply: () => payload });
    const tab = browser.openTab();
    await add(tab, 'essay');
    state.signedIn = null;
    start(tab);
    await ticker.advance(200_000);
    expect(sent).toHaveLength(0);
    state.signedIn = 'ada';
    await ticker.advance(60_000);
    expect(await outcomes(tab)).toEqual({ essay: 'accepted' });
  });

  test('one tab sends; when it closes in the middle of a request, the next one repeats it under its key', async () => {
    const { browser, start, sent, state } = setting({ reply: () => new Promise(() => {}) });
    const [one, other] = [browser.openTab(), browser.openTab()];
    start(one);
    start(other);
    await add(other, 'essay');
    await settled();
    expect(sent).toHaveLength(1);
    state.reply = () => payload;
    one.close();
    await settled();
    expect(sent).toHaveLength(2);
    expect(sent[1]?.variables).toEqual(sent[0]?.variables);
    expect(await outcomes(other)).toEqual({ essay: 'accepted' });
  });

  test('when it is stopped and started again, as by React in development, one sender is left', async () => {
    const { browser, start, sent } = setting({ reply: () => payload });
    const tab = browser.openTab();
    const first = start(tab);
    first.stop();
    start(tab);
    await first.stopped;
    await add(tab, 'essay');
    await settled();
    expect(sent).toHaveLength(1);
  });

  test('sends nothing that was dropped while it waited', async () => {
    const { browser, start, sent, ticker } = setting({ reply: lost });
    const tab = browser.openTab();
    const { id } = await add(tab, 'essay');
    start(tab);
    await settled();
    await tab.outbox.drop(id);
    await ticker.advance(100_000);
    expect(sent).toHaveLength(1);
  });
});
