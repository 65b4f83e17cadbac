import { expect, test } from '@jest/globals';
import { CoursesPage } from './pages/courses-page.js';
import { Header } from './pages/header.js';
import { pressIfThere } from './pages/press-if-there.js';
import { SignInPage } from './pages/sign-in-page.js';
import { goWithin, useWebClient } from './web-client.js';

const client = useWebClient();

async function openHomeOfGrace() {
  const { page } = await client.openDevice();
  await page.clock.install();
  await new SignInPage(page).open();
  await new SignInPage(page).signIn('grace@demo.example', 'demo-password');
  await new Header(page).signedInAs('Grace').waitFor();
  return page;
}

test('a page keeps what it has while the server does not answer, says as of when, and catches up', async () => {
  const page = await openHomeOfGrace();
  await page.getByText('790 aura').waitFor();
  const seenAt = await page.evaluate(() => new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' }).format(new Date()));
  await new Header(page).goTo('Settings');
  await page.clock.fastForward('05:00');
  await page.route('**/graphql', (route) => route.abort());
  await new Header(page).goTo('Home');

  const old = page.getByRole('main').getByRole('status');
  await old.getByText('The server does not answer').waitFor();
  expect(await old.textContent()).toContain(`As of ${seenAt}`);
  await page.getByText('You see what was kept').waitFor();
  expect(await page.getByText('790 aura').isVisible()).toBe(true);

  await page.unroute('**/graphql');
  await pressIfThere(page, 'Try again');
  await old.waitFor({ state: 'detached' });
  // The banner follows the next answer, which other queries of the page may get a moment later.
  await page.getByText('You see what was kept').waitFor({ state: 'detached' });
  await page.context().close();
});

test('without the server, a page does not pass for another of its kind', async () => {
  const grace = await client.apiAs('grace@demo.example');
  const { courses } = await grace.must(
    '{ courses { edges { node { assignments { edges { node { id title } } } } } } }',
  );
  const [seen, other] = courses.edges[0].node.assignments.edges.map(({ node }: { node: object }) => node);
  const page = await openHomeOfGrace();
  await goWithin(page, `/assignments/${seen.id}`);
  const heading = page.getByRole('heading', { level: 1, name: seen.title });
  await heading.waitFor();
  await page.route('**/graphql', (route) => route.abort());
  await goWithin(page, `/assignments/${other.id}`);
  await page
    .getByRole('main')
    .getByText(/The server (does|did) not answer/)
    .waitFor();
  expect(await heading.count()).toBe(0);
  // Nor is it kept as the other one.
  await page.reload();
  await page
    .getByRole('main')
    .getByText(/The server (does|did) not answer/)
    .waitFor();
  expect(await heading.count()).toBe(0);
  await page.context().close();
});

test('a page that never had an answer says what happened, and tries again when it is looked at', async () => {
  const page = await openHomeOfGrace();
  await page.route('**/graphql', (route) =>
    route.fulfill({
      status: 503,
      json: { errors: [{ message: 'The server is stopping.', extensions: { code: 'UNAVAILABLE', requestId: 'r-7' } }] },
    }),
  );
  // Another account has nothing kept: this tab's cache goes with the account.
  await new Header(page).goTo('Settings');
  await page.evaluate(() => {
    const channel = new BroadcastChannel('auraledger-session');
    const account = { id: 'other', displayName: 'Other', role: 'STUDENT' };
    channel.postMessage({ account, accessToken: 'token', expiresAt: Date.now() + 600_000 });
    channel.close();
  });
  await new Header(page).signedInAs('Other').waitFor();
  await new Header(page).goTo('Home');
  const failed = page.getByRole('alert');
  await failed.getByText('The server is stopping.').waitFor();
  await failed.getByText('Request r-7').waitFor();
  await page.unroute('**/graphql');
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await failed.waitFor({ state: 'detached' });
  await page.context().close();
});

test('a page that failed to load asks again by itself', async () => {
  const { page } = await client.openDevice();
  await page.clock.install();
  await new SignInPage(page).open();
  await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
  const courses = new CoursesPage(page);
  await courses.course('Demo course').waitFor();
  await page.route('**/graphql', (route) => route.abort());
  const roster = await courses.openCourse('Demo course');
  await page.getByRole('alert').getByText('This could not be loaded').waitFor();
  await page.unroute('**/graphql');
  // Longer than the interval of 15 s.
  await page.clock.fastForward(16_000);
  expect(await roster.names()).toContain('Grace');
  await page.getByText('You see what was kept').waitFor({ state: 'detached' });
  await page.context().close();
});
