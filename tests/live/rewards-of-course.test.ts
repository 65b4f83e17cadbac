import { describe, expect, test } from '@jest/globals';
import { grantBonus } from '../../src/actions/grant-bonus.js';
import { joinCourse } from '../../src/actions/join-course.js';
import { createCursors } from '../../src/graphql/cursors.js';
import { openCourseCursor, sealCourseCursor } from '../../src/graphql/reward/course-cursor.js';
import type { CourseCursor, CourseReward } from '../../src/live/rewards-of-course.js';
import { useDatabase } from '../support/database.js';
import { planOf, readsOf, THROUGH_AN_INDEX } from '../support/explain.js';
import { givenCourse, givenStudent, here, requestOf } from '../support/given.js';
import { until } from '../support/until.js';
import { type Collected, collect } from './collect.js';
import { type Earner, givenEarner, newFeed, upTo, useFeed } from './given-feed.js';

const database = useDatabase();
const live = useFeed();

const cursors = createCursors('a secret of the tests, long enough');

/** Takes all events, and the cursor of each as a client would keep it. */
function follow(feed: typeof live.feed, earner: Pick<Earner, 'course'>, after: CourseCursor | null = null) {
  const { _id: courseId } = earner.course;
  const told = feed.rewardsOfCourse(courseId, after);
  const kept: CourseCursor[] = [];
  const withCursors: AsyncIterableIterator<CourseReward> = {
    async next() {
      const result = await told.next();
      if (!result.done) {
        const sealed = sealCourseCursor(cursors, courseId.toHexString(), result.value.cursor());
        kept.push(openCourseCursor(cursors, courseId.toHexString(), sealed!));
      }
      return result;
    },
    return: () => told.return!(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  return Object.assign(collect(withCursors), { kept });
}

const sequencesOf = ({ events }: Pick<Collected<CourseReward>, 'events'>, { student }: Earner) =>
  events.filter(({ reward }) => reward.studentId.equals(student)).map(({ reward }) => reward.sequence);

async function givenClassOf(students: number): Promise<Earner[]> {
  const course = await givenCourse();
  return Promise.all(Array.from({ length: students }, () => givenEarner(course)));
}

describe('live', () => {
  test('the rewards of everybody in the course, and of nobody else', async () => {
    const [ada, alan] = (await givenClassOf(2)) as [Earner, Earner];
    const stranger = await givenEarner();
    const told = follow(live.feed, ada);
    await Promise.all([ada.earn(3), alan.earn(2), stranger.earn(2)]);
    await told.count(5);
    expect([sequencesOf(told, ada), sequencesOf(told, alan)]).toEqual([
      [1, 2, 3],
      [1, 2],
    ]);
    expect(told.events).toHaveLength(5);
    await told.leave();
  });

  test('also of a student who joins meanwhile, from then on', async () => {
    const [ada] = (await givenClassOf(1)) as [Earner];
    const newcomer = await givenEarner();
    const told = follow(live.feed, ada);
    await ada.earn();
    await told.count(1);
    await newcomer.earn();
    const { joinCode } = ada.course;
    await joinCourse(here, { studentId: newcomer.student, joinCode, facts: requestOf(newcomer.student) });
    await newcomer.earn(2);
    await told.count(3);
    expect(sequencesOf(told, newcomer)).toEqual([2, 3]);
    await told.leave();
  });

  test('nothing of what was there before', async () => {
    const [ada] = (await givenClassOf(1)) as [Earner];
    await ada.earn(3);
    // It has been passed on by then.
    const before = collect(live.feed.rewardsOf(ada.student, 2));
    await before.count(1);
    const told = follow(live.feed, ada);
    await ada.earn();
    await told.count(1);
    expect(sequencesOf(told, ada)).toEqual([4]);
    await told.leave();
    await before.leave();
  });
});

describe('resumed by the cursor of any event', () => {
  test('what follows on that event, once, of each student in order', async () => {
    const everyone = await givenClassOf(5);
    const told = follow(live.feed, everyone[0]!);
    await Promise.all(everyone.map(({ earn }) => earn(4)));
    await told.count(20);
    await told.leave();
    await everyone[0]!.earn();
    for (const position of [0, 7, 19]) {
      const resumed = follow(live.feed, everyone[0]!, told.kept[position]!);
      await resumed.count(20 - position);
      for (const each of everyone) {
        const before = sequencesOf({ events: told.events.slice(0, position + 1) }, each);
        const last = each === everyone[0] ? 5 : 4;
        expect([...before, ...sequencesOf(resumed, each)]).toEqual(upTo(last));
      }
      await resumed.leave();
    }
  });

  test('not a bonus from before the first event, to a student who was never active', async () => {
    const [ada, alan] = (await givenClassOf(2)) as [Earner, Earner];
    const { _id, teacherId } = ada.course;
    const outcome = await grantBonus(here, {
      teacher: { accountId: teacherId, role: 'TEACHER' },
      studentId: alan.student.toHexString(),
      courseId: _id.toHexString(),
      points: 10,
      note: 'Helped a classmate',
      idempotencyKey: 'bonus',
      facts: { ...requestOf(teacherId), receivedAt: new Date() },
    });
    expect(outcome.kind).toBe('done');
    // It has been passed on by then.
    const before = collect(live.feed.rewardsOf(alan.student, 0));
    await before.count(1);
    await before.leave();
    const first = follow(live.feed, ada);
    await ada.earn();
    await first.count(1);
    await first.leave();
    const resumed = follow(live.feed, ada, first.kept[0]);
    await ada.earn();
    await resumed.count(1);
    await alan.earn();
    await resumed.count(2);
    expect([sequencesOf(resumed, ada), sequencesOf(resumed, alan)]).toEqual([[2], [2]]);
    await resumed.leave();
  });

  test('after a restart, while rewards are paid', async () => {
    const everyone = await givenClassOf(4);
    const first = newFeed();
    const before = follow(first.feed, everyone[0]!);
    const paying = Promise.all(everyone.map(({ earn }) => earn(20)));
    await before.count(10);
    await first.feed.stop();
    await until(() => before.end === 'done');
    const second = newFeed();
    const after = follow(second.feed, everyone[0]!, before.kept.at(-1)!);
    await paying;
    await after.count(80 - before.events.length);
    for (const each of everyone) {
      expect([...sequencesOf(before, each), ...sequencesOf(after, each)]).toEqual(upTo(20));
    }
    await second.feed.stop();
  });

  test('more than a page of one student, and what students earned who were paid nothing before', async () => {
    const [ada, alan, grace] = (await givenClassOf(3)) as [Earner, Earner, Earner];
    const told = follow(live.feed, ada);
    await ada.earn();
    await told.count(1);
    await told.leave();
    await Promise.all([ada.earn(60), alan.earn(2)]);
    const resumed = follow(live.feed, ada, told.kept[0]!);
    await grace.earn();
    await resumed.count(63);
    expect(sequencesOf(resumed, ada)).toEqual(upTo(61, 2));
    expect([sequencesOf(resumed, alan), sequencesOf(resumed, grace)]).toEqual([[1, 2], [1]]);
    await resumed.leave();
  });
});

test('the history is lost: what was missed is read, once', async () => {
  await live.feed.stop();
  const { feed, noted } = newFeed();
  const everyone = await givenClassOf(3);
  const told = follow(feed, everyone[0]!);
  await everyone[0]!.earn();
  await told.count(1);
  await database.failCommand({ failCommands: ['getMore'], errorCode: 286 });
  await until(() => noted.reopened.length > 0, 'the stream having failed');
  await Promise.all(everyone.map(({ earn }) => earn(2)));
  await told.count(7);
  await Promise.all(everyone.map(({ earn }) => earn()));
  await told.count(10);
  expect(everyone.map((each) => sequencesOf(told, each))).toEqual([upTo(4), upTo(3), upTo(3)]);
  await feed.stop();
});

test('a hundred teachers who resume at once make a handful of commands, each through an index', async () => {
  const { feed } = newFeed();
  const classes = await Promise.all(Array.from({ length: 100 }, () => givenClassOf(3)));
  await classes.at(-1)![0]!.earn();
  const after = { upTo: new Date(Date.now() - 3_600_000), students: [] };
  const sent = await readsOf(database.name, async () => {
    const told = classes.map(([earner]) => follow(feed, earner!, after));
    await told.at(-1)!.count(1);
  });
  // Those of the change stream are not about the class.
  const reads = sent.filter((command) => !JSON.stringify(command).includes('changeStream'));
  expect(reads.length).toBeLessThan(20);
  for (const read of reads.filter((command) => !('getMore' in command))) {
    expect(await planOf(read)).toEqual(THROUGH_AN_INDEX);
  }
  await feed.stop();
});

describe('the cursor', () => {
  test('names only students who were paid lately: otherwise it would be too long in a large class', async () => {
    const { feed } = newFeed();
    const [ada, alan] = (await givenClassOf(3)) as [Earner, Earner];
    const told = follow(feed, ada);
    await ada.earn(2);
    await told.count(2);
    await alan.earn();
    await told.count(3);
    const named = told.kept.map(({ students }) =>
      Object.fromEntries(students.map(({ studentId, sequence }) => [`${studentId}`, sequence])),
    );
    const [ofAda, ofAlan] = [`${ada.student}`, `${alan.student}`];
    expect(named).toEqual([{ [ofAda]: 1 }, { [ofAda]: 2 }, { [ofAda]: 2, [ofAlan]: 1 }]);
    await feed.stop();
  });

  test('is for its course alone', async () => {
    const student = await givenStudent();
    const [course, other] = [await givenCourse(), await givenCourse()].map(({ _id }) => _id.toHexString());
    const cursor = { upTo: new Date(), students: [{ studentId: student, sequence: 4_000_000_000 }] };
    const sealed = sealCourseCursor(cursors, course!, cursor)!;
    expect(openCourseCursor(cursors, course!, sealed)).toEqual(cursor);
    expect(() => openCourseCursor(cursors, other!, sealed)).toThrow('not a cursor of this list');
  });

  test('is null where it would be too long, and opens where it is the longest', async () => {
    const studentId = await givenStudent();
    const course = (await givenCourse())._id.toHexString();
    const of = (students: number) =>
      sealCourseCursor(cursors, course, {
        upTo: new Date(),
        students: Array.from({ length: students }, () => ({ studentId, sequence: 1 })),
      });
    expect(of(2_001)).toBeNull();
    expect(openCourseCursor(cursors, course, of(2_000)!).students).toHaveLength(2_000);
  });
});
