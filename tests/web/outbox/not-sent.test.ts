/** The page of what was not accepted, in the built client. */
import { expect, test } from '@jest/globals';
import { Header } from '../pages/header.js';
import { NotSentPage } from '../pages/not-sent-page.js';
import { SignInPage } from '../pages/sign-in-page.js';
import { entryOf, storeEntries } from '../stored-entries.js';
import { accessibilityProblems, useWebClient } from '../web-client.js';

const client = useWebClient();

test.each(['light', 'dark'] as const)(
  'says what waits and what was refused, on a narrow %s screen',
  async (colorScheme) => {
    const { page } = await client.openDevice({ colorScheme, viewport: { width: 320, height: 640 } });
    await page.route('**/graphql', (route) =>
      (route.request().postData() ?? '').includes('Stored') ? route.abort() : route.fallback(),
    );
    await new SignInPage(page).open();
    await new SignInPage(page).signIn('grace@demo.example', 'demo-password');
    await new Header(page).signedInAs('Grace').waitFor();
    const { id } = await page.evaluate(() => JSON.parse(localStorage.getItem('auraledger-session')!));
    const refusal = { message: 'This assignment is closed.', requestId: 'r-9' };
    await storeEntries(page, [
      entryOf(id, 'End the focus session'),
      entryOf(id, 'Hand in "Essay"', {
        outcome: { kind: 'refused', at: 1, refusal: { ...refusal, code: 'FORBIDDEN' } },
      }),
      entryOf(id, 'Hand in "Loops"', {
        outcome: { kind: 'refused', at: 1, refusal: { ...refusal, code: 'ALREADY_SUBMITTED' } },
      }),
      entryOf(id, 'Hand in "Proofs"', {
        attempts: 2,
        outcome: { kind: 'dropped', at: Date.now(), was: { kind: 'waiting' } },
      }),
      entryOf(id, 'Hand in "Novel"', {
        draft: 'A long text',
        outcome: { kind: 'refused', at: 1, refusal: { ...refusal, code: 'BAD_USER_INPUT' } },
      }),
      entryOf('somebody else', 'Hand in "Secret"'),
    ]);
    await page.evaluate(() => new BroadcastChannel('auraledger-outbox').postMessage('changed'));
    await page.getByRole('link', { name: '1 request waits, 3 were refused' }).waitFor();

    const list = new NotSentPage(page);
    await list.open();
    await list.request('End the focus session').getByText('without an answer so far').waitFor();
    await list.request('Hand in "Essay"').getByText('This assignment is closed.').waitFor();
    await list.request('Hand in "Essay"').getByText('Request r-9').waitFor();
    await list.request('Hand in "Loops"').getByText('You have already handed in another text').waitFor();
    await list.request('Hand in "Proofs"').getByText('may have reached the server').waitFor();
    expect(await page.getByText('Secret').count()).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);

    // By keyboard: discard one, remove one, and give up another and take that back.
    const wrong = list.request('Hand in "Novel"');
    await wrong.getByRole('link', { name: 'Change the text' }).waitFor();
    expect(await wrong.getByRole('button').allTextContents()).toEqual(['Discard']);
    await wrong.getByRole('button', { name: 'Discard' }).press('Enter');
    await wrong.waitFor({ state: 'detached' });
    await list.request('Hand in "Proofs"').getByRole('button', { name: 'Remove from this list' }).press('Enter');
    await list.request('Hand in "Proofs"').waitFor({ state: 'detached' });
    await list.request('Hand in "Essay"').getByRole('button', { name: 'Give up' }).press('Enter');
    await list.request('Hand in "Essay"').getByText('You gave it up').waitFor();
    await list.request('Hand in "Essay"').getByRole('button', { name: 'Undo' }).press('Enter');
    await list.request('Hand in "Essay"').getByText('This assignment is closed.').waitFor();
    await page.context().close();
  },
);
