/** Names, titles and texts that people choose: long ones, and those that are read from right to left. */
import { beforeAll, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { clientOf } from '../support/client.js';
import { Header } from './pages/header.js';
import { SignInPage } from './pages/sign-in-page.js';
import { goWithin, isTooWide, MANY_PAGES_WITHIN_MS, useWebClient } from './web-client.js';

const web = useWebClient();
const NAME = 'W'.repeat(80);
const COURSE = 'M'.repeat(50);
const TITLE = 'M'.repeat(200);
const WIDTHS = [320, 360, 1_280];
const GREETING = 'שלום לכולם!';

let ids: Record<'course' | 'assignment' | 'submission' | 'student', string>;

beforeAll(async () => {
  const teacher = await web.apiAs('teacher@demo.example');
  const { course } = await teacher.mutate('createCourse', { name: COURSE }, 'course { id joinCode }');
  const input = { courseId: course.id, instructions: `${TITLE}\n${GREETING}`, dueDate: '2035-07-03T18:00:00Z' };
  const { assignment } = await teacher.mutate('createAssignment', { ...input, title: TITLE }, 'assignment { id }');
  await teacher.mutate('createAssignment', { ...input, title: GREETING });
  const account = { email: 'long@demo.example', password: 'demo-password', displayName: NAME, timeZone: 'UTC' };
  const { accessToken, user } = await clientOf(web.url).mutate('signUp', account, 'accessToken user { id }');
  const student = clientOf(web.url, accessToken);
  await student.mutate('joinCourse', { joinCode: course.joinCode });
  const handIn = { assignmentId: assignment.id, content: TITLE, idempotencyKey: 'long' };
  const { submission } = await student.mutate('submitAssignment', handIn, 'submission { id }');
  ids = { course: course.id, assignment: assignment.id, submission: submission.id, student: user.id };
});

async function openAs(email: string, name: string): Promise<Page> {
  const { page } = await web.openDevice();
  await page.goto('/');
  await new SignInPage(page).signIn(email, 'demo-password');
  await new Header(page).signedInAs(name).waitFor();
  return page;
}

/** The pages on which something is wider than a screen. @param pages the address of each, and a text on it when it has loaded */
async function tooWide(page: Page, pages: readonly (readonly [string, string])[]): Promise<string[]> {
  const problems: string[] = [];
  for (const [path, text] of pages) {
    await goWithin(page, path);
    // A choice in a list is there without being visible.
    await page.getByRole('main').getByText(text).first().waitFor({ state: 'attached' });
    for (const width of WIDTHS) if (await isTooWide(page, width)) problems.push(`${path} is too wide for ${width} px`);
  }
  return problems;
}

test(
  'long names make no page wider than the screen of a student',
  async () => {
    const page = await openAs('long@demo.example', NAME);
    const pages = [
      ['/', GREETING],
      ['/focus', GREETING],
      ['/assignments', TITLE],
      [`/assignments/${ids.assignment}`, 'Handed in'],
      ['/ledger', TITLE],
      ['/leaderboard/all-time', NAME],
      ['/settings', 'Time zone'],
    ] as const;
    expect(await tooWide(page, pages)).toEqual([]);
    await page.context().close();
  },
  MANY_PAGES_WITHIN_MS,
);

test(
  'long names make no page wider than the screen of a teacher',
  async () => {
    const page = await openAs('teacher@demo.example', 'Demo Teacher');
    const course = `/courses/${ids.course}`;
    const assignment = `${course}/assignments/${ids.assignment}`;
    const pages = [
      ['/', COURSE],
      [course, NAME],
      [`${course}/students/${ids.student}`, TITLE],
      [`${course}/assignments`, TITLE],
      [assignment, NAME],
      [`${assignment}/change`, 'Instructions'],
      [`${assignment}/submissions/${ids.submission}`, '1 of 1'],
      [`${course}/live`, TITLE],
    ] as const;
    expect(await tooWide(page, pages)).toEqual([]);
    await page.context().close();
  },
  MANY_PAGES_WITHIN_MS,
);

/** Whether the last character stands to the left of the first one. */
const readsFromTheRight = (text: Locator): Promise<boolean> =>
  text.evaluate((element, words) => {
    const node = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode()!;
    const from = node.textContent!.indexOf(words);
    const leftOf = (offset: number) => {
      const range = document.createRange();
      range.setStart(node, from + offset);
      range.setEnd(node, from + offset + 1);
      return range.getBoundingClientRect().left;
    };
    return leftOf(words.length - 1) < leftOf(0);
  }, GREETING);

test('a sentence in Hebrew ends on the left: as a title, as a link, and in a text', async () => {
  const page = await openAs('long@demo.example', NAME);
  const link = page.getByRole('link', { name: GREETING });
  await link.waitFor();
  expect(await readsFromTheRight(link)).toBe(true);
  await link.click();
  const title = page.getByRole('heading', { level: 1, name: GREETING });
  await title.waitFor();
  expect(await readsFromTheRight(title)).toBe(true);
  expect(await readsFromTheRight(page.locator('.long-text'))).toBe(true);
  await page.context().close();
});
