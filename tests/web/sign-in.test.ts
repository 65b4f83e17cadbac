import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { clientOf } from '../support/client.js';
import { Header } from './pages/header.js';
import { SettingsPage } from './pages/settings-page.js';
import { SignInPage } from './pages/sign-in-page.js';
import { SignUpPage } from './pages/sign-up-page.js';
import { problemsInEachLook, useWebClient } from './web-client.js';

const client = useWebClient();
const ADA = { email: 'ada@demo.example', password: 'demo-password' };

describe('a visitor', () => {
  test('creates an account, signs out, and signs in again', async () => {
    const { page, complaints, outsideRequests } = await client.openDevice();
    const mary = { name: 'Mary Somerville', email: 'mary@example.org', password: 'a long password' };
    await new SignInPage(page).open();
    await page.getByRole('link', { name: 'Create an account' }).click();
    await new SignUpPage(page).signUp(mary);

    const header = new Header(page);
    await header.signedInAs('Mary Somerville').waitFor();
    await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
    await page.getByText('0 of 100 xp').first().waitFor();

    await header.signOut();
    await header.notice('You are signed out.').waitFor();
    expect(await page.getByRole('banner').getByText('Mary').count()).toBe(0);

    await new SignInPage(page).signIn(mary.email, mary.password);
    await header.signedInAs('Mary Somerville').waitFor();
    expect({ complaints, outsideRequests }).toEqual({ complaints: [], outsideRequests: [] });
    await page.context().close();
  });

  test('with a wrong password reads at the form what is wrong, and keeps the input', async () => {
    const { page } = await client.openDevice();
    const signIn = new SignInPage(page);
    await signIn.open();
    await signIn.signIn(ADA.email, 'not the password');
    await signIn.form.problems.getByText('password').waitFor();
    await signIn.form.problems.getByRole('heading', { name: 'This did not work' }).waitFor();
    expect(await signIn.form.problems.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await page.getByLabel('E-mail address').inputValue()).toBe(ADA.email);
    await page.context().close();
  });

  test('who has tried too often reads in how many minutes the next try is allowed', async () => {
    const wrong = { email: 'edsger@demo.example', password: 'not the password' };
    for (let count = 0; count < 10; count += 1) await clientOf(client.url).mutate('signIn', wrong, 'accessToken');
    const { page } = await client.openDevice();
    const signIn = new SignInPage(page);
    await signIn.open();
    await signIn.signIn(wrong.email, wrong.password);
    await signIn.form.problems.getByText(/Try again in 1\d minutes\./).waitFor();
    await page.context().close();
  });

  test('who leaves fields empty reads it at each field and in the summary', async () => {
    const { page } = await client.openDevice();
    const signIn = new SignInPage(page);
    await signIn.open();
    await signIn.form.send('Sign in');
    await signIn.form.problems.getByText('There are problems with 2 fields').waitFor();
    expect(await signIn.form.problemAt('E-mail address')).toBe('Enter your e-mail address');
    expect(await signIn.form.problemAt('Password')).toBe('Enter your password');

    await signIn.form.problems.getByRole('button', { name: 'Enter your password' }).click();
    await page.keyboard.type(ADA.password);
    expect(await page.getByLabel('Password').inputValue()).toBe(ADA.password);
    await page.context().close();
  });

  test("reads the server's refusal at the field that it is about", async () => {
    const { page } = await client.openDevice();
    const signUp = new SignUpPage(page);
    await signUp.open();
    await signUp.signUp({ name: 'Ada', email: ADA.email, password: 'a long password' });
    await signUp.form.problems.waitFor();
    expect(await signUp.form.problemAt('E-mail address')).toMatch(/account/);

    await signUp.signUp({ name: 'Ada', email: 'no address', password: 'a long password' });
    await page.context().close();
  });

  test('who opens a page signs in first, and then sees that page', async () => {
    const { page } = await client.openDevice();
    await page.goto('/settings');
    await new SignInPage(page).signIn(ADA.email, ADA.password);
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    await page.context().close();
  });

  test('does it all by keyboard', async () => {
    const { page } = await client.openDevice();
    await new SignInPage(page).open();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    await page.keyboard.press('Tab');
    await page.keyboard.type(ADA.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(ADA.password);
    await page.keyboard.press('Enter');
    await new Header(page).signedInAs('Ada').waitFor();
    await focusedHeading(page, 'Home');

    await tabTo(page, 'Settings');
    await page.keyboard.press('Enter');
    await focusedHeading(page, 'Settings');
    await tabTo(page, 'Sign out');
    await page.keyboard.press('Enter');
    await new SignInPage(page).heading.waitFor();
    await page.context().close();
  });
});

test('an address without a page says so and leads home', async () => {
  const { page } = await client.openDevice();
  await page.goto('/no/such/page');
  await new SignInPage(page).signIn(ADA.email, ADA.password);
  await page.getByRole('heading', { level: 1, name: 'There is no page at this address' }).waitFor();
  await page.getByRole('link', { name: 'Go to the home page' }).click();
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  await page.context().close();
});

test('two tabs share the sign-in and the sign-out', async () => {
  const { page } = await client.openDevice();
  const other = await page.context().newPage();
  await other.goto('/');
  await page.goto('/');
  await new SignInPage(page).signIn(ADA.email, ADA.password);
  await new Header(other).signedInAs('Ada').waitFor();
  await new Header(other).signOut();
  await new SignInPage(page).heading.waitFor();
  await page.context().close();
});

test('who signs in next on the device sees no notice of the one before', async () => {
  const { page } = await client.openDevice();
  const header = new Header(page);
  await page.goto('/settings');
  await new SignInPage(page).signIn(ADA.email, ADA.password);
  await new SettingsPage(page).form.send('Save');
  await header.notice('Your profile is saved.').waitFor();
  await header.signOut();
  await header.notice('You are signed out.').waitFor();
  expect(await header.notice('Your profile is saved.').count()).toBe(0);
  await new SignInPage(page).signIn('grace@demo.example', 'demo-password');
  await header.signedInAs('Grace').waitFor();
  await page.getByRole('region', { name: 'Notices' }).getByRole('button').waitFor({ state: 'detached' });
  await page.context().close();
});

test('the pages of a visitor are accessible in each look, and fit each screen, with and without problems', async () => {
  const { page } = await client.openDevice({ reducedMotion: 'reduce' });
  const signIn = new SignInPage(page);
  await signIn.open();
  expect(await problemsInEachLook(page, 360)).toEqual([]);
  await signIn.form.send('Sign in');
  await signIn.form.problems.waitFor();
  expect(await problemsInEachLook(page, 360)).toEqual([]);
  await new SignUpPage(page).open();
  expect(await problemsInEachLook(page, 360)).toEqual([]);
  await page.context().close();
});

test('the chosen theme holds, whatever the device prefers', async () => {
  const { page } = await client.openDevice({ colorScheme: 'light' });
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.goto('/settings');
  await new SignInPage(page).signIn(ADA.email, ADA.password);
  const light = await background();
  await page.getByLabel('Theme').selectOption('Dark');
  expect(await background()).not.toBe(light);
  await page.reload();
  await page.getByRole('main').waitFor();
  expect(await background()).not.toBe(light);
  await page.context().close();
});

async function tabTo(page: Page, name: string): Promise<void> {
  for (let press = 0; press < 30; press += 1) {
    await page.keyboard.press('Shift+Tab');
    if ((await page.evaluate(() => document.activeElement?.textContent)) === name) return;
  }
  throw new Error(`"${name}" is not reached by the keyboard.`);
}

async function focusedHeading(page: Page, name: string): Promise<void> {
  await page.waitForFunction(
    (text) => document.activeElement?.tagName === 'H1' && document.activeElement.textContent === text,
    name,
  );
}
