/** The page without a network: the service worker, what is kept, and a new version of both. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import fastify from 'fastify';
import type { Page } from 'playwright-core';
import { webClient } from '../../src/http/web-client.js';
import { openWatchedPage } from '../support/browser.js';
import { startServer } from '../support/server.js';
import { until } from '../support/until.js';
import { Header } from './pages/header.js';
import { SignInPage } from './pages/sign-in-page.js';
import { entryOf, storeEntries } from './stored-entries.js';
import { useWebClient } from './web-client.js';

const built = fileURLToPath(new URL('../../dist/web/app', import.meta.url));
const client = useWebClient();

/** The worker has every file of its version. */
async function workerIsReady(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
}

test('a reload while the server is down shows the kept page with its time, and it catches up', async () => {
  const server = await startServer({ demonstration: false });
  const { page, complaints } = await client.openDevice({ baseURL: server.url, serviceWorkers: 'allow' });
  await new SignInPage(page).open();
  await new SignInPage(page).signIn('grace@demo.example', 'demo-password');
  await new Header(page).signedInAs('Grace').waitFor();
  await page.getByText('790 aura').waitFor();
  await workerIsReady(page);
  expect(complaints).toEqual([]);
  await server.close();

  await page.reload();
  await new Header(page).signedInAs('Grace').waitFor();
  await page.getByText('790 aura').waitFor();
  await page.getByRole('main').getByText('As of').waitFor();
  await page.getByText('You see what was kept').waitFor();
  // The browser itself believes in its network.
  expect(await page.evaluate(() => navigator.onLine)).toBe(true);
  // A page whose code was never loaded on this device opens as well.
  await new Header(page).goTo('Settings');
  await page.context().close();
});

test('at the sign-out, what was kept of the account is gone from this device', async () => {
  const { page } = await client.openDevice();
  await new SignInPage(page).open();
  await new SignInPage(page).signIn('grace@demo.example', 'demo-password');
  await page.getByText('790 aura').waitFor();
  const kept = () =>
    page.evaluate(async () => {
      const request = indexedDB.open('auraledger-kept');
      const database = await new Promise<IDBDatabase>((resolve) => {
        request.onsuccess = () => resolve(request.result);
      });
      const count = database.transaction('answers').objectStore('answers').count();
      const found = await new Promise<number>((resolve) => {
        count.onsuccess = () => resolve(count.result);
      });
      database.close();
      return found;
    });
  await until(async () => (await kept()) > 0, 'a kept answer');
  await new Header(page).signOut();
  await new SignInPage(page).heading.waitFor();
  await until(async () => (await kept()) === 0, 'no kept answer');
  await page.context().close();
});

test('a new version takes over when the tabs of the old one are closed, and what people have stored stays', async () => {
  const root = await mkdtemp(join(tmpdir(), 'auraledger-versions-'));
  await cp(built, root, { recursive: true, filter: (file) => !/\.(br|gz)$/.test(file) });
  const app = fastify();
  await app.register(webClient, { root });
  const baseURL = await app.listen({ port: 0, host: '127.0.0.1' });
  const { page } = await openWatchedPage(client.browser, { baseURL, serviceWorkers: 'allow' });
  const context = page.context();
  await page.goto('/');
  await workerIsReady(page);
  await storeOneRequest(page);
  await page.reload();
  await page.getByRole('link', { name: '1 request waits' }).waitFor();
  const [first] = await page.evaluate(() => caches.keys());

  // The next version has another page and other files in its list.
  const index = await readFile(join(root, 'index.html'), 'utf8');
  await writeFile(join(root, 'index.html'), index.replace('<head>', '<head><meta name="version" content="2">'));
  const worker = await readFile(join(root, 'sw.js'), 'utf8');
  await writeFile(join(root, 'sw.js'), worker.replace(/"version":"\w+"/, '"version":"second"'));
  await page.reload();
  const isSecond = (shown: Page) => shown.locator('meta[name=version][content="2"]').count();
  expect(await isSecond(page)).toBe(1);
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  // The open tab still has the files of its version.
  expect((await page.evaluate(() => caches.keys())).sort()).toEqual([first, 'auraledger-second'].sort());

  await page.close();
  const next = await context.newPage();
  await next.goto('/');
  await next.evaluate(async () => {
    while ((await caches.keys()).length > 1) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  expect(await next.evaluate(() => caches.keys())).toEqual(['auraledger-second']);
  await app.close();
  await next.reload();
  expect(await isSecond(next)).toBe(1);
  await next.getByRole('link', { name: '1 request waits' }).waitFor();
  await context.close();
  await rm(root, { recursive: true });
});

/** As if a student had clicked while the server was away. */
async function storeOneRequest(page: Page): Promise<void> {
  await page.evaluate(() => {
    const account = { id: 'ada', displayName: 'Ada', role: 'STUDENT' };
    localStorage.setItem('auraledger-session', JSON.stringify(account));
  });
  await storeEntries(page, [entryOf('ada', 'Hand in "Essay"')]);
}
