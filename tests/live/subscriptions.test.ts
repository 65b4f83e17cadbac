import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ExecutionResult } from 'graphql';
import { Types } from 'mongoose';
import { createAccount } from '../../src/actions/create-account.js';
import type { Viewer } from '../../src/auth/policy.js';
import type { Role } from '../../src/storage/models/account.js';
import { AccountModel } from '../../src/storage/models/account.js';
import { CourseModel } from '../../src/storage/models/course.js';
import type { Data } from '../support/client.js';
import { commandsOf } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { givenAssignment, givenCourse, start, submit } from '../support/given.js';
import { createSubscriber, type Subscriber } from '../support/subscriber.js';
import { until } from '../support/until.js';
import { type Collected, collect } from './collect.js';
import { type Earner, givenEarner, useFeed } from './given-feed.js';

useDatabase();
const live = useFeed();
let subscriber: Subscriber;
beforeAll(async () => {
  subscriber = await createSubscriber(live.feed);
});

const viewerOf = (accountId: Types.ObjectId, role: Role = 'STUDENT'): Viewer => ({ accountId, role, signInId: 'x' });

/** What is answered, as a client reads it. */
async function listen(viewer: Viewer, query: string, variables?: Record<string, unknown>): Promise<Collected<Data>> {
  const answers = await subscriber.subscribe(viewer, query, variables);
  if (!(Symbol.asyncIterator in answers)) throw new Error(JSON.stringify(answers));
  return collect(answers as AsyncIterableIterator<ExecutionResult>);
}

async function refusal(viewer: Viewer | null, query: string, variables?: Record<string, unknown>): Promise<unknown> {
  const answer = await subscriber.subscribe(viewer, query, variables);
  if (Symbol.asyncIterator in answer) throw new Error('it is not refused');
  const [error] = (answer as ExecutionResult).errors ?? [];
  return error?.extensions.code ?? error?.originalError?.constructor.name;
}

async function newTeacher(role: 'TEACHER' | 'ADMIN' = 'TEACHER'): Promise<Viewer> {
  const email = `${new Types.ObjectId()}@live.example`;
  const told = { email, password: 'a password of the tests', displayName: 'Ms Teacher', timeZone: 'UTC' };
  await createAccount({ ...told, role, createdAt: new Date() });
  const account = await AccountModel.collection.findOne({ email });
  return viewerOf(account!._id as Types.ObjectId, role);
}

async function givenTaught(): Promise<{ teacher: Viewer; earner: Earner; courseId: string }> {
  const teacher = await newTeacher();
  const earner = await givenEarner(await givenCourse({ teacherId: teacher.accountId }));
  return { teacher, earner, courseId: earner.course._id.toHexString() };
}

const REWARDS = `subscription ($after: Int) { rewardGranted(afterSequence: $after) {
  sequence courseCursor after { auraPoints } student { auraPoints } } }`;
const MISSED = 'subscription { rewardGranted(afterSequence: 0) { sequence } }';
const COURSE = `subscription ($courseId: ID!, $after: String) { courseRewardGranted(courseId: $courseId, after: $after) {
  sequence courseCursor student { id } } }`;

describe('rewardGranted', () => {
  test('a hundred that resume at once make a handful of commands, with the check of their accounts', async () => {
    const earners = await Promise.all(Array.from({ length: 100 }, () => givenEarner()));
    for (const { earn } of earners) await earn();
    const told: Collected<Data>[] = [];
    const { reads } = await commandsOf(async () => {
      await Promise.all(earners.map(async ({ student }) => told.push(await listen(viewerOf(student), MISSED))));
      for (const each of told) await each.count(1);
    });
    expect(reads).toContain('find students');
    expect(reads.length).toBeLessThan(10);
    for (const each of told) await each.leave();
  });

  test('answers each event as of its own moment', async () => {
    const { student, earn } = await givenEarner();
    const told = await listen(viewerOf(student), REWARDS);
    await earn();
    const [first] = await told.count(1);
    expect(first).toEqual({
      data: {
        rewardGranted: { sequence: 1, courseCursor: null, after: { auraPoints: 10 }, student: { auraPoints: 10 } },
      },
    });
    await earn();
    const [, second] = await told.count(2);
    expect(second.data.rewardGranted).toMatchObject({ sequence: 2, student: { auraPoints: 20 } });
    await told.leave();
  });

  test('goes on after a sequence', async () => {
    const { student, earn } = await givenEarner();
    await earn(3);
    const told = await listen(viewerOf(student), REWARDS, { after: 1 });
    expect((await told.count(2)).map(({ data }) => data.rewardGranted.sequence)).toEqual([2, 3]);
    await told.leave();
  });

  test('refuses what is no sequence', async () => {
    const { student } = await givenEarner();
    expect(await refusal(viewerOf(student), REWARDS, { after: -1 })).toBe('BadInput');
  });
});

describe('courseRewardGranted', () => {
  test('goes on after the courseCursor of an event', async () => {
    const { teacher, earner, courseId } = await givenTaught();
    const told = await listen(teacher, COURSE, { courseId });
    await earner.earn(3);
    const events = (await told.count(3)).map(({ data }) => data.courseRewardGranted);
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    await told.leave();
    const again = await listen(teacher, COURSE, { courseId, after: events[0].courseCursor });
    expect((await again.count(2)).map(({ data }) => data.courseRewardGranted.sequence)).toEqual([2, 3]);
    await again.leave();
  });

  test('takes the id of the course in capitals, and goes on after a cursor of either spelling', async () => {
    const { teacher, earner, courseId } = await givenTaught();
    const spelled = { courseId: courseId.toUpperCase() };
    const told = await listen(teacher, COURSE, spelled);
    await earner.earn(2);
    const { courseCursor: after } = (await told.count(2))[0].data.courseRewardGranted;
    await told.leave();
    for (const again of [
      await listen(teacher, COURSE, { courseId, after }),
      await listen(teacher, COURSE, { ...spelled, after }),
    ]) {
      expect((await again.count(1))[0].data.courseRewardGranted.sequence).toBe(2);
      await again.leave();
    }
  });

  test('is refused for a course that one does not teach as for one that does not exist', async () => {
    const { courseId, earner } = await givenTaught();
    const other = await newTeacher();
    expect(await refusal(other, COURSE, { courseId })).toBe('NOT_FOUND');
    expect(await refusal(other, COURSE, { courseId: '0'.repeat(24) })).toBe('NOT_FOUND');
    expect(await refusal(other, COURSE, { courseId: 'no id' })).toBe('NOT_FOUND');
    expect(await refusal(viewerOf(earner.student), COURSE, { courseId })).toBe('FORBIDDEN');
    expect(await refusal(null, COURSE, { courseId })).toBe('UNAUTHENTICATED');
  });

  test.each(['', 'nonsense', 'x'.repeat(100_000)])('refuses a cursor that is none', async (after) => {
    const { teacher, courseId } = await givenTaught();
    expect(await refusal(teacher, COURSE, { courseId, after })).toBe('BadInput');
  });

  test('refuses the cursor of another course', async () => {
    const [one, other] = [await givenTaught(), await givenTaught()];
    const told = await listen(one.teacher, COURSE, { courseId: one.courseId });
    await one.earner.earn();
    const after = (await told.count(1))[0].data.courseRewardGranted.courseCursor;
    await told.leave();
    expect(await refusal(other.teacher, COURSE, { courseId: other.courseId, after })).toBe('BadInput');
  });

  test('ends with the first event that one may no longer see, which is not told', async () => {
    const { teacher, earner, courseId } = await givenTaught();
    const told = await listen(teacher, COURSE, { courseId });
    await earner.earn();
    await told.count(1);
    const assignment = await givenAssignment(earner.course);
    await CourseModel.collection.updateOne({ _id: earner.course._id }, { $set: { teacherId: new Types.ObjectId() } });
    await submit(earner.student, assignment, { at: new Date() });
    await until(() => told.end !== undefined, 'the end');
    expect({ end: told.end, events: told.events.length }).toEqual({ end: 'done', events: 1 });
    expect(live.noted.open.get('courseRewardGranted')).toBe(0);
  });
});

test('pomodoroChanged tells the session', async () => {
  const { student } = await givenEarner();
  const query = 'subscription { pomodoroChanged { status device startedAt endsAt reward { id } } }';
  const told = await listen(viewerOf(student), query);
  await start(student, { device: 'phone', at: new Date() });
  const [event] = await told.count(1);
  expect(event.data.pomodoroChanged).toMatchObject({ status: 'RUNNING', device: 'phone', reward: null });
  await told.leave();
});

test('an account that is gone, or has another role than its token says, is refused at the start', async () => {
  const { teacher, courseId } = await givenTaught();
  const nobody = new Types.ObjectId();
  expect(await refusal(viewerOf(nobody), MISSED)).toBe('UNAUTHENTICATED');
  expect(await refusal(viewerOf(nobody), 'subscription { pomodoroChanged { id } }')).toBe('UNAUTHENTICATED');
  // An admin may see every course, so only the check of the account refuses these.
  expect(await refusal(viewerOf(nobody, 'ADMIN'), COURSE, { courseId })).toBe('UNAUTHENTICATED');
  expect(await refusal(viewerOf(teacher.accountId, 'ADMIN'), COURSE, { courseId })).toBe('UNAUTHENTICATED');
});

test('nobody who is refused is listened for', () => {
  expect([...live.noted.open.values()]).toEqual([0, 0, 0]);
});
