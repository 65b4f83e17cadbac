/** The progress that a student sees: the ledger, daily totals, the leaderboard and the running session. */
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { day, hour, minute } from '../auth/harness.js';
import { createSchool, newStudent, type Person, type School, signedInAgain } from '../http/school.js';
import { type Data, useServer } from '../support/client.js';

const server = useServer();

let school: School;
let student: Person;

beforeAll(async () => {
  school = await createSchool(server);
});

/** Advances the server's clock and signs in again, since access tokens expire meanwhile. */
async function letPass(milliseconds: number): Promise<void> {
  server.clock.advance(milliseconds);
  student = await signedInAgain(server, student);
}

/** Advances the clock to the next time it is this hour, in UTC. */
async function waitFor(hourOfDay: number): Promise<void> {
  await letPass(day - ((server.clock().getTime() - hourOfDay * hour) % day));
}

const today = (after = 0): string => new Date(server.clock().getTime() + after * day).toISOString().slice(0, 10);

/** Creates an assignment. The teacher signs in again, since the earlier token can have expired. */
async function newAssignment(overrides: Parameters<School['assignment']>[0] = {}): Promise<string> {
  const teacher = await signedInAgain(server, school.teacher);
  const input = { courseId: school.course.id, title: 'An assignment', dueDate: school.inDays(1 / 24), ...overrides };
  return (await teacher.mutate('createAssignment', input, 'assignment { id }')).assignment.id;
}
const submit = (assignmentId: string, by = student) =>
  by.mutate('submitAssignment', { assignmentId, content: 'x' }, 'reward { id xp lines { points } }');

async function focus(minutes: number): Promise<Data> {
  const { session } = await student.mutate('startPomodoro', { plannedMinutes: minutes }, 'session { id }');
  await letPass(minutes * minute);
  return student.mutate('endPomodoro', { sessionId: session.id }, 'session { id status } reward { xp }');
}

const ofMe = async (selection: string, variables: object = {}, declared = ''): Promise<Data> =>
  (await student.must(`query ${declared} { me { ... on Student { ${selection} } } }`, variables)).me;

beforeEach(async () => {
  student = await school.student(school.course);
});

test('a new student has every field, with zero or empty values', async () => {
  expect(
    await ofMe(`level xp xpForNextLevel lifetimeXp auraPoints submissionCount pomodoroCount totalPomodoroSeconds
      streak { days longest freezes lastActiveOn } unlockedBadges { badge { id } } runningPomodoro { id }
      rewards { edges { cursor } } showOnLeaderboard timeZone role email`),
  ).toEqual({
    level: 0,
    xp: 0,
    xpForNextLevel: 100,
    lifetimeXp: 0,
    auraPoints: 0,
    submissionCount: 0,
    pomodoroCount: 0,
    totalPomodoroSeconds: 0,
    streak: { days: 0, longest: 0, freezes: 0, lastActiveOn: null },
    unlockedBadges: [],
    runningPomodoro: null,
    rewards: { edges: [] },
    showOnLeaderboard: true,
    timeZone: 'UTC',
    role: 'STUDENT',
    email: student.email,
  });
});

test('the ledger shows each reward as it was paid, newest first, with the work that it was paid for', async () => {
  const assignmentId = await newAssignment();
  await submit(assignmentId);
  const { session } = await focus(25);
  const { rewards, unlockedBadges } = await ofMe(`
    rewards { edges { node { sequence reason xp auraPoints leveledUp surplusDiscarded rulesVersion
      before { xp auraPoints } after { xp auraPoints } lines { rule points } newBadges { id }
      student { id } submission { assignment { id } } pomodoro { id status focusedSeconds } } } }
    unlockedBadges { badge { id } reward { sequence } }`);
  expect(rewards.edges.map(({ node }: Data) => node)).toEqual([
    {
      sequence: 2,
      reason: 'POMODORO_ENDED',
      xp: 25,
      auraPoints: 25,
      leveledUp: false,
      surplusDiscarded: 0,
      rulesVersion: 1,
      before: { xp: 50, auraPoints: 50 },
      after: { xp: 75, auraPoints: 75 },
      lines: [{ rule: 'focus-minutes', points: 25 }],
      newBadges: [{ id: 'focus-minutes-25' }],
      student: { id: student.id },
      submission: null,
      pomodoro: { id: session.id, status: 'COMPLETED', focusedSeconds: 1_500 },
    },
    {
      sequence: 1,
      reason: 'ASSIGNMENT_SUBMITTED',
      xp: 50,
      auraPoints: 50,
      leveledUp: false,
      surplusDiscarded: 0,
      rulesVersion: 1,
      before: { xp: 0, auraPoints: 0 },
      after: { xp: 50, auraPoints: 50 },
      lines: [{ rule: 'on-time', points: 50 }],
      newBadges: [{ id: 'submissions-1' }],
      student: { id: student.id },
      submission: { assignment: { id: assignmentId } },
      pomodoro: null,
    },
  ]);
  expect(unlockedBadges).toEqual([
    { badge: { id: 'submissions-1' }, reward: { sequence: 1 } },
    { badge: { id: 'focus-minutes-25' }, reward: { sequence: 2 } },
  ]);
});

describe('dailyProgress', () => {
  const daily = async (from: string, to: string): Promise<Data[]> =>
    (
      await ofMe(
        'dailyProgress(from: $from, to: $to) { date xp auraPoints focusedSeconds submissions }',
        { from, to },
        '($from: LocalDate!, $to: LocalDate!)',
      )
    ).dailyProgress;
  const nothing = { xp: 0, auraPoints: 0, focusedSeconds: 0, submissions: 0 };

  test('has a row for each day, in order, zeros included', async () => {
    await waitFor(10);
    await submit(await newAssignment());
    await submit(await newAssignment());
    await focus(30);
    await letPass(2 * day);
    await focus(5);
    expect(await daily(today(-3), today(1))).toEqual([
      { ...nothing, date: today(-3) },
      { date: today(-2), xp: 130, auraPoints: 130, focusedSeconds: 1_800, submissions: 2 },
      { ...nothing, date: today(-1) },
      { date: today(), xp: 5, auraPoints: 5, focusedSeconds: 300, submissions: 0 },
      { ...nothing, date: today(1) },
    ]);
  });

  test('returns at most 366 days, the length of a leap year', async () => {
    const rows = await daily('2028-01-01', '2028-12-31');
    expect(rows).toHaveLength(366);
    expect(rows.find(({ date }) => date === '2028-02-29')).toEqual({ ...nothing, date: '2028-02-29' });
    expect(new Set(rows.map(({ date }) => date)).size).toBe(366);
  });

  test('uses the days of the student’s own time zone', async () => {
    student = await newStudent(server, { timeZone: 'Pacific/Auckland' });
    await student.mutate('joinCourse', { joinCode: school.course.joinCode });
    await waitFor(20);
    await submit(await newAssignment());
    expect((await daily(today(), today(1))).map(({ submissions }) => submissions)).toEqual([0, 1]);
    expect((await ofMe('streak { lastActiveOn }')).streak.lastActiveOn).toBe(today(1));
  });
});

describe('the leaderboard', () => {
  let course: { id: string; joinCode: string };
  let assignments: string[];

  beforeEach(async () => {
    const teacher = await signedInAgain(server, school.teacher);
    ({ course } = await teacher.mutate('createCourse', { name: 'A course' }, 'course { id joinCode }'));
    assignments = [];
    for (let n = 0; n < 3; n += 1) {
      const input = { courseId: course.id, title: 'An assignment', dueDate: school.inDays(1 / 24) };
      assignments.push((await teacher.mutate('createAssignment', input, 'assignment { id }')).assignment.id);
    }
  });

  /** Creates a student of the course who submits this many assignments. */
  async function with50Times(count: number, displayName: string): Promise<Person> {
    const person = await newStudent(server, { displayName });
    await person.mutate('joinCourse', { joinCode: course.joinCode });
    for (const assignmentId of assignments.slice(0, count)) await submit(assignmentId, person);
    return person;
  }

  async function board(by: Person, period = 'ALL_TIME', first = 100): Promise<Data> {
    const query = `query ($id: ID!, $period: LeaderboardPeriod!, $first: Int!) { course(id: $id) {
      leaderboard(period: $period, first: $first) {
        edges { node { rank displayName auraPoints isMe } } me { rank displayName auraPoints isMe } } } }`;
    const { leaderboard } = (await by.must(query, { id: course.id, period, first })).course;
    return { rows: leaderboard.edges.map(({ node }: Data) => node), me: leaderboard.me };
  }
  const row = (rank: number, displayName: string, auraPoints: number, isMe = false) => ({
    rank,
    displayName,
    auraPoints,
    isMe,
  });

  test('orders by points, gives equal points one rank, and omits students without points', async () => {
    await with50Times(3, 'Ada');
    await with50Times(2, 'Grace');
    const alan = await with50Times(2, 'Alan');
    await with50Times(1, 'Edsger');
    const none = await with50Times(0, 'Nobody');
    const { rows, me } = await board(alan);
    expect(rows).toEqual([row(1, 'Ada', 150), row(2, 'Grace', 100), row(2, 'Alan', 100, true), row(4, 'Edsger', 50)]);
    expect(me).toEqual(row(2, 'Alan', 100, true));
    expect((await board(none)).me).toBeNull();
    expect((await board(await signedInAgain(server, school.teacher))).me).toBeNull();
  });

  test('returns the viewer’s own row, even if it is on another page', async () => {
    await with50Times(3, 'Ada');
    const edsger = await with50Times(1, 'Edsger');
    expect(await board(edsger, 'ALL_TIME', 1)).toEqual({ rows: [row(1, 'Ada', 150)], me: row(2, 'Edsger', 50, true) });
  });

  test('shows a student who opted out as Anonymous to everyone else', async () => {
    const ada = await with50Times(2, 'Ada');
    const grace = await with50Times(1, 'Grace');
    await ada.mutate('updateProfile', { showOnLeaderboard: false }, 'id');
    expect((await board(grace)).rows).toEqual([row(1, 'Anonymous', 100), row(2, 'Grace', 50, true)]);
    expect((await board(ada)).rows).toEqual([row(1, 'Ada', 100, true), row(2, 'Grace', 50)]);
    const { rows } = await board(await signedInAgain(server, school.teacher));
    expect(rows.map(({ displayName }: Data) => displayName)).toEqual(['Anonymous', 'Grace']);
  });

  test('counts seven days for a week and thirty for a month, including today', async () => {
    await waitFor(12);
    student = await with50Times(2, 'Ada');
    const points = async () => {
      const boards = await Promise.all(['WEEK', 'MONTH', 'ALL_TIME'].map((period) => board(student, period)));
      return boards.map(({ me }) => me?.auraPoints ?? null);
    };
    const [paid] = await points();
    expect(await points()).toEqual([paid, paid, paid]);
    await letPass(6 * day);
    expect(await points()).toEqual([paid, paid, paid]);
    await letPass(day);
    expect(await points()).toEqual([null, paid, paid]);
    await letPass(22 * day);
    expect(await points()).toEqual([null, paid, paid]);
    await letPass(day);
    expect(await points()).toEqual([null, null, paid]);
  });
});

describe('the running session', () => {
  const start = (input: object = {}) =>
    student.mutate(
      'startPomodoro',
      input,
      'joined session { id status startedAt plannedMinutes endsAt device } student { runningPomodoro { id } }',
    );
  const running = async () =>
    (await ofMe('runningPomodoro { id status endedAt focusedSeconds reward { id } }')).runningPomodoro;

  test('has the fields that a timer needs, on every device', async () => {
    const startedAt = server.clock();
    const { session, ...others } = await start({ plannedMinutes: 40, device: ' phone ' });
    expect(session).toEqual({
      id: session.id,
      status: 'RUNNING',
      startedAt: startedAt.toISOString(),
      plannedMinutes: 40,
      endsAt: new Date(startedAt.getTime() + 40 * minute).toISOString(),
      device: 'phone',
    });
    expect(others).toEqual({
      __typename: 'StartPomodoroPayload',
      joined: false,
      student: { runningPomodoro: { id: session.id } },
    });
    expect(await start({ plannedMinutes: 5, device: 'laptop' })).toMatchObject({ joined: true, session });
    expect(await running()).toEqual({
      id: session.id,
      status: 'RUNNING',
      endedAt: null,
      focusedSeconds: null,
      reward: null,
    });
  });

  test('lasts 25 minutes and has no device by default', async () => {
    expect((await start({ device: '  ' })).session).toMatchObject({ plannedMinutes: 25, device: null });
  });

  test('disappears at the moment it expires, before the expiry is written', async () => {
    const { session } = await start({ plannedMinutes: 10 });
    await letPass(12 * hour + 10 * minute);
    expect((await running()).id).toBe(session.id);
    await letPass(1);
    expect(await running()).toBeNull();
    const input = { sessionId: session.id };
    expect(
      await student.mutate('endPomodoro', input, 'session { status focusedSeconds } reward { id } replayed'),
    ).toEqual({
      __typename: 'EndPomodoroPayload',
      session: { status: 'EXPIRED', focusedSeconds: null },
      reward: null,
      replayed: true,
    });
  });
});
