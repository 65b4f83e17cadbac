/** The live feed between a real browser and the real server. */
import { describe, expect, test } from '@jest/globals';
import { useBoard } from '../outbox/use-board.js';

const setting = useBoard();

describe('two devices of one student', () => {
  test('a reward that one device brings in appears on the other, and a cut socket loses none', async () => {
    const laptop = await setting.openBoard('/#live');
    await laptop.live.getByText('The feed is live:').waitFor();
    const phone = await setting.openBoard();
    const [one, two, three] = setting.titles as [string, string, string];
    await phone.handIn(one, 'From the phone');
    await laptop.live.getByText('The feed is live: 1', { exact: true }).waitFor();

    // The network is away: the socket freezes, and the feed starts anew when the browser reports a network.
    await laptop.page.context().setOffline(true);
    await phone.handIn(two, 'From the phone');
    await phone.paid(two).waitFor();
    await laptop.page.context().setOffline(false);
    await laptop.live.getByText('The feed is live: 1 2', { exact: true }).waitFor();
    await phone.handIn(three, 'From the phone');
    await laptop.live.getByText('The feed is live: 1 2 3', { exact: true }).waitFor();
    expect(await laptop.live.textContent()).not.toContain('lost');
  });

  test('a sign-out closes the feed for good', async () => {
    const board = await setting.openBoard('/#live');
    await board.live.getByText('The feed is live:').waitFor();
    const closed = board.page.waitForEvent('websocket', { timeout: 3_000 }).then(
      () => 'another socket',
      () => 'no other socket',
    );
    await setting.student.client.ask('mutation { signOut }');
    await board.page.getByRole('button', { name: 'Sign out' }).click();
    await board.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await closed).toBe('no other socket');
  });
});
