import { randomUUID } from 'node:crypto';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import type { BenchContext, Benchmark } from '../bench.js';
import { HttpConnection } from '../load/http-connection.js';
import { summarize } from '../load/measured.js';
import { submissionLoad } from '../load/submissions.js';
import { type EnrolledStudents, enrollStudents } from '../school.js';
import { PREPARATION, series } from '../series.js';
import { takeTurns } from '../turns.js';

/** The most students of one grantBonuses. */
const BONUSES = 500;
const OTHER_CLIENTS = 16;
const ROWS = 5_000;
const PAID_BY = 4;
/** Enough for a slow machine; the load ends when all rows are written. */
const PREPARATION_SECONDS = 600;

const GRANT_BONUSES = `mutation ($input: GrantBonusesInput!) { grantBonuses(input: $input) {
  ... on GrantBonusesPayload { paid replayed refused } ... on Refusal { code message } } }`;
const correction = (operation: string) => `mutation ($input: CorrectRewardInput!) { ${operation}(input: $input) {
  ... on CorrectRewardPayload { replayed level lostBadges { id } reward { sequence worth xp } }
  ... on Refusal { code message } } }`;
const CORRECTIONS = [correction('revokeReward'), correction('restoreReward')];

/** What teachers do by hand, and what the others notice of it. */
export const byHand: Benchmark = {
  name: 'by-hand',
  description: '500 bonuses beside 16 other clients; corrections of a student with 5,000 rows, who is paid meanwhile',
  runsByDefault: true,
  async measure(bench) {
    await bonusesBesideOthers(bench);
    await correctionsOfLongLedger(bench);
  },
};

/** Others submit in turns without and with a teacher who gives bonuses to 500 students, one request after the other. */
async function bonusesBesideOthers({ school, settings, product, load, results }: BenchContext): Promise<void> {
  const { seconds, students } = settings;
  const server = await product();
  const rewarded = await enrollStudents(school.courseId, BONUSES);
  const studentIds = rewarded.ids.map(String);
  const note = 'For the whole class';
  await takeTurns([series.withoutBonuses, series.withBonuses], 2, async (name) => {
    const others = await enrollStudents(school.courseId, students);
    const job = submissionLoad(school, others, { kind: 'loops', clients: OTHER_CLIENTS, seconds });
    const measured = load(name, [server], job);
    if (name === series.withoutBonuses) return void (await measured);
    const input = () => ({ courseId: school.courseId, studentIds, points: 1, note, idempotencyKey: randomUUID() });
    const request = () => ({ query: GRANT_BONUSES, variables: { input: input() } });
    await repeatUntil(measured, { bench: { school, results }, url: server.url, name: series.bonuses }, request);
  });
}

/** A teacher revokes and restores the first row of a student, again and again, while the student is paid. */
async function correctionsOfLongLedger({ school, settings, product, load, results }: BenchContext): Promise<void> {
  const { seconds, clients } = settings;
  const server = await product();
  const student = await enrollStudents(school.courseId, 1);
  const paying = (name: string, from: number, to: number, shape: { clients: number; seconds: number }) =>
    load(name, [server], {
      ...submissionLoad({ assignments: school.assignments.slice(from, to) }, student, { kind: 'loops', ...shape }),
      warmUpSeconds: 0,
    });
  await paying(PREPARATION, 0, ROWS, { clients, seconds: PREPARATION_SECONDS });
  const rewardId = await firstRewardOf(student);
  const measured = paying(series.paidWhileCorrected, ROWS, school.assignments.length, { clients: PAID_BY, seconds });
  await repeatUntil(measured, { bench: { school, results }, url: server.url, name: series.corrections }, (number) => ({
    query: CORRECTIONS[number % CORRECTIONS.length]!,
    variables: { input: { rewardId, note: 'Copied, or not', idempotencyKey: randomUUID() } },
  }));
}

async function firstRewardOf({ ids: [studentId] }: EnrolledStudents): Promise<string> {
  const row = await RewardModel.findOne({ studentId, sequence: 1 }).lean<RewardRecord>();
  return row!._id.toHexString();
}

interface TeacherLoad {
  readonly bench: Pick<BenchContext, 'school' | 'results'>;
  readonly url: string;
  /** The series of the teacher's own requests. */
  readonly name: string;
}

/** The teacher sends one request after the other until the load has been measured. */
async function repeatUntil(
  measured: Promise<unknown>,
  { bench: { school, results }, url, name }: TeacherLoad,
  requestOf: (number: number) => object,
): Promise<void> {
  const connection = new HttpConnection(url);
  const token = await school.teacherToken();
  const latencies: number[] = [];
  const startedAt = performance.now();
  let isMeasured = false;
  const ended = measured.finally(() => {
    isMeasured = true;
  });
  // An even number, so that every revocation is undone.
  for (let number = 0; !isMeasured || number % 2 === 1; number += 1) {
    const sentAt = performance.now();
    const answer = await connection.post(token, JSON.stringify(requestOf(number)));
    latencies.push(performance.now() - sentAt);
    if (!/"replayed":(false|0)/.test(answer)) throw new Error(`unexpected response: ${answer.slice(0, 500)}`);
  }
  await ended;
  connection.close();
  const seconds = (performance.now() - startedAt) / 1_000;
  const { median, p99, max } = summarize(latencies, seconds);
  results.add(name, { perSecond: latencies.length / seconds, median, p99, max });
}
