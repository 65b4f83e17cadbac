import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { until } from '../support/until.js';
import { cuttableSockets } from './cuttable-sockets.js';
import { ClassFeedPage } from './pages/class-feed-page.js';
import { CoursesPage } from './pages/courses-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { useWebClient } from './web-client.js';

const client = useWebClient();

/** Hands in as a student of the demonstration class. */
async function handIn(email: string, title: string): Promise<void> {
  const student = await client.apiAs(email);
  const { courses } = await student.must(
    '{ courses { edges { node { assignments { edges { node { id title } } } } } } }',
  );
  const assignments: { node: { id: string; title: string } }[] = courses.edges[0].node.assignments.edges;
  const { id } = assignments.find(({ node }) => node.title === title)!.node;
  await student.mutate('submitAssignment', { assignmentId: id, content: 'By reading it again.' });
}

const setVisibility = (page: Page, state: 'hidden' | 'visible') =>
  page.evaluate((to) => {
    Object.defineProperty(document, 'visibilityState', { value: to, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);

test('what was paid without a connection, while nobody looked at the page, is there when somebody looks again', async () => {
  const { page } = await client.openDevice();
  const sockets = await cuttableSockets(page);
  await page.clock.install();
  let answers = 0;
  page.on('response', (response) => {
    if (response.request().postData()?.includes('query LatestRewardsOfClass')) answers += 1;
  });
  await page.goto('/');
  await new SignInPage(page).signIn('teacher@demo.example', 'demo-password');
  const { tabs } = await new CoursesPage(page).openCourse('Demo course');
  await tabs.goTo('Live');
  const feed = new ClassFeedPage(page);
  await feed.isLive.waitFor();
  // The page asks once more when it is live.
  await until(() => answers >= 2);
  expect(await feed.newestOf('Ada').count()).toBe(0);

  await setVisibility(page, 'hidden');
  await sockets.cut();
  await feed.isNotLive.waitFor();
  await handIn('ada@demo.example', 'Find a bug');
  sockets.mend();
  await feed.isLive.waitFor();
  // The page asks 1 s after that.
  await page.clock.fastForward(1_000);
  await setVisibility(page, 'visible');
  await feed.newestOf('Ada').getByRole('link', { name: 'Find a bug' }).waitFor();
  await page.context().close();
});
