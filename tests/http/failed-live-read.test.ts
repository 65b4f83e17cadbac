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
  await ada.mutate('submitAssignment', { assignmentId: await school.assignment(), content: 'x' });
  // ShutdownInProgress, as in an election.
  const fault = await server.database.failCommand({ failCommands: ['aggregate'], errorCode: 91, mode: { times: 4 } });
  const query = 'subscription { rewardGranted(afterSequence: 0) { sequence } }';
  const { answers } = subscribeBy('websocket', server.url, { query }, () => ada.token);
  await until(() => answers.length === 1);
  expect(answers).toEqual([{ data: { rewardGranted: { sequence: 1 } } }]);
  expect(await fault.off()).toBe(4);
  const lines = server
    .log()
    .split('\n')
    .filter((line) => line.includes('"feed"'))
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    expect.objectContaining({ level: 40, feed: 'read repeated', failure: expect.stringMatching(/^Mongo\w+ 91$/) }),
  ]);
});
