/** The page over http at a name that is not localhost: without locks, service workers and crypto.randomUUID. */
import { expect, test } from '@jest/globals';
import { PLAIN_HTTP_HOST } from '../support/browser.js';
import { useNewStudents } from './new-students.js';

const setting = useNewStudents();

test('over plain http, a student signs in, hands in with two tabs open, and is paid once, also after a reload', async () => {
  const address = `http://${PLAIN_HTTP_HOST}:${new URL(setting.web.url).port}`;
  const device = await setting.openDevice();
  const complaints: string[] = [];
  device.page.on('pageerror', ({ message }) => complaints.push(message));
  await device.openAs(setting.student.name, address);
  // What this test is about.
  const has = await device.page.evaluate(() => [window.isSecureContext, 'locks' in navigator, 'randomUUID' in crypto]);
  expect(has).toEqual([false, false, false]);
  await device.page.getByText('Your rewards and timer arrive by themselves.').waitFor();
  const other = await device.openTab(address);
  await other.header.signedInAs(setting.student.name).waitFor();

  const [title] = setting.titles as [string];
  await device.page
    .context()
    .route('**/graphql', (route) =>
      (route.request().postData() ?? '').includes('mutation SubmitAssignment') ? route.abort() : route.fallback(),
    );
  await device.handIn(title, 'From the computer room');
  for (const tab of [device, other]) await tab.openRequests.getByText('1 request waits').waitFor();
  await device.page.context().unroute('**/graphql');
  for (const tab of [device, other]) await tab.page.evaluate(() => window.dispatchEvent(new Event('online')));
  for (const tab of [device, other]) await tab.openRequests.waitFor({ state: 'detached' });
  await device.assignment.anyPaid.waitFor();

  await device.page.reload();
  await device.header.signedInAs(setting.student.name).waitFor();
  await device.assignment.handedIn.getByText('From the computer room').waitFor();
  const { me } = await setting.student.client.must(
    '{ me { ... on Student { rewards { edges { node { auraPoints } } } } } }',
  );
  expect(me.rewards.edges).toHaveLength(1);
  expect(complaints).toEqual([]);
});
