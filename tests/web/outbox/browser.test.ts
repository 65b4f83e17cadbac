/** The outbox behind the student's pages, in a real browser: the whole server, and a line that fails in every way. */
import { describe, expect, test } from '@jest/globals';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { clientOf } from '../../support/client.js';
import { until } from '../../support/until.js';
import { useNewStudents } from '../new-students.js';
import type { StudentDevice } from '../pages/student-device.js';

const setting = useNewStudents();

const isSubmission = (route: Route) => (route.request().postData() ?? '').includes('mutation SubmitAssignment');

/** What the server has of the student: the rows of its ledger. */
async function ledger(): Promise<{ xp: number }[]> {
  const { me } = await setting.student.client.must(
    '{ me { ... on Student { rewards(first: 100) { edges { node { xp } } } } } }',
  );
  return me.rewards.edges.map((edge: { node: { xp: number } }) => edge.node);
}

/** Handles each submission of a page by `handle`. @returns the keys of what was sent */
async function onSubmission(page: Page | BrowserContext, handle: (route: Route, nth: number) => Promise<unknown>) {
  const sent: string[] = [];
  await page.route('**/graphql', async (route) => {
    if (!isSubmission(route)) return route.fallback();
    sent.push(inputOf(route).idempotencyKey);
    await handle(route, sent.length);
  });
  return sent;
}

const inputOf = (route: Route) => JSON.parse(route.request().postData()!).variables.input;

/** A line that is cut at first. */
async function cutLine(page: Page | BrowserContext) {
  let isCut = true;
  const sent = await onSubmission(page, (route) => (isCut ? route.abort() : route.continue()));
  return {
    sent,
    mend: () => {
      isCut = false;
    },
  };
}

/** The request reaches the server, and the answer never reaches the page. */
async function loseAnswer(route: Route): Promise<void> {
  await executeOnly(route);
  await route.abort('connectionreset');
}

async function executeOnly(route: Route): Promise<void> {
  const request = route.request();
  await fetch(request.url(), { method: 'POST', headers: headersOf(request.headers()), body: request.postData() });
}
const headersOf = (all: Record<string, string>) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => /^(content-type|accept|authorization)$/.test(name)));

/** The header says so when an entry has its outcome. */
const untilNothingWaits = ({ openRequests }: StudentDevice) => openRequests.waitFor({ state: 'detached' });

const reportNetwork = ({ page }: StudentDevice) => page.evaluate(() => window.dispatchEvent(new Event('online')));

describe('a click', () => {
  test('a double click, and Enter with a click, are one request and one reward', async () => {
    const device = await setting.signedIn();
    const { page, assignment } = device;
    let isHeld = true;
    const sent = await onSubmission(page, async (route) => {
      await until(() => !isHeld, 'both clicks');
      await route.continue();
    });
    const [first, second] = setting.titles as [string, string];
    await device.open(first);
    await assignment.write('Done');
    await assignment.button.dblclick();
    isHeld = false;
    await assignment.anyPaid.waitFor();
    await assignment.text.waitFor({ state: 'detached' });

    isHeld = true;
    await device.open(second);
    await assignment.write('Done');
    await assignment.button.press('Enter');
    await assignment.button.click({ force: true });
    isHeld = false;
    await assignment.anyPaid.waitFor();
    await untilNothingWaits(device);
    expect(sent).toHaveLength(2);
    expect(await ledger()).toHaveLength(2);
  });

  test('an answer that is lost is asked for again under the same key, and the replay is a success', async () => {
    const device = await setting.signedIn();
    const [title] = setting.titles as [string];
    const sent = await onSubmission(device.page, (route, nth) => (nth === 1 ? loseAnswer(route) : route.continue()));
    await device.handIn(title, 'My essay');
    await device.assignment.replayed.waitFor();
    await device.assignment.anyPaid.waitFor();
    expect(new Set(sent).size).toBe(1);
    expect(sent.length).toBeGreaterThan(1);
    expect(await ledger()).toHaveLength(1);
    await untilNothingWaits(device);
  });

  test('shows no points while it waits, and its button stays disabled', async () => {
    const device = await setting.signedIn();
    const [title] = setting.titles as [string];
    await onSubmission(device.page, (route) => route.abort());
    await device.handIn(title, 'My essay');
    await device.assignment.request.getByText('without an answer so far').waitFor();
    expect(await device.assignment.button.getAttribute('aria-disabled')).toBe('true');
    expect(await device.assignment.anyPaid.count()).toBe(0);
    expect(await device.assignment.text.inputValue()).toBe('My essay');
  });

  test('a server that is busy is asked again after the time that it names', async () => {
    const device = await setting.signedIn();
    const [title] = setting.titles as [string];
    const at: number[] = [];
    await onSubmission(device.page, (route, nth) => {
      at.push(performance.now());
      if (nth > 1) return route.continue();
      return route.fulfill({
        status: 503,
        headers: { 'retry-after': '3' },
        json: { errors: [{ message: 'Busy.', extensions: { code: 'UNAVAILABLE' } }] },
      });
    });
    await device.handIn(title, 'My essay');
    await device.assignment.anyPaid.waitFor();
    expect(at).toHaveLength(2);
    // Retry-After is about time: not before it.
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(2_900);
    expect(await ledger()).toHaveLength(1);
  });

  test('a token that is refused in the middle is refreshed, and the request is sent again', async () => {
    const device = await setting.signedIn();
    const [title] = setting.titles as [string];
    const sent = await onSubmission(device.page, (route, nth) => {
      if (nth > 1) return route.continue();
      return route.fulfill({
        status: 401,
        json: { errors: [{ message: 'Sign in.', extensions: { code: 'UNAUTHENTICATED' } }] },
      });
    });
    await device.handIn(title, 'My essay');
    await device.assignment.anyPaid.waitFor();
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
    expect(await ledger()).toHaveLength(1);
  });

  test('a reload in the middle of the request: it is sent again, and paid once', async () => {
    const device = await setting.signedIn();
    const [title] = setting.titles as [string];
    const sent = await onSubmission(device.page, async (route, nth) => {
      if (nth > 1) return route.continue();
      await executeOnly(route);
      // And then no answer, until the page is gone.
    });
    await device.handIn(title, 'My essay');
    await device.assignment.request.getByText('Sent once').waitFor();
    await until(async () => (await ledger()).length === 1, 'the server has executed it');
    await device.page.reload();
    await device.assignment.replayed.waitFor();
    expect(new Set(sent).size).toBe(1);
    expect(await ledger()).toHaveLength(1);
  });
});

/** An assignment that only one test hands in and closes. */
async function givenClosableAssignment() {
  const input = { email: 'teacher@demo.example', password: 'demo-password' };
  const { accessToken } = await clientOf(setting.web.url).mutate('signIn', input, 'accessToken');
  const teacher = clientOf(setting.web.url, accessToken);
  const { courses } = await teacher.must('{ courses { edges { node { id name } } } }');
  const course = courses.edges.find(({ node }: { node: { name: string } }) => node.name === 'Demo course').node;
  const title = 'Closes soon';
  const dueDate = new Date(Date.now() + 3_600_000).toISOString();
  const { assignment } = await teacher.mutate(
    'createAssignment',
    { courseId: course.id, title, dueDate },
    'assignment { id }',
  );
  const past = new Date(Date.now() - 3_600_000).toISOString();
  return {
    title,
    close: () =>
      teacher.mutate('updateAssignment', { assignmentId: assignment.id, dueDate: past, closesAt: past }, '__typename'),
  };
}

describe('refusals', () => {
  test('a closed assignment among three that wait holds up no other', async () => {
    const { title: closing, close } = await givenClosableAssignment();
    const device = await setting.signedIn();
    const { assignment, notSent } = device;
    const [one, three] = setting.titles as [string, string];
    const line = await cutLine(device.page);
    await device.handIn(one, 'first');
    await device.handIn(closing, 'for the closed one');
    await device.handIn(three, 'third');
    await notSent.open();
    await notSent.requests.nth(2).waitFor();
    await close();
    line.mend();
    await notSent.tryNow();
    const refused = notSent.request(`Hand in “${closing}”`);
    await refused.getByText('closed').waitFor();
    await notSent.requests.nth(1).waitFor({ state: 'detached' });
    expect(await ledger()).toHaveLength(2);
    // The text is still there, and the person decides.
    await refused.getByRole('button', { name: 'Give up' }).click();
    await refused.getByRole('button', { name: 'Undo' }).click();
    await refused.getByText('closed').waitFor();
    const before = line.sent.length;
    await refused.getByRole('button', { name: 'Send again' }).click();
    await until(() => line.sent.length === before + 1, 'the refused request is sent again');
    await refused.getByText('closed').waitFor();
    await refused.getByRole('link').click();
    await assignment.request.getByText('closed').waitFor();
    await assignment.notHandedIn.getByText('for the closed one').waitFor();
    expect(await ledger()).toHaveLength(2);
  });

  test('an edited text after a lost answer: the page says what happened, and offers to replace the text', async () => {
    const device = await setting.openDevice();
    const { page, assignment } = device;
    const [title] = setting.titles as [string];
    // With live updates, the page would know at once that the first text has arrived.
    await page.routeWebSocket('**/graphql', (socket) => socket.close({ code: 1012 }));
    // A clock that begins later would look like one that was set, which makes the page ask.
    await page.clock.install();
    await device.openAs(setting.student.name);
    await onSubmission(page, (route, nth) => (nth === 1 ? loseAnswer(route) : route.continue()));
    await device.open(title);
    await assignment.write('First version');
    await assignment.handIn();
    await assignment.request.getByText('Sent once').waitFor();
    await assignment.request.getByRole('button', { name: 'Give up' }).click();
    await assignment.request.getByText('may have reached the server').waitFor();
    await assignment.write('Second version');
    await assignment.handIn();
    await page.clock.runFor(70_000);
    await assignment.request.getByText('You have already handed in another text').waitFor();
    expect(await assignment.text.inputValue()).toBe('Second version');
    await assignment.request.getByRole('button', { name: 'Replace the text that was handed in' }).click();
    await assignment.handedIn.getByText('Second version').waitFor();
    expect(await ledger()).toHaveLength(1);
  });
});

describe('a draft', () => {
  test('survives a reload, and another tab that is not in use follows it', async () => {
    const device = await setting.signedIn();
    const [title] = setting.titles as [string];
    await device.open(title);
    await device.assignment.write('Half a sentence');
    await device.page.reload();
    await device.assignment.text.waitFor();
    expect(await device.assignment.text.inputValue()).toBe('Half a sentence');
    const other = await device.openTab(device.page.url());
    await other.assignment.text.waitFor();
    await device.assignment.write('Half a sentence, and the rest');
    await until(async () => (await other.assignment.text.inputValue()).endsWith('the rest'), 'the other tab follows');
  });

  test('that was edited while its request waited stays after the success', async () => {
    const device = await setting.signedIn();
    const { assignment } = device;
    const [title] = setting.titles as [string];
    const line = await cutLine(device.page);
    await device.handIn(title, 'As it was sent');
    await assignment.request.waitFor();
    await assignment.write('As it was sent, and edited');
    line.mend();
    await device.notSent.tryNow();
    await assignment.anyPaid.waitFor();
    await assignment.handedIn.getByText('As it was sent', { exact: true }).waitFor();
    // Not only on the screen: the draft is still stored.
    await device.page.reload();
    await assignment.text.waitFor();
    expect(await assignment.text.inputValue()).toBe('As it was sent, and edited');
  });
});

describe('tabs and accounts', () => {
  test('two tabs that come online together send each request once', async () => {
    const device = await setting.signedIn();
    const other = await device.openTab('/');
    const [one, two] = setting.titles as [string, string];
    const line = await cutLine(device.page.context());
    await device.handIn(one, 'from the first tab');
    await other.handIn(two, 'from the second tab');
    for (const tab of [device, other]) await tab.openRequests.getByText('2 requests wait').waitFor();
    line.mend();
    const before = line.sent.length;
    await Promise.all([device, other].map(reportNetwork));
    for (const tab of [device, other]) {
      await tab.assignment.anyPaid.waitFor();
      await untilNothingWaits(tab);
    }
    expect(line.sent.slice(before)).toHaveLength(2);
    expect(await ledger()).toHaveLength(2);
  });

  test('the sign-out says what waits; another account does not send it; it goes out after the next sign-in', async () => {
    const device = await setting.signedIn();
    const another = await setting.another();
    const { page, header, assignment } = device;
    const [title] = setting.titles as [string];
    const line = await cutLine(page);
    await device.handIn(title, 'My essay');
    await device.openRequests.waitFor();
    await header.signOut();
    const dialog = page.getByRole('dialog', { name: 'Some requests have not been sent yet' });
    await dialog.getByText('1 request waits to be sent').waitFor();
    await dialog.getByRole('button', { name: 'Sign out anyway' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();

    line.mend();
    const before = line.sent.length;
    await device.signIn(another.name);
    await device.open(title);
    await assignment.text.waitFor();
    expect(await assignment.text.inputValue()).toBe('');
    expect(await device.openRequests.count()).toBe(0);
    await reportNetwork(device);
    await header.signOut();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(line.sent).toHaveLength(before);

    await device.signIn(setting.student.name);
    await until(async () => (await ledger()).length === 1, 'the request goes out');
    await device.open(title);
    await assignment.anyPaid.waitFor();
    await assignment.handedIn.getByText('My essay').waitFor();
  });
});

describe.each([
  ['ahead', 3_600_000],
  ['behind', -3_600_000],
])('a device an hour %s', (_, offset) => {
  test('sends, repeats after a lost answer and is paid once, without refreshing all the time', async () => {
    const device = await setting.openDevice();
    await device.page.clock.install({ time: Date.now() + offset });
    await device.page.clock.resume();
    let refreshes = 0;
    device.page.on('request', (request) => {
      if ((request.postData() ?? '').includes('mutation RefreshSession')) refreshes += 1;
    });
    await device.openAs(setting.student.name);
    const [title] = setting.titles as [string];
    await onSubmission(device.page, (route, nth) => (nth === 1 ? loseAnswer(route) : route.continue()));
    await device.handIn(title, 'My essay');
    await device.assignment.replayed.waitFor();
    expect(await ledger()).toHaveLength(1);
    expect(refreshes).toBeLessThanOrEqual(1);
  });
});
