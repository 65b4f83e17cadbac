import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fastify from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { graphiqlPage } from '../../src/http/graphiql.js';
import { launchBrowser, openWatchedPage } from '../support/browser.js';
import { useServer } from '../support/client.js';
import { until } from '../support/until.js';

const project = fileURLToPath(new URL('../..', import.meta.url));

const server = useServer({ demonstration: true });
let browser: Browser;

beforeAll(async () => {
  const problem = process.env.AURALEDGER_PAGES_PROBLEM;
  if (problem !== undefined) throw new Error(`The pages were not built: ${problem}`);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
});

describe('the page as it is served', () => {
  test('an address without the final slash redirects to the page', async () => {
    const answer = await fetch(`${server.url}/graphiql`, { redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe('/graphiql/');
  });

  test('browsers revalidate the page each time, and its hashed assets never', async () => {
    const page = await fetch(`${server.url}/graphiql/`);
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const [asset] = (await page.text()).match(/\/graphiql\/assets\/[^"]+\.js/) ?? [];
    expect((await fetch(`${server.url}${asset}`)).headers.get('cache-control')).toContain('immutable');
  });

  test('its policy allows scripts, workers, fonts and requests of this server only', async () => {
    const policy = (await fetch(`${server.url}/graphiql/`)).headers.get('content-security-policy') ?? '';
    const directives = new Map(policy.split('; ').map((directive) => directive.split(/ (.*)/s) as [string, string]));
    expect(directives.get('default-src')).toBe("'none'");
    for (const name of ['script-src', 'worker-src', 'font-src', 'connect-src']) {
      expect(directives.get(name)).toBe("'self'");
    }
  });

  test('if the page has not been built, the answer is 503 and says what to do', async () => {
    const app = fastify();
    await app.register(graphiqlPage, { root: join(project, 'dist/web/not-there') });
    for (const url of ['/graphiql', '/graphiql/', '/graphiql/assets/index.js']) {
      const answer = await app.inject({ url });
      expect(answer.statusCode).toBe(503);
      expect(answer.body).toContain('npm run build');
    }
    await app.close();
  });
});

test('the example operations work in order, by hand, without a network', async () => {
  // High enough for every line of an answer to be on the screen: Monaco draws no others.
  const { page, outsideRequests, complaints } = await openWatchedPage(browser, {
    viewport: { width: 1280, height: 2_000 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  page.setDefaultTimeout(10_000);
  await page.goto(`${server.url}/graphiql`);
  await page.getByRole('region', { name: 'Operation Editor' }).getByText('SignIn').first().waitFor();
  expect(await page.title()).toContain('GraphiQL');
  expect(await page.locator('.graphiql-tab-button').allTextContents()).toEqual([
    'SignIn',
    'MyAssignments',
    'Submit',
    'StartPomodoro',
    'EndPomodoro',
    'MyProgress',
    'ClassLeaderboard',
    'LiveRewards',
    'MyClass',
    'Grade',
    'Bonus',
    'Revoke',
    'Extend',
  ]);

  // Signing in: the page takes the token from the answer.
  const { signIn } = await run(page, 'SignIn');
  expect(signIn.__typename).toBe('Session');
  await page.getByRole('status').getByText(`Signed in as ${signIn.user.displayName}`).waitFor();
  expect(await page.getByLabel('Access token').inputValue()).toBe(signIn.accessToken);
  expect(await page.evaluate('Object.values(sessionStorage).join()')).toContain(signIn.accessToken);

  // Submitting: paid once, and the second time the same reward again.
  const { courses } = await run(page, 'MyAssignments');
  const assignment = courses.edges[0].node.assignments.edges
    .map((edge: Answer) => edge.node)
    .find((node: Answer) => node.mySubmission === null && node.pointsNow !== null);
  await copyFromAnswer(page, assignment.id);
  await pasteIntoVariables(page, 'Submit', 'PASTE_AN_ASSIGNMENT_ID');
  const { submitAssignment: paid } = await run(page, 'Submit');
  expect(paid).toMatchObject({ __typename: 'SubmitAssignmentPayload', replayed: false });
  expect(paid.reward.xp).toBe(assignment.pointsNow);
  await answerShows(page, /"leveledUp":\s(true|false)/);
  await answerShows(page, /"reward":\s\{/);
  const { submitAssignment: replayed } = await run(page, 'Submit');
  await answerShows(page, /"replayed":\strue/);
  expect(replayed).toMatchObject({ replayed: true, reward: paid.reward, leveledUp: paid.leveledUp });

  // Focusing: joined while it runs, abandoned (and unpaid) when ended at once, and ended once.
  const { startPomodoro: started } = await run(page, 'StartPomodoro');
  expect(started).toMatchObject({ joined: false, session: { status: 'RUNNING' } });
  const { startPomodoro: joined } = await run(page, 'StartPomodoro');
  expect(joined).toMatchObject({ joined: true, session: { id: started.session.id } });
  await copyFromAnswer(page, started.session.id);
  await pasteIntoVariables(page, 'EndPomodoro', 'PASTE_A_SESSION_ID');
  const { endPomodoro: ended } = await run(page, 'EndPomodoro');
  expect(ended).toMatchObject({ replayed: false, reward: null, session: { status: 'ABANDONED' } });
  const { endPomodoro: endedAgain } = await run(page, 'EndPomodoro');
  expect(endedAgain).toMatchObject({ replayed: true, session: { id: started.session.id, status: 'ABANDONED' } });

  // Looking: one reward for all of it.
  const { me } = await run(page, 'MyProgress');
  expect(me.rewards.edges.map((edge: Answer) => edge.node.sequence)).toEqual([paid.reward.sequence]);
  expect(me.runningPomodoro).toBeNull();
  await answerShows(page, /"streak":\s\{/);
  const { courses: ranked } = await run(page, 'ClassLeaderboard');
  expect(ranked.edges[0].node.leaderboard.edges.some((edge: Answer) => edge.node.isMe)).toBe(true);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('status').getByText('Not signed in').waitFor();
  expect(await page.evaluate('sessionStorage.length')).toBe(0);

  expect(outsideRequests).toEqual([]);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test('a tab subscribes: a reward appears when it is granted', async () => {
  const { page, outsideRequests, complaints } = await openWatchedPage(browser, {
    viewport: { width: 1280, height: 2_000 },
  });
  page.setDefaultTimeout(10_000);
  await page.goto(`${server.url}/graphiql`);
  await page.getByRole('region', { name: 'Operation Editor' }).getByText('SignIn').first().waitFor();
  const { signIn } = await run(page, 'SignIn');
  await openTab(page, 'LiveRewards');
  await page.getByRole('button', { name: /Execute/ }).click();
  await until(() => server.resourceUsage().subscriptions === 1, 'the subscription');

  const student = server.as(signIn.accessToken);
  const { courses } = await student.must(
    '{ courses { edges { node { assignments(first: 20) { edges { node { id closesAt mySubmission { id } } } } } } } }',
  );
  const assignment = courses.edges[0].node.assignments.edges
    .map((edge: Answer) => edge.node)
    .find((node: Answer) => node.mySubmission === null && node.closesAt === null);
  const submitted = { assignmentId: assignment.id, content: 'My trace' };
  const { reward } = await student.mutate('submitAssignment', submitted, 'reward { sequence }');
  await answerShows(page, /"rewardGranted":/);
  await answerShows(page, new RegExp(`"sequence":\\s${reward.sequence},`));

  await page.getByRole('button', { name: /Stop/ }).click();
  await until(() => server.resourceUsage().connections === 0, 'the end of the subscription');
  expect(outsideRequests).toEqual([]);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test('the tabs of a teacher grade, give, take back and extend', async () => {
  const { page, outsideRequests, complaints } = await openWatchedPage(browser, {
    viewport: { width: 1280, height: 2_000 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  page.setDefaultTimeout(10_000);
  await page.goto(`${server.url}/graphiql`);
  await page.getByRole('region', { name: 'Operation Editor' }).getByText('SignIn').first().waitFor();
  const teacher = { email: 'teacher@demo.example', password: 'demo-password' };
  const { accessToken } = await server.nobody.mutate('signIn', teacher, 'accessToken');
  await page.getByLabel('Access token').fill(accessToken);

  const { courses } = await run(page, 'MyClass');
  const course = courses.edges[0].node;
  const nodesOf = ({ edges }: Answer): Answer[] => edges.map(({ node }: Answer) => node);
  const student = nodesOf(course.students).find(
    ({ submissions }) => nodesOf(submissions)[0]?.grade === null && nodesOf(submissions)[0].discardedAt === null,
  );
  const pasteInto = async (tab: string, values: Record<string, string>) => {
    for (const [placeholder, value] of Object.entries(values)) {
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(value)})`);
      await pasteIntoVariables(page, tab, placeholder);
    }
  };

  await pasteInto('Grade', { PASTE_A_SUBMISSION_ID: nodesOf(student.submissions)[0].id });
  const { gradeSubmission: graded } = await run(page, 'Grade');
  expect(graded).toMatchObject({ replayed: false, submission: { grade: 80 }, reward: { xp: 40 } });

  await pasteInto('Bonus', { PASTE_A_STUDENT_ID: student.id, PASTE_A_COURSE_ID: course.id });
  expect((await run(page, 'Bonus')).grantBonus).toMatchObject({ replayed: false, reward: { xp: 20 } });
  expect((await run(page, 'Bonus')).grantBonus).toMatchObject({ replayed: true, reward: { xp: 20 } });

  const { courses: after } = await run(page, 'MyClass');
  const bonus = nodesOf(nodesOf(nodesOf(after)[0].students).find(({ id }) => id === student.id).rewards)[0];
  await pasteInto('Revoke', { PASTE_A_REWARD_ID: bonus.id });
  expect((await run(page, 'Revoke')).revokeReward).toMatchObject({ replayed: false, reward: { xp: -20 } });

  await pasteInto('Extend', {
    PASTE_AN_ASSIGNMENT_ID: nodesOf(course.assignments)[0].id,
    PASTE_A_STUDENT_ID: student.id,
  });
  expect((await run(page, 'Extend')).extendDeadline).toMatchObject({
    replayed: false,
    extension: { dueDate: '2099-01-31T12:00:00.000Z' },
  });
  expect(outsideRequests).toEqual([]);
  expect(complaints).toEqual([]);
  await page.context().close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are read as a person reads them; the schema check types them.
type Answer = any;

/** Opens the tab, runs its operation with the button, and returns the data of the answer once the page shows it. */
async function run(page: Page, operationName: string): Promise<Answer> {
  await openTab(page, operationName);
  const [response] = await Promise.all([
    page.waitForResponse(
      (candidate) =>
        candidate.url() === `${server.url}/graphql` &&
        candidate.request().postDataJSON().operationName !== 'IntrospectionQuery',
    ),
    page.getByRole('button', { name: /Execute/ }).click(),
  ]);
  expect(response.request().postDataJSON()).toMatchObject({ operationName });
  const answer = (await response.json()) as Answer;
  expect(answer.errors).toBeUndefined();
  await answerShows(page, new RegExp(`"${Object.keys(answer.data)[0]}":`));
  return answer.data;
}

async function openTab(page: Page, name: string): Promise<void> {
  const button = page.getByRole('button', { name, exact: true });
  const selected = await page.getByRole('tab', { selected: true }).filter({ has: button }).count();
  // Opening the open tab would fill its editors again, without what was pasted a moment ago.
  if (selected === 1) return;
  await button.click();
  // GraphiQL learns the operation's name 100 ms after the text changed (a timer in the page, so this one is later).
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 150)));
}

/** Monaco writes no-break spaces: \s in a pattern, where the answer has a space. */
async function answerShows(page: Page, text: RegExp): Promise<void> {
  await page.locator('.graphiql-response .view-line').filter({ hasText: text }).first().waitFor();
}

async function copyFromAnswer(page: Page, id: string): Promise<void> {
  await page.locator('.graphiql-response').getByText(id).first().dblclick();
  await page.keyboard.press('ControlOrMeta+C');
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(id);
}

async function pasteIntoVariables(page: Page, tab: string, placeholder: string): Promise<void> {
  await openTab(page, tab);
  await page.getByRole('region', { name: 'Variables' }).getByText(placeholder).dblclick();
  await page.keyboard.press('ControlOrMeta+V');
}
