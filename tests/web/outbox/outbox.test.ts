import { describe, expect, jest, test } from '@jest/globals';
import { set } from 'idb-keyval';
import type { Entry, Request } from '../../../web/app/outbox/entry.js';
import { createBrowser, settled } from './browser-model.js';

const submission = (more: Partial<Request> = {}): Request => ({
  accountId: 'ada',
  query: 'mutation Submit',
  variables: (idempotencyKey) => ({ input: { assignmentId: 'a1', content: 'My text', idempotencyKey } }),
  subject: 'assignment:a1',
  label: 'Hand in "Essay"',
  href: '/assignments/a1',
  draft: 'My text',
  ...more,
});

const accepted = { kind: 'accepted', result: { __typename: 'SubmitAssignmentPayload' }, at: 2_000 } as const;
const refused = {
  kind: 'refused',
  refusal: { code: 'ASSIGNMENT_CLOSED', message: 'Closed.', requestId: null },
  at: 2_000,
} as const;

describe('a click', () => {
  test('is stored with its key, and a reload finds it', async () => {
    const browser = createBrowser();
    const tab = browser.openTab();
    const entry = await tab.outbox.add(submission());
    expect(entry).toMatchObject({ accountId: 'ada', attempts: 0, outcome: { kind: 'waiting' }, createdAt: 1_000 });
    expect(entry.variables).toEqual({
      input: { assignmentId: 'a1', content: 'My text', idempotencyKey: entry.id },
    });
    tab.close();
    expect(await browser.openTab().outbox.entriesOf('ada')).toEqual([entry]);
  });

  test('is committed as soon as it is written: the tab may be closed before it hears of that', async () => {
    const { outbox } = createBrowser().openTab();
    await settled();
    const put = jest.spyOn(IDBObjectStore.prototype, 'put');
    const commit = jest.spyOn(IDBTransaction.prototype, 'commit');
    await outbox.add(submission());
    const [[wrote], [committed]] = [put, commit].map(({ mock }) => mock.invocationCallOrder) as [number[], number[]];
    expect(committed).toBe(wrote! + 1);
    put.mockRestore();
    commit.mockRestore();
  });

  test('a double click, also in two tabs, is one entry', async () => {
    const browser = createBrowser();
    const [one, other] = [browser.openTab().outbox, browser.openTab().outbox];
    const entries = await Promise.all([one.add(submission()), one.add(submission()), other.add(submission())]);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(1);
    expect(await one.entriesOf('ada')).toHaveLength(1);
  });

  test('several requests are stored together, each with its key, and a double click stores none of them again', async () => {
    const { outbox } = createBrowser().openTab();
    const portions = ['p1', 'p2', 'p3'].map((subject) => submission({ subject, memo: { of: subject } }));
    const [once, twice] = await Promise.all([outbox.addAll(portions), outbox.addAll(portions)]);
    expect(new Set(once.map(({ id }) => id)).size).toBe(3);
    expect(twice).toEqual(once);
    expect((await outbox.entriesOf('ada')).map(({ memo }) => memo)).toEqual(portions.map(({ memo }) => memo));
  });

  test('the entries stay in the order of the clicks, although the clock was set back between them', async () => {
    const times = [5_000, 4_000, 4_000, 6_000];
    const browser = createBrowser({ now: () => times.shift()! });
    const subjects = ['p1', 'p2', 'p3', 'p4'];
    for (const subject of subjects) await browser.openTab().outbox.add(submission({ subject }));
    const stored = await browser.openTab().outbox.entriesOf('ada');
    expect(stored.map(({ subject }) => subject)).toEqual(subjects);
    expect(stored.map(({ createdAt }) => createdAt)).toEqual([5_000, 4_000, 4_000, 6_000]);
  });

  test('an entry of an earlier version, which did not count, comes first', async () => {
    const browser = createBrowser();
    const { outbox } = browser.openTab();
    const { sequence, ...former } = await outbox.add(submission({ subject: 'p1' }));
    await set(former.id, former, browser.database);
    const added = await outbox.add(submission({ subject: 'p2' }));
    expect([sequence, added.sequence]).toEqual([1, 1]);
    expect(await outbox.entriesOf('ada')).toEqual([former, added]);
  });

  test('of several requests, none is stored if one cannot be', async () => {
    const { outbox } = createBrowser().openTab();
    const broken = submission({ subject: 'p2', variables: () => () => 'a function cannot be stored' });
    await expect(outbox.addAll([submission({ subject: 'p1' }), broken])).rejects.toThrow();
    expect(await outbox.entriesOf('ada')).toEqual([]);
  });

  test('the same subject of two accounts is two entries, and each sees its own', async () => {
    const { outbox } = createBrowser().openTab();
    await outbox.add(submission());
    await outbox.add(submission({ accountId: 'grace' }));
    expect((await outbox.entriesOf('ada')).map(({ accountId }) => accountId)).toEqual(['ada']);
    expect((await outbox.entriesOf('grace')).map(({ accountId }) => accountId)).toEqual(['grace']);
  });

  test('after a refusal it is a new request with a new key, which takes the place of the refused one', async () => {
    const { outbox } = createBrowser().openTab();
    const first = await outbox.add(submission());
    await outbox.settle(first.id, refused);
    const second = await outbox.add(submission());
    expect(second.id).not.toBe(first.id);
    expect(await outbox.entriesOf('ada')).toEqual([second]);
  });

  test('what cannot be stored is not half stored', async () => {
    const { outbox } = createBrowser().openTab();
    const first = await outbox.add(submission());
    await outbox.settle(first.id, refused);
    await expect(outbox.add(submission({ variables: () => () => 'no data' }))).rejects.toThrow();
    expect((await outbox.entriesOf('ada')).map(({ id }) => id)).toEqual([first.id]);
  });
});

describe('an outcome', () => {
  const outcomeOf = async (entries: Promise<readonly Entry[]>) => (await entries)[0]?.outcome.kind;

  test('comes once', async () => {
    const { outbox } = createBrowser().openTab();
    const { id } = await outbox.add(submission());
    await outbox.settle(id, accepted);
    await outbox.settle(id, refused);
    expect(await outcomeOf(outbox.entriesOf('ada'))).toBe('accepted');
  });

  test('a dropped entry that the server has paid after all shows that', async () => {
    const { outbox } = createBrowser().openTab();
    const { id } = await outbox.add(submission());
    await outbox.begin(id);
    await outbox.drop(id);
    await outbox.settle(id, refused);
    expect(await outcomeOf(outbox.entriesOf('ada'))).toBe('dropped');
    await outbox.settle(id, accepted);
    expect(await outcomeOf(outbox.entriesOf('ada'))).toBe('accepted');
  });

  test('a refused entry waits again under the same key, an accepted one never', async () => {
    const { outbox } = createBrowser().openTab();
    const entry = await outbox.add(submission());
    await outbox.settle(entry.id, refused);
    await outbox.retry(entry.id);
    expect(await outbox.entriesOf('ada')).toEqual([entry]);
    await outbox.settle(entry.id, accepted);
    await outbox.retry(entry.id);
    expect(await outcomeOf(outbox.entriesOf('ada'))).toBe('accepted');
  });

  test('giving up is undone: what waited waits again, what was refused is refused again', async () => {
    const { outbox } = createBrowser().openTab();
    const { id } = await outbox.add(submission());
    await outbox.drop(id);
    await outbox.retry(id);
    expect(await outcomeOf(outbox.entriesOf('ada'))).toBe('dropped');
    await outbox.undoDrop(id);
    expect(await outcomeOf(outbox.entriesOf('ada'))).toBe('waiting');
    await outbox.settle(id, refused);
    await outbox.drop(id);
    await outbox.undoDrop(id);
    expect((await outbox.entriesOf('ada'))[0]?.outcome).toEqual(refused);
  });

  test('what waits cannot be dismissed, and what was dropped does not begin', async () => {
    const { outbox } = createBrowser().openTab();
    const { id } = await outbox.add(submission());
    await outbox.dismiss(id);
    expect(await outcomeOf(outbox.entriesOf('ada'))).toBe('waiting');
    await outbox.drop(id);
    expect(await outbox.begin(id)).toBeNull();
    await outbox.dismiss(id);
    expect(await outbox.entriesOf('ada')).toEqual([]);
  });
});

test('every tab learns of a change in any of them', async () => {
  const browser = createBrowser();
  const [one, other] = [browser.openTab().outbox, browser.openTab().outbox];
  await settled();
  expect(other.snapshot()).toEqual([]);
  let calls = 0;
  other.subscribe(() => {
    calls += 1;
  });
  const entry = await one.add(submission());
  expect(one.snapshot()).toEqual([entry]);
  await settled();
  expect(calls).toBeGreaterThan(0);
  expect(other.snapshot()).toEqual([entry]);
});
