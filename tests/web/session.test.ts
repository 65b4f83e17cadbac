import { describe, expect, test } from '@jest/globals';
import { createAuthorizedPost } from '../../web/app/api/authorized-post';
import type { Answer, GraphqlRequest, Post } from '../../web/app/api/post';
import {
  type Account,
  createSession,
  type News,
  type Opened,
  type SessionServer,
  type Tabs,
} from '../../web/app/session/session';

const ADA: Account = { id: '1', displayName: 'Ada', role: 'STUDENT' };
const ALAN: Account = { id: '2', displayName: 'Alan', role: 'STUDENT' };
const MINUTE = 60_000;

/** One browser with several tabs, and a server that counts refreshes and refuses a refresh token that was used. */
function browser({ remembered = null as Account | null } = {}) {
  let now = 1_000_000;
  let refreshes = 0;
  let tries = 0;
  let isSignedIn = true;
  let isReachable = true;
  let stored = remembered;
  /** In how many tabs the sign-in has ended by itself. */
  let ends = 0;
  /** What the server was asked and has answered, in this order. */
  const order: string[] = [];
  let lock: Promise<unknown> = Promise.resolve();
  const listeners: ((news: News) => void)[] = [];
  const opened = (account: Account): Opened => {
    return { account, accessToken: `token-${++refreshes}`, expiresAt: now + 15 * MINUTE };
  };
  const server: SessionServer = {
    async refresh() {
      tries += 1;
      order.push('refresh');
      await Promise.resolve();
      if (!isReachable) throw new Error('unreachable');
      order.push('refreshed');
      return isSignedIn ? opened(stored ?? ADA) : null;
    },
    async signOut(accessToken) {
      order.push(`sign out ${accessToken}`);
      if (!isReachable) throw new Error('unreachable');
      isSignedIn = false;
    },
  };
  function tab() {
    const mine = listeners.length;
    const tabs: Tabs = {
      exclusively(work) {
        const result = lock.then(work);
        lock = result.catch(() => {});
        return result;
      },
      tell: (told) => listeners.filter((_, index) => index !== mine).forEach((listener) => void listener(told)),
      listen: (listener) => void listeners.push(listener),
    };
    const memory = {
      load: () => stored,
      save(account: Account | null) {
        stored = account;
      },
    };
    return createSession({
      server,
      tabs,
      memory,
      clock: { now: () => now, observe: () => {} },
      onEnd() {
        ends += 1;
      },
    });
  }
  return {
    tab,
    opened,
    order,
    refreshes: () => refreshes,
    tries: () => tries,
    stored: () => stored,
    ends: () => ends,
    pass(milliseconds: number) {
      now += milliseconds;
    },
    endSignIn() {
      isSignedIn = false;
    },
    cut() {
      isReachable = false;
    },
  };
}

describe('a session', () => {
  test('refreshes once for all requests of a tab and for all tabs that start together', async () => {
    const { tab, refreshes } = browser({ remembered: ADA });
    const [one, other] = [tab(), tab()];
    const tokens = await Promise.all([one, one, other, other].map((session) => session.accessToken()));
    expect(new Set(tokens)).toEqual(new Set(['token-1']));
    expect(refreshes()).toBe(1);
  });

  test('uses a token for as long as it is fresh, by the clock of the server', async () => {
    const { tab, pass, refreshes } = browser({ remembered: ADA });
    const session = tab();
    await session.accessToken();
    pass(14 * MINUTE);
    expect(await session.accessToken()).toBe('token-1');
    pass(MINUTE - 5_000);
    expect(await session.accessToken()).toBe('token-2');
    expect(refreshes()).toBe(2);
  });

  test('asks nothing for somebody who is not signed in', async () => {
    const { tab, refreshes } = browser();
    expect(await tab().accessToken()).toBeNull();
    expect(refreshes()).toBe(0);
  });

  test('that the server has ended ends in all tabs', async () => {
    const { tab, endSignIn, stored, ends } = browser({ remembered: ADA });
    const [one, other] = [tab(), tab()];
    endSignIn();
    expect(await one.accessToken()).toBeNull();
    expect([one.account(), other.account(), stored()]).toEqual([null, null, null]);
    expect(ends()).toBe(2);
  });

  test('does not end by itself where the person signs out, also if the server had ended it before', async () => {
    for (const hasEnded of [false, true]) {
      const { tab, endSignIn, ends } = browser({ remembered: ADA });
      const [one, other] = [tab(), tab()];
      if (hasEnded) endSignIn();
      await one.signOut();
      expect([one.account(), other.account(), ends()]).toEqual([null, null, 0]);
    }
  });

  test('outlives a refresh that gets no answer', async () => {
    const { tab, cut, stored } = browser({ remembered: ADA });
    const session = tab();
    cut();
    await expect(session.accessToken()).rejects.toThrow('unreachable');
    expect([session.account(), stored()]).toEqual([ADA, ADA]);
  });

  test('fails all requests that wait for the same refresh, so that none waits for several timeouts', async () => {
    const { tab, cut, tries } = browser({ remembered: ADA });
    const session = tab();
    cut();
    const asked = await Promise.allSettled([session.accessToken(), session.accessToken(), session.accessToken()]);
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(tries()).toBe(1);
  });

  test('of another account takes over in all tabs, and tells the pages', async () => {
    const { tab, opened } = browser({ remembered: ADA });
    const [one, other] = [tab(), tab()];
    let told = 0;
    other.subscribe(() => {
      told += 1;
    });
    await one.open(async () => opened(ALAN));
    expect([one.account(), other.account()]).toEqual([ALAN, ALAN]);
    expect(told).toBe(1);
  });

  test('never has two requests on their way that change the cookie: a sign-in waits for a refresh', async () => {
    const { tab, opened, order } = browser({ remembered: ADA });
    const [one, other] = [tab(), tab()];
    const signIn = async () => {
      order.push('sign in');
      return opened(ALAN);
    };
    await Promise.all([one.accessToken(), other.open(signIn)]);
    expect(order).toEqual(['refresh', 'refreshed', 'sign in']);
    expect([one.account(), other.account()]).toEqual([ALAN, ALAN]);
  });

  test('nor a sign-out: it waits for a refresh, and uses the new token', async () => {
    const { tab, order } = browser({ remembered: ADA });
    const [one, other] = [tab(), tab()];
    const token = await one.accessToken();
    await Promise.all([one.replace(token), other.signOut()]);
    expect(order).toEqual(['refresh', 'refreshed', 'refresh', 'refreshed', 'sign out token-2']);
    expect([one.account(), other.account()]).toEqual([null, null]);
  });

  test('a sign-in that is refused changes nothing', async () => {
    const { tab, stored } = browser({ remembered: ADA });
    const session = tab();
    await expect(session.open(() => Promise.reject(new Error('wrong password')))).rejects.toThrow('wrong password');
    expect([session.account(), stored()]).toEqual([ADA, ADA]);
  });

  test('a sign-out that the server did not confirm leaves it as it was', async () => {
    const { tab, cut } = browser({ remembered: ADA });
    const session = tab();
    await session.accessToken();
    cut();
    await expect(session.signOut()).rejects.toThrow('unreachable');
    expect(session.account()).toEqual(ADA);
  });
});

describe('a request whose token is refused', () => {
  const refusal: Answer = {
    data: null,
    errors: [{ message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } }],
    status: 200,
    retryAfterMs: null,
  };
  const good: Answer = { data: { me: { id: '1' } }, errors: [], status: 200, retryAfterMs: null };

  /** A server that accepts only these tokens. */
  function posting(accepted: readonly string[]) {
    const sent: (string | null | undefined)[] = [];
    const post = (async ({ accessToken }: GraphqlRequest) => {
      sent.push(accessToken);
      return accepted.includes(accessToken ?? '') ? good : refusal;
    }) as Post;
    return { post, sent };
  }

  test('is sent once more with a new token', async () => {
    const { tab } = browser({ remembered: ADA });
    const { post, sent } = posting(['token-2']);
    expect(await createAuthorizedPost(post, tab())({ query: '{ me { id } }' })).toBe(good);
    expect(sent).toEqual(['token-1', 'token-2']);
  });

  test('twice is answered with the refusal', async () => {
    const { tab } = browser({ remembered: ADA });
    const { post, sent } = posting([]);
    expect(await createAuthorizedPost(post, tab())({ query: '{ me { id } }' })).toBe(refusal);
    expect(sent).toEqual(['token-1', 'token-2']);
  });

  test('is not repeated where the sign-in has ended', async () => {
    const { tab, endSignIn } = browser({ remembered: ADA });
    const { post, sent } = posting([]);
    const session = tab();
    await session.accessToken();
    endSignIn();
    expect(await createAuthorizedPost(post, session)({ query: '{ me { id } }' })).toBe(refusal);
    expect(sent).toEqual(['token-1']);
  });
});
