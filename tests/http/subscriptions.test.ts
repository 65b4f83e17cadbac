/** Subscriptions over both transports, with real clients. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { useServer } from '../support/client.js';
import { subscribeBy, type Transport } from '../support/subscriber.js';
import { until } from '../support/until.js';
import { createSchool, type Person, type School } from './school.js';

const server = useServer();
let school: School;
let student: Person;
beforeAll(async () => {
  school = await createSchool(server);
  student = await school.student(school.course);
});

const REWARDS =
  'subscription ($after: Int) { rewardGranted(afterSequence: $after) { sequence reason after { auraPoints } student { auraPoints } } }';

describe.each<Transport>(['websocket', 'sse'])('over %s', (transport) => {
  test('a reward arrives', async () => {
    const subscriber = subscribeBy(transport, server.url, { query: REWARDS }, () => student.token);
    await until(() => server.held().subscriptions === 1);
    const assignmentId = await school.assignment();
    await student.mutate('submitAssignment', { assignmentId, content: 'x' });
    await until(() => subscriber.answers.length === 1);
    console.log(JSON.stringify(subscriber.answers));
    subscriber.leave();
    await until(() => server.held().connections === 0);
  });
});
