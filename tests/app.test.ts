/** What the server does on its own goes on after a failure, and the log says what failed. */
import { afterEach, expect, test } from '@jest/globals';
import { createSchool } from './http/school.js';
import { useServer } from './support/client.js';
import type { FailCommand } from './support/database.js';
import { leaveAll, subscribeBy } from './support/subscription-client.js';
import { until } from './support/until.js';

const server = useServer();
afterEach(leaveAll);

const warnings = () =>
  server
    .log()
    .split('\n')
    .filter((line) => line.includes('"level":40'))
    .map((line) => JSON.parse(line));

test.each<{ what: string; failing: FailCommand; line: Record<string, unknown> }>([
  {
    what: 'a poll of the ended sign-ins',
    failing: { failCommands: ['find'], errorCode: 50, mode: 'alwaysOn' },
    line: { poll: 'ended sign-ins', failure: expect.stringMatching(/^Mongo\w+ 50$/) },
  },
  {
    what: 'the change stream, which has lost its place',
    failing: { failCommands: ['getMore'], errorCode: 286 },
    line: { feed: 'reopened', historyLost: true, failure: expect.stringMatching(/^Mongo\w+ 286$/) },
  },
  {
    what: 'a read of the rights of subscriptions',
    failing: { failCommands: ['find'], errorCode: 50, mode: 'alwaysOn' },
    line: { check: 'rights of subscriptions', failure: expect.stringMatching(/^Mongo\w+ 50$/) },
  },
])('$what fails: a warning, and subscribers still get their events', async ({ failing, line }) => {
  const school = await createSchool(server);
  const ada = await school.student(school.course);
  const asked = { query: 'subscription { rewardGranted { sequence } }' };
  const live = subscribeBy('websocket', server.url, asked, () => ada.token);
  const earn = async () => ada.mutate('submitAssignment', { assignmentId: await school.assignment(), content: 'x' });
  await until(() => server.resourceUsage().subscriptions > 0);
  await earn();
  await until(() => live.answers.length === 1);

  const fault = await server.database.failCommand(failing);
  await until(() => warnings().some((each) => Object.keys(line)[0]! in each));
  await fault.off();
  expect(warnings()).toContainEqual(expect.objectContaining({ ...line, stack: expect.stringContaining(' at ') }));
  await earn();
  await until(() => live.answers.length === 2);
  expect(live.answers).toEqual([1, 2].map((sequence) => ({ data: { rewardGranted: { sequence } } })));
});
