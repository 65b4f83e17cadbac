/** A student's whole day in the demonstration class, from joining to the settings. */
import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { givenLongLedger } from './long-ledger.js';
import { HandInPage } from './pages/hand-in-page.js';
import { Header } from './pages/header.js';
import { HomePage } from './pages/home-page.js';
import { MyAssignmentsPage } from './pages/my-assignments-page.js';
import { pressIfThere } from './pages/press-if-there.js';
import { SettingsPage } from './pages/settings-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { SignUpPage } from './pages/sign-up-page.js';
import { useWebClient } from './web-client.js';

const client = useWebClient();
const ADA = { email: 'ada@demo.example', password: 'demo-password' };

test('a new student joins, hands in, rises, and finds it in the ledger, badges, charts and leaderboard', async () => {
  const { page, complaints, outsideRequests } = await client.openDevice({ timezoneId: 'Asia/Tokyo' });
  const header = new Header(page);
  await new SignUpPage(page).open();
  await new SignUpPage(page).signUp({ name: 'Mary', email: 'mary@example.org', password: 'a long password' });

  const home = new HomePage(page);
  await home.joinCourse('no such code');
  await home.form.problems.waitFor();
  expect(await home.form.problemAt('Join code')).toMatch(/code/);
  await home.joinCourse('demo 2026');
  await header.notice('You have joined Demo course.').waitFor();
  await home.dueNext.nth(4).waitFor();
  // What is overdue comes last, and may still be handed in.
  expect(await home.dueNext.first().textContent()).toContain('Sort ten cards');
  expect(await home.dueNext.last().textContent()).toMatch(/Explain recursion to a friend.*1 day ago/);
  await home.level(0).getByText('100 xp to level 1').waitFor();

  // In the student's own zone.
  await header.goTo('Assignments');
  const assignments = new MyAssignmentsPage(page);
  await assignments.assignment('Sort ten cards').waitFor();
  expect(await assignments.assignment('Sort ten cards').textContent()).toMatch(/GMT\+9.*in 1 day|GMT\+9.*in 23 hours/);
  expect(await assignments.assignment('Plan a small program').textContent()).toContain('+100');
  expect(await assignments.assignment('Set up your tools').textContent()).toContain('Closed');
  await assignments.show('Handed in');
  await assignments.noneOfThisKind.waitFor();
  await page.getByRole('button', { name: 'Clear the filter' }).click();

  await assignments.openAssignment('Read a proof');
  const handIn = new HandInPage(page);
  await page.getByText('Handing in now pays +100 aura and +100 xp.').waitFor();
  await page.getByText('It raises you to level 1.').waitFor();
  await handIn.handIn();
  expect(await handIn.form.problemAt('Text')).toBe('Write something first');
  await handIn.write('The third step.\n  It assumes what it shows.');
  await page.reload();
  await handIn.text.waitFor();
  expect(await handIn.text.inputValue()).toBe('The third step.\n  It assumes what it shows.');
  await handIn.handIn();
  await handIn.paid('+100 aura, +100 xp').waitFor();
  await handIn.heading('You are now on level 1').waitFor();
  await handIn.heading('New badges').waitFor();
  await handIn.line('+50').nth(1).waitFor();
  expect(await handIn.line('+50').count()).toBe(2);
  await handIn.handedIn.getByText('It assumes what it shows.').waitFor();

  await handIn.changeText('The second step.');
  await handIn.handedIn.getByText('The new text is saved.').waitFor();
  await handIn.handedIn.getByText('The second step.').waitFor();
  await handIn.paid('+100 aura, +100 xp').waitFor();
  expect(await handIn.text.count()).toBe(0);

  await header.goTo('Ledger');
  const row = page.getByRole('row', { name: 'Handed in: Read a proof' });
  await row.waitFor();
  expect(await row.textContent()).toMatch(/\+100.*Level 1/);
  expect(await page.getByRole('row').count()).toBe(2);

  await header.goTo('Badges');
  await page.getByRole('heading', { level: 2, name: 'You hold 1 badge' }).waitFor();
  await page.getByText('1 of 5 assignments handed in, 4 more').waitFor();
  await page.getByText('0 of 25 minutes of focus, 25 more').waitFor();

  await header.goTo('Progress');
  await page.getByRole('img', { name: '100 aura in 7 days' }).waitFor();
  for (const [link, finding] of [
    ['30 days', '100 aura in 30 days'],
    ['90 days', '100 aura in 90 days'],
  ] as const) {
    await page.getByRole('navigation', { name: 'Period' }).getByRole('link', { name: link }).click();
    await page.getByRole('img', { name: finding }).waitFor();
  }
  await page.getByRole('navigation', { name: 'Period' }).getByRole('link', { name: 'Calendar' }).click();
  await page.getByRole('slider', { name: '1 active day in 52 weeks' }).focus();
  await page
    .getByText(/^\d{1,2}\s\w{3}\s\d{4}: 100 aura$/)
    .first()
    .waitFor();

  await header.goTo('Leaderboard');
  for (const period of ['7 days', '30 days', 'All time']) {
    await page.getByRole('navigation', { name: 'Period' }).getByRole('link', { name: period }).click();
    await page.getByText(/You are number \d with 100 aura\./).waitFor();
    await page.getByRole('row', { name: 'Mary (you)' }).waitFor();
  }

  await header.goTo('Settings');
  await new SettingsPage(page).changeProfile({ name: 'Mary S.', timeZone: 'Europe/Paris', onLeaderboard: false });
  await header.notice('Your profile is saved.').waitFor();
  await header.signedInAs('Mary S.').waitFor();
  await header.goTo('Assignments');
  await assignments.assignment('Read a proof').getByText('Handed in, paid 100 aura').waitFor();
  expect(await assignments.assignment('Read a proof').textContent()).toMatch(/GMT\+[12]\b|CES?T/);
  expect({ complaints, outsideRequests }).toEqual({ complaints: [], outsideRequests: [] });
  await page.context().close();
});

test('a link of the teacher brings the join code', async () => {
  const { page } = await client.openDevice();
  await page.goto('/?join=DEMO-2026');
  await page.getByRole('link', { name: 'Create an account' }).click();
  await new SignUpPage(page).signUp({ name: 'Sophie', email: 'sophie@example.org', password: 'a long password' });
  await page.getByRole('button', { name: 'Join course' }).click();
  await new Header(page).notice('You have joined Demo course.').waitFor();
  expect(new URL(page.url()).search).toBe('');
  await page.context().close();
});

test('a link of the teacher leads a student who has a course to its code, and Enter joins', async () => {
  const teacher = await client.apiAs('teacher@demo.example');
  const { course } = await teacher.mutate('createCourse', { name: 'Second course' }, 'course { joinCode }');
  const { page } = await client.openDevice({ viewport: { width: 360, height: 740 } });
  await page.goto('/');
  await new SignInPage(page).signIn('alan@demo.example', 'demo-password');
  await page.getByRole('region', { name: 'Due next' }).waitFor();
  await page.goto(`/?join=${course.joinCode}`);
  const field = page.getByLabel('Join code');
  await field.waitFor();
  expect(await field.evaluate((input: HTMLInputElement) => [input.value, input === document.activeElement])).toEqual([
    course.joinCode,
    true,
  ]);
  const headings = page.getByRole('main').getByRole('heading', { level: 2 });
  expect(await headings.first().textContent()).toBe('Join a course');
  await page.keyboard.press('Enter');
  await new Header(page).notice('You have joined Second course.').waitFor();
  expect(new URL(page.url()).search).toBe('');
  expect(await headings.first().textContent()).toBe('Focus');
  await page.context().close();
});

test('a course without assignments is nothing that one has handed in', async () => {
  const teacher = await client.apiAs('teacher@demo.example');
  const { course } = await teacher.mutate('createCourse', { name: 'Not begun' }, 'course { joinCode }');
  const { page } = await client.openDevice();
  await new SignUpPage(page).open();
  await new SignUpPage(page).signUp({ name: 'Lise', email: 'lise@example.org', password: 'a long password' });
  await new HomePage(page).joinCourse(course.joinCode);
  await page.getByRole('region', { name: 'Due next' }).getByText('There are no assignments yet.').waitFor();
  await page.context().close();
});

test('a double click on "Hand in" is one submission, and one reward', async () => {
  const { page } = await client.openDevice();
  await page.goto('/assignments');
  await new SignInPage(page).signIn(ADA.email, ADA.password);
  await new MyAssignmentsPage(page).openAssignment('Find a bug');
  const handIn = new HandInPage(page);
  await handIn.write('It was off by one.');
  await page.getByRole('button', { name: 'Hand in', exact: true }).dblclick();
  await handIn.paid('+70 aura, +70 xp').waitFor();
  await new Header(page).goTo('Ledger');
  await page.getByRole('row', { name: 'Handed in: Find a bug' }).waitFor();
  expect(await page.getByRole('row').count()).toBe(2);
  await page.context().close();
});

test('with the keyboard alone, a student finds an assignment and hands it in', async () => {
  const { page } = await client.openDevice();
  await page.goto('/');
  await new SignInPage(page).signIn('edsger@demo.example', 'demo-password');
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  await tabTo(page, 'Assignments');
  await page.keyboard.press('Enter');
  await page.getByRole('table').waitFor();
  await tabTo(page, 'Plan a small program');
  await page.keyboard.press('Enter');
  const handIn = new HandInPage(page);
  await handIn.text.waitFor();
  for (let press = 0; press < 40 && !(await handIn.text.evaluate((one) => one === document.activeElement)); press += 1)
    await page.keyboard.press('Tab');
  await page.keyboard.type('Names, data, steps.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await handIn.paid('+100 aura, +100 xp').waitFor();
  await page.context().close();
});

test('a text that waits shows no points; one that came after another one can replace it', async () => {
  const [phone, laptop] = await Promise.all([client.openDevice(), client.openDevice()]);
  const pages = [phone, laptop].map(({ page }) => page) as [Page, Page];
  for (const page of pages) {
    await page.goto('/assignments');
    await new SignInPage(page).signIn('alan@demo.example', 'demo-password');
    await new MyAssignmentsPage(page).openAssignment('Read a proof');
    await new HandInPage(page).text.waitFor();
  }
  const [onPhone, onLaptop] = [new HandInPage(pages[0]), new HandInPage(pages[1])];
  await onPhone.write('Written on the phone.');
  await pages[0].route('**/graphql', (route) => route.abort());
  await onPhone.handIn();
  const waiting = pages[0].getByRole('article', { name: 'Hand in “Read a proof”' });
  await waiting.getByText(/without an answer|Stored on this device/).waitFor();
  expect(await onPhone.paid('+100 aura, +100 xp').count()).toBe(0);

  await onLaptop.write('Written on the laptop.');
  await onLaptop.handIn();
  await onLaptop.paid('+100 aura, +100 xp').waitFor();

  await pages[0].unroute('**/graphql');
  await pressIfThere(pages[0], 'Try now');
  await waiting.getByText('You have already handed in another text').waitFor();
  await waiting.getByRole('button', { name: 'Replace the text that was handed in' }).click();
  await onPhone.handedIn.getByText('Written on the phone.').waitFor();
  await onPhone.paid('+100 aura, +100 xp').waitFor();
  await Promise.all(pages.map((page) => page.context().close()));
});

test('a long ledger has pages', async () => {
  await givenLongLedger('katherine@demo.example', 60);
  const { page } = await client.openDevice();
  await page.goto('/ledger');
  await new SignInPage(page).signIn('katherine@demo.example', 'demo-password');
  await page.getByRole('table').waitFor();
  expect(await page.getByRole('row').count()).toBe(51);
  await page.getByRole('button', { name: 'Next page' }).click();
  await page.getByRole('row', { name: 'Handed in: Set up your tools' }).waitFor();
  await page.getByRole('button', { name: 'Previous page' }).click();
  await page.getByRole('row', { name: 'Handed in: Set up your tools' }).waitFor({ state: 'detached' });
  expect(await page.getByRole('row').count()).toBe(51);
  await page.context().close();
});

test('who is in no course reads on each page what to do, and an unknown assignment is no dead end', async () => {
  const { page } = await client.openDevice();
  await new SignUpPage(page).open();
  await new SignUpPage(page).signUp({ name: 'Emmy', email: 'emmy@example.org', password: 'a long password' });
  const header = new Header(page);
  await header.signedInAs('Emmy').waitFor();
  await page.getByRole('heading', { level: 2, name: 'Join your first course' }).waitFor();
  for (const [name, action] of [
    ['Assignments', 'Join a course'],
    ['Ledger', 'Open the timer'],
    ['Badges', 'See the assignments'],
    ['Progress', 'Open the timer'],
    ['Leaderboard', 'Join a course'],
  ] as const) {
    await header.goTo(name);
    await page.getByRole('main').getByRole('link', { name: action }).waitFor();
  }
  await page.goto('/assignments/6650f0f0f0f0f0f0f0f0f0f0');
  await page.getByText('There is no assignment at this address').waitFor();
  await page.getByRole('link', { name: 'All assignments' }).click();
  await page.getByRole('heading', { level: 1, name: 'Assignments' }).waitFor();
  await page.context().close();
});

async function tabTo(page: Page, name: string): Promise<void> {
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press('Tab');
    if ((await page.evaluate(() => document.activeElement?.textContent)) === name) return;
  }
  throw new Error(`"${name}" is not reached by the keyboard.`);
}
