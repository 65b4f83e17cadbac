/** A subscription ends soon after its viewer has lost the right to it, although no event arrives. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { AccountModel } from '../../src/storage/models/account.js';
import { CourseModel } from '../../src/storage/models/course.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { useServer } from '../support/client.js';
import { answered, watchCommands } from '../support/commands.js';
import { leaveAll, subscribeBy, TRANSPORTS, type Transport } from '../support/subscription-client.js';
import { until, untilIdle } from '../support/until.js';
import { createSchool, type Person, type School } from './school.js';

const server = useServer();

let school: School;
beforeEach(async () => {
  school = await createSchool(server);
});
afterEach(async () => {
  leaveAll();
  await untilIdle(server);
});

const REWARDS = { query: 'subscription { rewardGranted { sequence } }' };
const POMODOROS = { query: 'subscription { pomodoroChanged { id } }' };
const course = () => ({
  query: 'subscription ($courseId: ID!) { courseRewardGranted(courseId: $courseId) { sequence } }',
  variables: { courseId: school.course.id },
});
const subscribed = (count: number) =>
  until(() => server.resourceUsage().subscriptions === count, 'so many subscriptions');

describe.each<Transport>(TRANSPORTS)('over %s', (transport) => {
  const subscribe = ({ token }: Person, asked: { query: string; variables?: Record<string, unknown> }) =>
    subscribeBy(transport, server.url, asked, () => token);

  /** A subscription that lives on gets an event. Without one, its end could still be on its way. */
  async function expectEvent(kept: ReturnType<typeof subscribe>, earner: Person, assignmentId: string): Promise<void> {
    await earner.mutate('submitAssignment', { assignmentId, content: 'x' });
    await until(() => kept.answers.length === 1 || kept.isEnded, 'the event');
    expect(kept).toMatchObject({ isEnded: false, connected: 1, answers: [{ data: expect.anything() }] });
  }

  test('another teacher gets the course', async () => {
    const [ada, assignmentId] = [await school.student(school.course), await school.assignment()];
    const lost = subscribe(school.teacher, course());
    const kept = subscribe(school.admin, course());
    await subscribed(2);
    await CourseModel.updateOne({ _id: school.course.id }, { teacherId: new Types.ObjectId(school.otherTeacher.id) });
    expect(await lost.ended).toBeUndefined();
    expect(lost).toMatchObject({ connected: 1, answers: [] });
    await expectEvent(kept, ada, assignmentId);
  });

  test.each(['TEACHER', 'ADMIN'] as const)('the role of a %s changes', async (role) => {
    const person = role === 'ADMIN' ? school.admin : school.teacher;
    const lost = subscribe(person, course());
    await subscribed(1);
    await AccountModel.updateOne({ _id: person.id }, { role: 'STUDENT' });
    expect(await lost.ended).toBeUndefined();
    expect(lost).toMatchObject({ connected: 1, answers: [] });
  });

  test('the account of a teacher, an admin or a student is gone', async () => {
    const [ada, ben] = await Promise.all([school.student(school.course), school.student(school.course)]);
    const assignmentId = await school.assignment();
    const lost = [
      subscribe(school.teacher, course()),
      subscribe(school.admin, course()),
      subscribe(ada, REWARDS),
      subscribe(ada, POMODOROS),
    ];
    const kept = subscribe(ben, REWARDS);
    await subscribed(5);
    await AccountModel.deleteMany({ _id: { $in: [school.teacher.id, school.admin.id, ada.id] } });
    await StudentModel.deleteOne({ _id: ada.id });
    expect(await Promise.all(lost.map(({ ended }) => ended))).toEqual([undefined, undefined, undefined, undefined]);
    for (const { connected } of lost) expect(connected).toBe(1);
    await expectEvent(kept, ben, assignmentId);
  });
});

/** The commands of one check: from the end of one to the end of the next. */
async function commandsOfOneCheck(): Promise<string[]> {
  await answered('find courses');
  const { sent, stop } = watchCommands();
  await answered('find courses');
  stop();
  // The other timer of the process, which looks for sign-outs, reads the sign-ins.
  return sent.map(({ text }) => text).filter((text) => /courses|accounts|students/.test(text));
}

test('a check of many subscriptions sends as many commands as one of a few', async () => {
  const ada = await school.student(school.course);
  const subscribe = ({ token }: Person, asked: { query: string; variables?: Record<string, unknown> }) =>
    subscribeBy('websocket', server.url, asked, () => token);
  subscribe(ada, REWARDS);
  subscribe(school.teacher, course());
  await subscribed(2);
  const ofFew = await commandsOfOneCheck();
  const others = await Promise.all(Array.from({ length: 20 }, () => school.student(school.course)));
  for (const person of others) subscribe(person, REWARDS);
  subscribe(school.admin, course());
  subscribe(school.otherTeacher, { ...course(), variables: { courseId: school.otherCourse.id } });
  await subscribed(24);
  const ofMany = await commandsOfOneCheck();
  expect(ofMany.sort()).toEqual(ofFew.sort());
  expect(ofMany.length).toBeLessThanOrEqual(3);
});
