/** The session in a real browser: its cookie, its tabs, reloads, and answers that never come. */
import { describe, expect, test } from '@jest/globals';
import type { BrowserContext, Page, Request, Route } from 'playwright-core';
import { until } from '../support/until.js';
import { AssignmentPage } from './pages/assignment-page.js';
import { AssignmentsPage } from './pages/assignments-page.js';
import { Header } from './pages/header.js';
import { pressIfThere } from './pages/press-if-there.js';
import { SignInPage } from './pages/sign-in-page.js';
import { useWebClient } from './web-client.js';

const client = useWebClient();
const ADA = { email: 'ada@demo.example', password: 'demo-password' };

const isRefresh = (request: Request) => (request.postData() ?? '').includes('refreshSession');

/** Signed in as Ada, with the requests that this browser sends from now on. */
async function signedIn() {
  const { page } = await client.openDevice();
  await new SignInPage(page).open();
  await new SignInPage(page).signIn(ADA.email, ADA.password);
  await homeIsShown(page);
  const refreshes: Request[] = [];
  const context = page.context();
  context.on('request', (request) => {
    if (isRefresh(request)) refreshes.push(request);
  });
  return { page, context, refreshes };
}

/** Opens the page anew, and waits until the server answers it as somebody who is signed in. Kept answers do not count. */
async function serverAnswers(page: Page, open: () => Promise<unknown> = () => page.reload()): Promise<void> {
  // What the page asked before it was opened anew may still be answered.
  let isOpenedAnew = false;
  page.once('framenavigated', () => (isOpenedAnew = true));
  const answer = authorizedAnswer(page, () => isOpenedAnew);
  await open();
  await answer;
  await homeIsShown(page);
}

async function authorizedAnswer(page: Page, counts = () => true): Promise<void> {
  const answer = await page.waitForResponse((response) => counts() && 'authorization' in response.request().headers());
  const { errors, data } = await answer.json();
  expect({ errors, isAnswered: data !== null }).toEqual({ errors: undefined, isAnswered: true });
}

const homeIsShown = (page: Page) => page.getByRole('img', { name: /xp/ }).waitFor();

const cookiesOf = (context: BrowserContext) => context.cookies(`${client.url}/graphql`);
const tokenOf = async (context: BrowserContext) => (await cookiesOf(context))[0]?.value ?? '';

/** The server executes the request and answers, and the browser never gets to know. */
async function executeOnly(route: Route): Promise<void> {
  const request = route.request();
  // Not by route.fetch(): the browser would keep the cookie of its answer.
  const cookie = (await cookiesOf(request.frame().page().context())).map(({ name, value }) => `${name}=${value}`);
  const headers = { ...request.headers(), cookie: cookie.join('; ') };
  await fetch(request.url(), { method: 'POST', headers, body: request.postData() });
}

test('the tokens are out of reach: the refresh token is in an httpOnly cookie, the access token in memory', async () => {
  const { page, context } = await signedIn();
  const request = page.waitForRequest((each) => each.headers().authorization !== undefined);
  await new Header(page).goTo('Settings');
  await new Header(page).goTo('Home');
  await page.reload();
  const accessToken = ((await request).headers().authorization ?? '').replace('Bearer ', '');
  expect(accessToken).toMatch(/^ey/);
  expect(await cookiesOf(context)).toEqual([
    expect.objectContaining({
      name: 'auraledger-refresh',
      value: expect.stringMatching(/^[\w.-]{80}$/),
      path: '/graphql',
      httpOnly: true,
      sameSite: 'Strict',
    }),
  ]);
  await homeIsShown(page);
  const readable = await page.evaluate(async () => {
    const databases = await indexedDB.databases();
    const stored = await Promise.all(
      databases.map(
        ({ name = '' }) =>
          new Promise((resolve, reject) => {
            const opening = indexedDB.open(name);
            opening.onerror = () => reject(opening.error);
            opening.onsuccess = () => {
              const stores = [...opening.result.objectStoreNames];
              const rows: unknown[] = [];
              if (stores.length === 0) return resolve(rows);
              const transaction = opening.result.transaction(stores);
              for (const store of stores) {
                const all = transaction.objectStore(store).getAll();
                all.onsuccess = () => rows.push(all.result);
              }
              transaction.oncomplete = () => resolve(rows);
            };
          }),
      ),
    );
    const cached = await Promise.all(
      (await caches.keys()).map(async (name) => {
        const cache = await caches.open(name);
        return Promise.all((await cache.matchAll()).map((response) => response.text()));
      }),
    );
    return JSON.stringify([
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      document.cookie,
      stored,
      cached,
    ]);
  });
  // The name of the account is there, for a start without a network.
  expect(readable).toContain('Ada');
  expect(readable).not.toMatch(/eyJ|[0-9a-f]{12}\.[\w-]{43}/);
  await context.close();
});

test('a script that asks for the refresh token gets an empty text, or is refused', async () => {
  const { page, context } = await signedIn();
  const answers = await page.evaluate(async () => {
    const ask = async (headers: Record<string, string>) => {
      const query = 'mutation { refreshSession(refreshToken: "") { __typename ... on Session { refreshToken } } }';
      const response = await fetch('/graphql', {
        method: 'POST',
        // No spread: its compiled form calls a helper, which the page does not have.
        headers: Object.assign({ 'content-type': 'application/json' }, headers),
        body: JSON.stringify({ query }),
      });
      return [(await response.json()).data.refreshSession, response.headers.get('set-cookie')];
    };
    return [await ask({ 'x-session': 'cookie' }), await ask({})];
  });
  expect(answers).toEqual([
    [{ __typename: 'Session', refreshToken: '' }, null],
    [{ __typename: 'Refusal' }, null],
  ]);
  await serverAnswers(page);
  await context.close();
});

test('two tabs that are reloaded at once make one refresh together', async () => {
  const { page, context, refreshes } = await signedIn();
  const other = await context.newPage();
  await other.goto('/');
  await homeIsShown(other);
  refreshes.length = 0;

  // The first refresh goes out when the other tab waits for it.
  await context.route('**/graphql', async (route) => {
    const isFirst = isRefresh(route.request()) && refreshes.length === 1;
    if (isFirst) await until(async () => (await waiting(route.request().frame().page())) > 0);
    await route.continue();
  });
  await Promise.all([serverAnswers(page), serverAnswers(other)]);
  expect(refreshes).toHaveLength(1);
  await context.close();
});

/** How many tabs wait for the lock of the session. */
const waiting = (page: Page) =>
  page.evaluate(async () => {
    const { pending = [] } = await navigator.locks.query();
    return pending.filter(({ name }) => name === 'auraledger-session').length;
  });

describe('a refresh whose answer is lost signs nobody out', () => {
  test('after a reload, the server gives the same token again', async () => {
    const { page, context } = await signedIn();
    const before = await tokenOf(context);
    let executed = 0;
    await context.route('**/graphql', async (route) => {
      if (!isRefresh(route.request())) return route.continue();
      await executeOnly(route);
      executed += 1;
    });
    await page.reload();
    await until(() => executed === 1);
    expect(await tokenOf(context)).toBe(before);

    await context.unroute('**/graphql');
    await serverAnswers(page);
    expect(await tokenOf(context)).not.toBe(before);
    await serverAnswers(page);
    await context.close();
  });

  test('without a reload, the next request brings it', async () => {
    const { page, context } = await signedIn();
    const before = await tokenOf(context);
    await context.route('**/graphql', async (route) => {
      if (!isRefresh(route.request())) return route.continue();
      await executeOnly(route);
      return route.abort();
    });
    await page.reload();
    await page.getByRole('button', { name: 'Try again' }).first().waitFor();
    await new Header(page).signedInAs('Ada').waitFor();
    expect(await tokenOf(context)).toBe(before);
    const answer = authorizedAnswer(page);
    await context.unroute('**/graphql');
    await pressIfThere(page, 'Try again');
    await answer;
    await homeIsShown(page);
    expect(await tokenOf(context)).not.toBe(before);
    await context.close();
  });

  test('where the page is left before the answer comes, the browser still keeps the new cookie', async () => {
    const { page, context, refreshes } = await signedIn();
    const before = await tokenOf(context);
    refreshes.length = 0;
    // The server takes a second, so the page is gone before it answers.
    await client.database.failCommand({ failCommands: ['findAndModify'], blockConnection: true, blockTimeMS: 1_000 });
    await page.reload({ waitUntil: 'commit' });
    await until(() => refreshes.length > 0);
    await page.goto('about:blank');
    expect(await tokenOf(context)).toBe(before);
    await until(async () => (await tokenOf(context)) !== before);
    await serverAnswers(page, () => page.goto('/'));
    await context.close();
  });
});

test('a sign-out in one tab signs out the others, and leaves no cookie', async () => {
  const { page, context } = await signedIn();
  const other = await context.newPage();
  await other.goto('/settings');
  await other.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  const token = await tokenOf(context);

  await new Header(page).signOut();
  await new SignInPage(other).heading.waitFor();
  expect(await cookiesOf(context)).toEqual([]);
  await other.reload();
  await new SignInPage(other).heading.waitFor();

  // The token itself has ended, whoever has it.
  const query = 'mutation { result: refreshSession(refreshToken: "") { __typename } }';
  const headers = { 'content-type': 'application/json', 'x-session': 'cookie', cookie: `auraledger-refresh=${token}` };
  const answer = await fetch(`${client.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  expect(await answer.json()).toEqual({ data: { result: { __typename: 'Refusal' } } });
  await context.close();
});

describe('a session that ends by itself', () => {
  const ENDED = 'Your session has ended. Sign in to go on; what you wrote is kept.';

  test('is said, and the fields of a new assignment are there after the next sign-in', async () => {
    const teacher = await client.apiAs('teacher@demo.example');
    const { course } = await teacher.mutate('createCourse', { name: 'Looms' }, 'course { id }');
    const { page } = await client.openDevice({ timezoneId: 'UTC' });
    await page.goto(`/courses/${course.id}/assignments/new`);
    await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
    const typed = { title: 'Weave', instructions: 'A scarf.', due: '2035-07-03T18:00', closes: '2035-07-10T18:00' };
    await new AssignmentsPage(page).fill(typed);
    await page.context().clearCookies();
    await page.reload();
    await new SignInPage(page).heading.waitFor();
    await new Header(page).notice(ENDED).waitFor();

    await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
    await page.getByText('You wrote this earlier and did not save it.').waitFor();
    const values = await Promise.all(
      ['Title', 'Instructions', 'Due', 'Closes'].map((label) => page.getByLabel(label).inputValue()),
    );
    expect(values).toEqual(Object.values(typed));
    expect(await new Header(page).notice(ENDED).count()).toBe(0);
    await new AssignmentsPage(page).form.send('Create assignment');
    await new AssignmentPage(page).heading('Weave').waitFor();
    await page.goBack();
    await page.getByLabel('Title').waitFor();
    expect(await page.getByLabel('Title').inputValue()).toBe('');
    await page.context().close();
  });

  test('is not said after a sign-out', async () => {
    const { page } = await signedIn();
    await new Header(page).signOut();
    await new Header(page).notice('You are signed out.').waitFor();
    expect(await new Header(page).notice(ENDED).count()).toBe(0);
    await page.context().close();
  });
});
