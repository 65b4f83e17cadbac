/** The outbox in a real browser, with the whole server behind it and a line that fails in every way. */
import { describe, expect, test } from '@jest/globals';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { until } from '../../support/until.js';
import { AssignmentBoard } from '../pages/assignment-board.js';
import { Header } from '../pages/header.js';
import { useBoard } from './use-board.js';

const setting = useBoard();

async function secondTab(board: AssignmentBoard): Promise<AssignmentBoard> {
  const page = await board.page.context().newPage();
  page.setDefaultTimeout(15_000);
  const other = new AssignmentBoard(page);
  await other.comeBack(setting.student.name, () => page.goto('/'));
  await board.page.getByRole('heading', { level: 1, name: 'Assignments' }).waitFor();
  return other;
}

const isSubmission = (route: Route) => (route.request().postData() ?? '').includes('SubmitOnBoard');

/** What the server has of the student: the rows of its ledger. */
async function ledger(): Promise<{ xp: number }[]> {
  const { me } = await setting.student.client.must(
    '{ me { ... on Student { rewards(first: 100) { edges { node { xp } } } } } }',
  );
  return me.rewards.edges.map((edge: { node: { xp: number } }) => edge.node);
}

/** Handles each submission of a page by `handle`, and counts them. */
async function onSubmission(page: Page | BrowserContext, handle: (route: Route, nth: number) => Promise<unknown>) {
  const sent: string[] = [];
  await page.route('**/graphql', async (route) => {
    if (!isSubmission(route)) return route.fallback();
    sent.push(JSON.parse(route.request().postData()!).variables.input.idempotencyKey);
    await handle(route, sent.length);
  });
  return sent;
}

/** The request reaches the server, and the answer never reaches the page. */
async function loseAnswer(route: Route): Promise<void> {
  const request = route.request();
  await fetch(request.url(), { method: 'POST', headers: headersOf(request.headers()), body: request.postData() });
  await route.abort('connectionreset');
}
const headersOf = (all: Record<string, string>) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => /^(content-type|accept|authorization)$/.test(name)));

describe('a click', () => {
  test('a double click, and Enter with a click, are one request and one reward', async () => {
    const board = await setting.openBoard();
    const sent = await onSubmission(board.page, (route) => route.continue());
    const [first, second] = setting.titles as [string, string];
    await board.text(first).fill('Done');
    await board.button(first).dblclick();
    await board.paid(first).waitFor();
    await board.text(second).fill('Done');
    await board.text(second).press('Enter');
    await board.button(second).click({ force: true });
    await board.paid(second).waitFor();
    expect(sent).toHaveLength(2);
    expect(await ledger()).toHaveLength(2);
    await until(async () => (await board.text(first).inputValue()) === '', 'the draft of what was accepted is gone');
  });

  test('an answer that is lost is asked for again under the same key, and the replay is a success', async () => {
    const board = await setting.openBoard();
    const [title] = setting.titles as [string];
    const sent = await onSubmission(board.page, (route, nth) => (nth === 1 ? loseAnswer(route) : route.continue()));
    await board.handIn(title, 'My essay');
    await board.paid(title).waitFor();
    expect(await board.paid(title).textContent()).toContain('before');
    expect(new Set(sent).size).toBe(1);
    expect(sent.length).toBeGreaterThan(1);
    expect(await ledger()).toHaveLength(1);
    expect(await board.list.count()).toBe(0);
  });

  test('shows no points while it waits, and its button stays disabled', async () => {
    const board = await setting.openBoard();
    const [title] = setting.titles as [string];
    await onSubmission(board.page, (route) => route.abort());
    await board.handIn(title, 'My essay');
    await board.list.getByText('without an answer so far').waitFor();
    expect(await board.button(title).isDisabled()).toBe(true);
    expect(await board.paid(title).count()).toBe(0);
    expect(await board.text(title).inputValue()).toBe('My essay');
  });

  test('a server that is busy is asked again after the time that it names', async () => {
    const board = await setting.openBoard();
    const [title] = setting.titles as [string];
    const at: number[] = [];
    await onSubmission(board.page, (route, nth) => {
      at.push(performance.now());
      if (nth > 1) return route.continue();
      return route.fulfill({
        status: 503,
        headers: { 'retry-after': '3' },
        json: { errors: [{ message: 'Busy.', extensions: { code: 'UNAVAILABLE' } }] },
      });
    });
    await board.handIn(title, 'My essay');
    await board.paid(title).waitFor();
    expect(at).toHaveLength(2);
    // Retry-After is about time: not before it.
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(2_900);
    expect(await ledger()).toHaveLength(1);
  });

  test('a token that is refused in the middle is refreshed, and the request is sent again', async () => {
    const board = await setting.openBoard();
    const [title] = setting.titles as [string];
    const sent = await onSubmission(board.page, (route, nth) => {
      if (nth > 1) return route.continue();
      return route.fulfill({
        status: 401,
        json: { errors: [{ message: 'Sign in.', extensions: { code: 'UNAUTHENTICATED' } }] },
      });
    });
    await board.handIn(title, 'My essay');
    await board.paid(title).waitFor();
    expect(sent).toHaveLength(2);
    expect(new Set(sent).size).toBe(1);
    expect(await ledger()).toHaveLength(1);
  });

  test('a reload in the middle of the request: it is sent again, and paid once', async () => {
    const board = await setting.openBoard();
    const [title] = setting.titles as [string];
    const sent = await onSubmission(board.page, async (route, nth) => {
      if (nth > 1) return route.continue();
      const request = route.request();
      await fetch(request.url(), { method: 'POST', headers: headersOf(request.headers()), body: request.postData() });
      // And then no answer, until the page is gone.
    });
    await board.handIn(title, 'My essay');
    await board.list.getByText('Sent once').waitFor();
    await board.comeBack(setting.student.name);
    await board.paid(title).waitFor();
    expect(new Set(sent).size).toBe(1);
    expect(await ledger()).toHaveLength(1);
  });
});

describe('refusals', () => {
  test('a closed assignment among three that wait holds up no other', async () => {
    const board = await setting.openBoard();
    const [one, closing, three] = setting.titles as [string, string, string];
    const sent: string[] = [];
    let isCut = true;
    await board.page.route('**/graphql', async (route) => {
      if (!isSubmission(route)) return route.fallback();
      if (isCut) return route.abort();
      const { content } = JSON.parse(route.request().postData()!).variables.input;
      sent.push(content);
      if (content !== 'for the closed one') return route.continue();
      const result = { __typename: 'Refusal', code: 'ASSIGNMENT_CLOSED', message: 'This assignment is closed.' };
      await route.fulfill({ json: { data: { result } } });
    });
    await board.handIn(one, 'first');
    await board.handIn(closing, 'for the closed one');
    await board.handIn(three, 'third');
    await board.list.nth(2).waitFor();
    isCut = false;
    await board.list.first().getByRole('button', { name: 'Try now' }).click();
    await board.paid(one).waitFor();
    await board.paid(three).waitFor();
    await board.list.getByText('This assignment is closed.').waitFor();
    expect(await board.list.count()).toBe(1);
    // The text is still there, and the person decides.
    expect(await board.text(closing).inputValue()).toBe('for the closed one');
    await board.list.getByRole('button', { name: 'Give up' }).click();
    await board.list.getByRole('button', { name: 'Undo' }).click();
    await board.list.getByText('This assignment is closed.').waitFor();
    expect(sent.filter((content) => content === 'for the closed one')).toHaveLength(1);
    await board.list.getByRole('button', { name: 'Send again' }).click();
    await until(() => sent.filter((content) => content === 'for the closed one').length === 2);
    expect(await ledger()).toHaveLength(2);
  });

  test('an edited text after a lost answer: the page says what happened, and offers to replace the text', async () => {
    const board = await setting.openBoard();
    const [title] = setting.titles as [string];
    await onSubmission(board.page, (route, nth) => (nth === 1 ? loseAnswer(route) : route.continue()));
    await board.page.clock.install();
    await board.handIn(title, 'First version');
    await board.list.getByText('Sent once').waitFor();
    await board.list.getByRole('button', { name: 'Give up' }).click();
    await board.list.getByText('may have reached the server').waitFor();
    await board.handIn(title, 'Second version');
    await board.page.clock.runFor(70_000);
    await board.assignment(title).getByText('You have already handed in another text').waitFor();
    expect(await board.text(title).inputValue()).toBe('Second version');
    await board.assignment(title).getByRole('button', { name: 'Replace the text' }).click();
    await board.assignment(title).getByText('Handed in: Second version').waitFor();
    expect(await ledger()).toHaveLength(1);
  });
});

describe('a draft', () => {
  test('survives a reload, and another tab that is not in use follows it', async () => {
    const board = await setting.openBoard();
    const [title] = setting.titles as [string];
    await board.text(title).fill('Half a sentence');
    await board.comeBack(setting.student.name);
    await board.text(title).waitFor();
    expect(await board.text(title).inputValue()).toBe('Half a sentence');
    const other = await secondTab(board);
    await other.text(title).waitFor();
    await board.text(title).fill('Half a sentence, and the rest');
    await other.page.waitForFunction(
      (label) => document.querySelector<HTMLInputElement>(`[aria-label="${label}"]`)?.value.endsWith('the rest'),
      `Text of ${title}`,
    );
  });

  test('that was edited while its request waited stays after the success', async () => {
    const board = await setting.openBoard();
    const [title] = setting.titles as [string];
    let isCut = true;
    await onSubmission(board.page, (route) => (isCut ? route.abort() : route.continue()));
    await board.handIn(title, 'As it was sent');
    await board.list.first().waitFor();
    await board.text(title).fill('As it was sent, and edited');
    isCut = false;
    await board.list.getByRole('button', { name: 'Try now' }).first().click();
    await board.paid(title).waitFor();
    await board.assignment(title).getByText('Handed in: As it was sent').waitFor();
    expect(await board.text(title).inputValue()).toBe('As it was sent, and edited');
  });
});

describe('tabs and accounts', () => {
  test('two tabs that come online together send each request once', async () => {
    const board = await setting.openBoard();
    const other = await secondTab(board);
    const [one, two] = setting.titles as [string, string];
    let isCut = true;
    const sent = await onSubmission(board.page.context(), (route) => (isCut ? route.abort() : route.continue()));
    await board.handIn(one, 'from the first tab');
    await other.handIn(two, 'from the second tab');
    await board.list.nth(1).waitFor();
    isCut = false;
    const before = sent.length;
    await Promise.all([board, other].map(({ page }) => page.evaluate(() => window.dispatchEvent(new Event('online')))));
    for (const tab of [board, other]) for (const title of [one, two]) await tab.paid(title).waitFor();
    expect(sent.slice(before)).toHaveLength(2);
    expect(await ledger()).toHaveLength(2);
  });

  test('the sign-out says what waits; another account does not send it; it goes out after the next sign-in', async () => {
    const board = await setting.openBoard();
    const [title] = setting.titles as [string];
    let isCut = true;
    const sent = await onSubmission(board.page, (route) => (isCut ? route.abort() : route.continue()));
    await board.handIn(title, 'My essay');
    await board.list.first().waitFor();
    const header = new Header(board.page);
    await header.signOut();
    const dialog = board.page.getByRole('dialog', { name: 'Some requests have not been sent yet' });
    await dialog.getByText('1 request waits to be sent').waitFor();
    await dialog.getByRole('button', { name: 'Sign out anyway' }).click();
    await board.page.getByRole('heading', { name: 'Sign in' }).waitFor();

    isCut = false;
    const before = sent.length;
    await board.signIn('Grace');
    await board.assignment(title).waitFor();
    expect(await board.list.count()).toBe(0);
    expect(await board.text(title).inputValue()).toBe('');
    await board.page.evaluate(() => window.dispatchEvent(new Event('online')));
    await header.signOut();
    await board.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(sent).toHaveLength(before);

    await board.signIn(setting.student.name);
    await board.paid(title).waitFor();
    expect(await ledger()).toHaveLength(1);
  });
});

describe.each([
  ['ahead', 3_600_000],
  ['behind', -3_600_000],
])('a device an hour %s', (_, offset) => {
  test('sends, repeats after a lost answer and is paid once, without refreshing all the time', async () => {
    const board = await setting.openDevice();
    await board.page.clock.install({ time: Date.now() + offset });
    await board.page.clock.resume();
    let refreshes = 0;
    board.page.on('request', (request) => {
      if ((request.postData() ?? '').includes('mutation RefreshSession')) refreshes += 1;
    });
    await board.openAs(setting.student.name);
    const [title] = setting.titles as [string];
    await onSubmission(board.page, (route, nth) => (nth === 1 ? loseAnswer(route) : route.continue()));
    await board.handIn(title, 'My essay');
    await board.paid(title).waitFor();
    expect(await ledger()).toHaveLength(1);
    expect(refreshes).toBeLessThanOrEqual(1);
  });
});
