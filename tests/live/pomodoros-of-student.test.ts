import { describe, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { type PomodoroNews, pomodorosOfStudent } from '../../src/live/pomodoros-of-student.js';
import { Inbox } from '../../src/live/subscription.js';
import type { PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import type { RunningPomodoroRecord } from '../../src/storage/models/student.js';
import { hour, later, minute } from '../rewards/given.js';
import { useDatabase } from '../support/database.js';
import { end, givenRunning, givenStudent, start, storedStudent } from '../support/given.js';
import { until } from '../support/until.js';
import { type Collected, collect } from './collect.js';
import { newFeed, useFeed } from './given-feed.js';

const database = useDatabase();
const live = useFeed();

type Session = RunningPomodoroRecord | PomodoroSessionRecord;

/** What an event says: the status, whose session it is, and who joined it. */
const said = (session: Session) =>
  'status' in session
    ? { id: session._id.toHexString(), status: session.status as string }
    : { id: session.id.toHexString(), status: session.lastJoin ? `JOINED ${session.lastJoin.device}` : 'RUNNING' };

const saidBy = async (told: Collected<Session>, atLeast: number) => (await told.count(atLeast)).map(said);

const now = () => new Date();
/** When a session was started that expires in so many milliseconds. */
const expiringIn = (ms: number) => later(now(), -(25 * minute + 12 * hour) + ms);

async function listening(): Promise<{ student: Types.ObjectId; told: Collected<Session> }> {
  const student = await givenStudent();
  return { student, told: collect(live.feed.pomodorosOf(student)) };
}

/** A session that runs, and a subscription that began after the feed had passed that on. */
async function listeningTo(startedAt: Date) {
  const { student, told: before } = await listening();
  const id = await givenRunning(student, { at: startedAt });
  await before.count(1);
  await before.leave();
  return { student, id, told: collect(live.feed.pomodorosOf(student)) };
}

describe('told', () => {
  test('a start, a join, an end, each with all that there is to say', async () => {
    const { student, told } = await listening();
    const startedAt = later(now(), -10 * minute);
    const id = await givenRunning(student, { device: 'phone', at: startedAt });
    await start(student, { device: 'laptop', at: now() });
    const running = (await storedStudent(student)).runningPomodoro;
    await end(student, id, { at: now() });
    const key = id.toHexString();
    expect(await saidBy(told, 3)).toEqual([
      { id: key, status: 'RUNNING' },
      { id: key, status: 'JOINED laptop' },
      { id: key, status: 'COMPLETED' },
    ]);
    expect(told.events[1]).toEqual(running);
    expect(told.events[2]).toMatchObject({ startedAt, device: 'phone', rewardId: expect.anything() });
    await told.leave();
  });

  test('one that is abandoned', async () => {
    const { student, told } = await listening();
    const id = await givenRunning(student, { at: now() });
    await end(student, id, { at: now() });
    expect((await saidBy(told, 2)).at(-1)).toEqual({ id: id.toHexString(), status: 'ABANDONED' });
    await told.leave();
  });

  test('not what happens to others, nor a reward', async () => {
    const { told } = await listening();
    const other = await listening();
    await givenRunning(other.student, { at: now() });
    await other.told.count(1);
    expect(told.events).toEqual([]);
    await told.leave();
    await other.told.leave();
  });
});

describe('expired', () => {
  test('by the clock of the feed, once: also when the next start records it', async () => {
    const { student, told } = await listening();
    const startedAt = expiringIn(400);
    const id = await givenRunning(student, { at: startedAt });
    expect((await saidBy(told, 2)).at(-1)).toEqual({ id: id.toHexString(), status: 'EXPIRED' });
    const next = await givenRunning(student, { at: now() });
    await end(student, next, { at: now() });
    expect((await saidBy(told, 4)).slice(2)).toEqual([
      { id: next.toHexString(), status: 'RUNNING' },
      { id: next.toHexString(), status: 'ABANDONED' },
    ]);
    expect(told.events[1]).toMatchObject({ endedAt: later(startedAt, 25 * minute + 12 * hour), focusedSeconds: null });
    await told.leave();
  });

  test('of a session that ran before anybody listened', async () => {
    const { id, told } = await listeningTo(expiringIn(600));
    expect(await saidBy(told, 1)).toEqual([{ id: id.toHexString(), status: 'EXPIRED' }]);
    await told.leave();
  });

  test('ended in time: it does not expire', async () => {
    const { student, told } = await listening();
    const id = await givenRunning(student, { at: expiringIn(1_500) });
    await told.count(1);
    await end(student, id, { at: now() });
    await told.count(2);
    await new Promise((resolve) => setTimeout(resolve, 1_700));
    expect((await saidBy(told, 2)).map(({ status }) => status)).toEqual(['RUNNING', 'COMPLETED']);
    await told.leave();
  });

  test('long before anybody listened, and recorded by the next start: first the end, then the start', async () => {
    const { student, id: old, told } = await listeningTo(expiringIn(-hour));
    const next = await givenRunning(student, { at: now() });
    expect(await saidBy(told, 2)).toEqual([
      { id: old.toHexString(), status: 'EXPIRED' },
      { id: next.toHexString(), status: 'RUNNING' },
    ]);
    await told.leave();
  });
});

test('a student of an older server, without a word of who joined, is told as any other', async () => {
  const { student, told } = await listening();
  const id = await givenRunning(student, { at: now() });
  expect((await storedStudent(student)).runningPomodoro).not.toHaveProperty('lastJoin');
  expect(await saidBy(told, 1)).toEqual([{ id: id.toHexString(), status: 'RUNNING' }]);
  await told.leave();
});

test('the subscription is left: no timer is left behind, and nobody listens', async () => {
  const { feed, noted } = newFeed();
  const student = await givenStudent();
  const told = collect(feed.pomodorosOf(student));
  await givenRunning(student, { at: expiringIn(300) });
  await told.count(1);
  await told.leave();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(told.events).toHaveLength(1);
  expect({ end: told.end, open: noted.open.get('pomodoroChanged') }).toEqual({ end: 'done', open: 0 });
  await feed.stop();
});

describe('the change stream has lost the history', () => {
  test.each([
    ['ended', ['RUNNING', 'ABANDONED']],
    ['ended and started anew', ['RUNNING', 'ABANDONED', 'RUNNING']],
    ['joined', ['RUNNING', 'JOINED laptop']],
    ['nothing', ['RUNNING']],
  ])('meanwhile %s: it is told how it stands', async (meanwhile, expected) => {
    await live.feed.stop();
    const { feed, noted } = newFeed();
    const student = await givenStudent();
    const told = collect(feed.pomodorosOf(student));
    const id = await givenRunning(student, { at: now() });
    await told.count(1);
    await database.failCommand({ failCommands: ['getMore'], errorCode: 286 });
    await until(() => noted.reopened.length > 0, 'the stream having failed');
    if (meanwhile.startsWith('ended')) await end(student, id, { at: now() });
    if (meanwhile.endsWith('anew')) await givenRunning(student, { at: now() });
    if (meanwhile === 'joined') await start(student, { device: 'laptop', at: now() });
    await told.count(expected.length);
    // Whatever comes now, comes after what was missed.
    const [running] = [(await storedStudent(student)).runningPomodoro];
    const last = running ? running.id : await givenRunning(student, { at: now() });
    await start(student, { device: 'tablet', at: now() });
    await until(() => told.events.some((event) => said(event).status === 'JOINED tablet'), 'the last join');
    const statuses = told.events.map((event) => said(event).status);
    expect(statuses).toEqual([...expected, ...(running ? [] : ['RUNNING']), 'JOINED tablet']);
    expect(said(told.events.at(-1)!).id).toBe(last.toHexString());
    await feed.stop();
  });
});

describe('a start has come, and the end of the session before it is lost', () => {
  const student = new Types.ObjectId();
  const startedAt = now();
  const session = (startedAt: Date): RunningPomodoroRecord => ({
    id: new Types.ObjectId(),
    startedAt,
    plannedMinutes: 25,
    device: null,
    assignmentId: null,
  });
  const [first, second, third] = [session(later(startedAt, -minute)), session(startedAt), session(startedAt)];
  const ended = ({ id: _id }: RunningPomodoroRecord) => ({ _id, status: 'ABANDONED' }) as PomodoroSessionRecord;
  const [firstEnded, secondEnded] = [ended(first), ended(second)];
  const runs = (session: RunningPomodoroRecord): PomodoroNews => ({ kind: 'sessionRuns', session, committedAt: now() });

  /** @param running what the read after the loss shows. @returns the sessions of so many events */
  async function toldAfter(running: RunningPomodoroRecord | null, news: PomodoroNews[], events: number, clock = now) {
    let isLost = false;
    const reads = {
      running: async () => (isLost ? running : null),
      ended: async (id: Types.ObjectId) => (id.equals(first.id) ? firstEnded : null),
    };
    const inbox = new Inbox<PomodoroNews>(() => {});
    const told = collect(pomodorosOfStudent(inbox, student, reads, clock));
    for (const each of [first, second]) inbox.put(runs(each));
    isLost = true;
    for (const each of [{ kind: 'missed' } as const, ...news]) inbox.put(each);
    const all = await told.count(events);
    inbox.end();
    return all.map(({ session }) => session);
  }

  test('both are told, the end first', async () => {
    const news = [runs(second), { kind: 'sessionEnded', session: secondEnded, committedAt: now() } as const];
    expect(await toldAfter(second, news, 4)).toEqual([first, firstEnded, second, secondEnded]);
  });

  test('and its own end too: it does not expire', async () => {
    const whenItHasExpired = () => later(startedAt, 13 * hour);
    const news = [{ kind: 'expires' } as const, runs(third)];
    expect(await toldAfter(null, news, 3, whenItHasExpired)).toEqual([first, firstEnded, third]);
  });
});
