import 'fake-indexeddb/auto';
import { expect, test } from '@jest/globals';
import { createStore } from 'idb-keyval';
import { createDrafts } from '../../../web/app/kept/drafts.js';
import { createKeptAnswers } from '../../../web/app/kept/kept-answers.js';
import { channelBus, settled } from '../outbox/browser-model.js';

let databases = 0;
function newBrowser() {
  databases += 1;
  const database = createStore(`kept-${databases}`, 'texts');
  const bus = channelBus();
  return { database, openTab: () => createDrafts(database, bus.open()) };
}

test('a draft is there after a reload, for its account and subject only', async () => {
  const { openTab } = newBrowser();
  await openTab().save('ada', 'assignment:1', 'Half a sentence');
  const reloaded = openTab();
  expect(await reloaded.load('ada', 'assignment:1')).toBe('Half a sentence');
  expect(await reloaded.load('ada', 'assignment:2')).toBe('');
  expect(await reloaded.load('grace', 'assignment:1')).toBe('');
});

test('however fast somebody types, the last text is the one that is stored', async () => {
  const { openTab } = newBrowser();
  const drafts = openTab();
  const text = 'All that was typed, letter by letter';
  await Promise.all(Array.from(text, (_, index) => drafts.save('ada', 'essay', text.slice(0, index + 1))));
  expect(await openTab().load('ada', 'essay')).toBe(text);
});

test('a success deletes the text that was sent, and no other', async () => {
  const { openTab } = newBrowser();
  const drafts = openTab();
  await drafts.save('ada', 'essay', 'Sent, and then edited');
  await drafts.clear('ada', 'essay', 'Sent');
  expect(await drafts.load('ada', 'essay')).toBe('Sent, and then edited');
  const saving = drafts.save('ada', 'essay', 'Sent');
  await Promise.all([saving, drafts.clear('ada', 'essay', 'Sent')]);
  expect(await drafts.load('ada', 'essay')).toBe('');
});

test('other tabs learn of a change, and this one of a success', async () => {
  const { openTab } = newBrowser();
  const [one, other] = [openTab(), openTab()];
  const told: string[] = [];
  one.subscribe((account, subject) => told.push(`one ${account} ${subject}`));
  other.subscribe((account, subject) => told.push(`other ${account} ${subject}`));
  await one.save('ada', 'essay', 'Text');
  await settled();
  expect(told).toEqual(['other ada essay']);
  await one.clear('ada', 'essay', 'Text');
  await settled();
  expect(told.slice(1).sort()).toEqual(['one ada essay', 'other ada essay']);
});

test('an answer is kept with its time, for its account, until the sign-out', async () => {
  const { database } = newBrowser();
  const kept = createKeptAnswers(database);
  kept.save('ada', 'Home', { data: { me: { xp: 40 } }, asOf: 7_000 });
  await settled();
  expect(await kept.load('ada', 'Home')).toEqual({ data: { me: { xp: 40 } }, asOf: 7_000 });
  expect(await kept.load('grace', 'Home')).toBeNull();
  await kept.clear();
  expect(await kept.load('ada', 'Home')).toBeNull();
});

test('an answer of which nobody has asked for a month is deleted', async () => {
  const kept = createKeptAnswers(newBrowser().database);
  const day = 24 * 60 * 60_000;
  kept.save('ada', 'Old', { data: {}, asOf: 1 * day });
  kept.save('ada', 'New', { data: {}, asOf: 20 * day });
  await settled();
  await kept.forgetOld(40 * day);
  expect(await kept.load('ada', 'Old')).toBeNull();
  expect(await kept.load('ada', 'New')).not.toBeNull();
});

test('a browser that refuses to store has no kept answer, and nothing breaks', async () => {
  const refusing = createKeptAnswers(() => Promise.reject(new DOMException('full', 'QuotaExceededError')));
  refusing.save('ada', 'Home', { data: {}, asOf: 1 });
  expect(await refusing.load('ada', 'Home')).toBeNull();
});
