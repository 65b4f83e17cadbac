/** The live feed between a real browser and the real server. */
import { describe, expect, test } from '@jest/globals';
import { useNewStudents } from '../new-students.js';
import { SignInPage } from '../pages/sign-in-page.js';
import type { StudentDevice } from '../pages/student-device.js';

const setting = useNewStudents();

const isLive = ({ page }: StudentDevice) => page.getByText('Your rewards and timer arrive by themselves.');
const rowOf = ({ page }: StudentDevice, title: string) => page.getByRole('row', { name: `Handed in: ${title}` });

describe('two devices of one student', () => {
  test('a reward that one device brings in appears on the other, and a cut socket loses none', async () => {
    const laptop = await setting.signedIn();
    await laptop.header.goTo('Ledger');
    await isLive(laptop).waitFor();
    const phone = await setting.signedIn();
    const [one, two, three] = setting.titles as [string, string, string];
    await phone.handIn(one, 'From the phone');
    await rowOf(laptop, one).waitFor();

    // The network is away: the socket freezes, and the feed starts anew when the browser reports a network.
    await laptop.page.context().setOffline(true);
    await phone.handIn(two, 'From the phone');
    await phone.assignment.anyPaid.waitFor();
    expect(await rowOf(laptop, two).count()).toBe(0);
    await laptop.page.context().setOffline(false);
    await rowOf(laptop, two).waitFor();
    await isLive(laptop).waitFor();
    await phone.handIn(three, 'From the phone');
    await rowOf(laptop, three).waitFor();
  });

  test('a sign-out closes the feed for good', async () => {
    const { page, header } = await setting.signedIn();
    await page.getByText('Your rewards and timer arrive by themselves.').waitFor();
    const opened: string[] = [];
    page.on('websocket', (socket) => opened.push(socket.url()));
    await header.signOut();
    await new SignInPage(page).heading.waitFor();
    // After a loss, the feed waits half a second before it connects again.
    await page.waitForTimeout(3_000);
    expect(opened).toEqual([]);
  });
});
