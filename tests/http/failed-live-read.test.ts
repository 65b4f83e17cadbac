/** A read of the live feed that fails is repeated, and the log says so. */
import { afterEach, expect, test } from '@jest/globals';
import { useServer } from '../support/client.js';
import { leaveAll, subscribeBy } from '../support/subscription-client.js';
import { until } from '../support/until.js';
import { createSchool } from './school.js';

const server = useServer();
afterEach(leaveAll);

test('a read that fails four times has one line in the log, and the subscriber gets what it missed', async () => {
  const school = await createSchool(server);
  const ada = await school.student(school.course);
  const subscribe = (query: string) => subscribeBy('websocket', server.url, { query }, () => ada.token);
  // Once an event has arrived, the change stream is open: its own aggregate must not be the one that fails.
  const live = subscribe('subscription { rewardGranted { sequence } }');
  await until(() => server.resourceUsage().subscriptions === 1);
  await ada.mutate('submitAssignment', { assignmentId: await school.assignment(), content: 'x' });
  await until(() => live.answers.length === 1);
  // MaxTimeMSExpired: unlike the errors of an election, it leaves the connection of the change stream alone.
  const fault = await server.database.failCommand({ failCommands: ['aggregate'], errorCode: 50, mode: { times: 4 } });
  const { answers } = subscribe('subscription { rewardGranted(afterSequence: 0) { sequence } }');
  await until(() => answers.length === 1);
  expect(answers).toEqual([{ data: { rewardGranted: { sequence: 1 } } }]);
  expect(await fault.off()).toBe(4);
  const lines = server
    .log()
    .split('\n')
    .filter((line) => line.includes('"feed"'))
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    expect.objectContaining({ level: 40, feed: 'read repeated', failure: expect.stringMatching(/^Mongo\w+ 50$/) }),
  ]);
});
