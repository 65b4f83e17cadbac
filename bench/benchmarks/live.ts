import { StudentModel } from '../../src/storage/models/student.js';
import type { BenchContext, Benchmark } from '../bench.js';
import { startCountingServer } from '../counting.js';
import { percentile } from '../figures.js';
import { now, type SubscriberReport } from '../live/subscriber-job.js';
import { type Subscribers, startSubscribers, subscriptionsOpen } from '../live/subscribers.js';
import type { LoadResult, LoadShape } from '../load/load-job.js';
import { submissionLoad } from '../load/submissions.js';
import { COURSE_REWARDS, MY_REWARDS } from '../operations.js';
import type { Server } from '../product.js';
import { createSchool, type EnrolledStudents, enrollStudents, type School } from '../school.js';
import { series } from '../series.js';

const SUBSCRIBERS = 1_000;
const GRANTS_PER_SECOND = 200;
/** So that there are 2,000 deliveries. */
const DELIVERY_SECONDS = 10;
/** Open pages of the teacher of the course. Each receives every grant of the course. */
const COURSE_SUBSCRIBERS = 10;
const COURSE_GRANTS_PER_SECOND = 20;
/** How many rewards each subscriber has missed when it resumes. */
const MISSED = 2;
/** More than the students can submit during one load. */
const ASSIGNMENTS_PER_LOAD = 100;
const LOADS = 6;

/** Subscribers beside grants. Series that are compared with each other take turns in each round. */
export const live: Benchmark = {
  name: 'live',
  description: '1,000 subscribers: delivery times, their cost, grants with and without them, all resume at once',
  runsByDefault: true,
  async measure(bench) {
    const server = await bench.product();
    const course = await openCourse(bench, server);
    const { clients, seconds } = bench.settings;
    const steady = {
      kind: 'rate',
      perSecond: GRANTS_PER_SECOND,
      connections: clients,
      seconds: DELIVERY_SECONDS,
    } as const;
    const loops = { kind: 'loops', clients, seconds } as const;

    await course.grant(series.steadyAlone, steady);
    await course.grant(series.grantsAlone, loops);
    const { tokens } = course.students;
    await withSubscribers(server, tokens, MY_REWARDS, {}, async (subscribers) => {
      await deliver(bench, series.steadyLive, subscribers, () => course.grant(series.steadyLive, steady), 1);
      await course.grant(series.grantsLive, loops);
    });
    const others = await enrollStudents(bench.school.courseId, SUBSCRIBERS);
    await withSubscribers(server, others.tokens, MY_REWARDS, {}, async () => {
      await course.grant(series.grantsIdle, loops);
    });
    // The two differ in the events only.
    const cost = (name: string) => bench.results.values(name, 'serverCpuMs').at(-1)!;
    bench.results.add(series.steadyLive, { eventCpuMs: cost(series.grantsLive) - cost(series.grantsIdle) });
    const teachers = Array.from({ length: COURSE_SUBSCRIBERS }, course.school.teacherToken);
    const { courseId } = course.school;
    await withSubscribers(server, await Promise.all(teachers), COURSE_REWARDS, { courseId }, async (subscribers) => {
      const slow = { ...steady, perSecond: COURSE_GRANTS_PER_SECOND };
      const grant = () => course.grant(series.steadyCourse, slow);
      await deliver(bench, series.steadyCourse, subscribers, grant, COURSE_SUBSCRIBERS);
    });
    await resumeAll(bench, course.students);
  },
};

interface Course {
  readonly school: School;
  readonly students: EnrolledStudents;
  /** The students submit, each assignment once. */
  grant(name: string, shape: LoadShape): Promise<LoadResult>;
}

async function openCourse({ load }: BenchContext, server: Server): Promise<Course> {
  const school = await createSchool(LOADS * ASSIGNMENTS_PER_LOAD);
  const students = await enrollStudents(school.courseId, SUBSCRIBERS);
  let used = 0;
  return {
    school,
    students,
    async grant(name, shape) {
      const assignments = school.assignments.slice(used, used + ASSIGNMENTS_PER_LOAD);
      used += ASSIGNMENTS_PER_LOAD;
      return load(name, [server], submissionLoad({ assignments }, students, shape));
    },
  };
}

async function withSubscribers(
  server: Server,
  tokens: readonly string[],
  query: string,
  variables: object,
  use: (subscribers: Subscribers) => Promise<void>,
): Promise<void> {
  const all = tokens.map(() => variables);
  const subscribers = await startSubscribers(server, { tokens, query, variables: all, atOnce: tokens.length });
  try {
    await subscriptionsOpen(server, tokens.length);
    await use(subscribers);
  } finally {
    await subscribers.stop();
  }
  await subscriptionsOpen(server, 0);
}

/**
 * Measures the time from the answer to a grant until its event has arrived. It is negative if the event arrives first.
 * @param perGrant how many events each grant has: one to its student, or one to each subscriber of the course
 */
async function deliver(
  { results }: BenchContext,
  name: string,
  subscribers: Subscribers,
  grant: () => Promise<LoadResult>,
  perGrant: number,
): Promise<void> {
  const { answeredAt } = await grant();
  // The load sends the requests in the order of their numbers. The first are those of its warm-up.
  const grants = Math.max(...answeredAt.map(([number]) => number)) + 1;
  const { received } = await subscribers.events(grants * perGrant);
  const times = perGrant === 1 ? toStudents(answeredAt, received) : toCourse(answeredAt, received);
  results.add(name, {
    deliveryMedian: percentile(times, 0.5),
    deliveryP99: percentile(times, 0.99),
    deliveryMax: percentile(times, 1),
  });
}

type Times = SubscriberReport['received'];

/** Request n is the next one of student n modulo their number. */
const toStudents = (answeredAt: LoadResult['answeredAt'], received: Times): number[] =>
  answeredAt.map(([number, at]) => received[number % SUBSCRIBERS]![Math.floor(number / SUBSCRIBERS)]! - at);

/** The events of a course have no fixed order, so the nth answer is compared with the nth event. */
function toCourse(answeredAt: LoadResult['answeredAt'], received: Times): number[] {
  const answers = answeredAt.map(([, at]) => at).sort((one, other) => one - other);
  return received.flatMap((times) => times.slice(-answers.length).map((at, position) => at - answers[position]!));
}

/** Everybody reconnects at the same moment to a server that has just started, and has missed some rewards. */
async function resumeAll({ results, uri }: BenchContext, { ids, tokens }: EnrolledStudents): Promise<void> {
  const students = await StudentModel.find({ _id: { $in: ids } }, { sequence: 1 }).lean();
  const last = new Map(students.map(({ _id, sequence }) => [_id.toHexString(), sequence]));
  const variables = ids.map((id) => ({ after: last.get(id.toHexString())! - MISSED }));
  const server = await startCountingServer(uri);
  try {
    await server.sent();
    const start = now();
    const subscribers = await startSubscribers(server, { tokens, query: MY_REWARDS, variables, atOnce: tokens.length });
    const { received, retries } = await subscribers.events(tokens.length * MISSED);
    const { commands } = await server.sent();
    const times = received.map((each) => each[MISSED - 1]! - start);
    results.add(series.resumes, {
      commands,
      retries,
      resumedMedian: percentile(times, 0.5),
      resumedMax: percentile(times, 1),
    });
    await subscribers.stop();
  } finally {
    await server.stop();
  }
}
