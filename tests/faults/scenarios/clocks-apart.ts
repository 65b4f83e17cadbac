/** The scenario in which the clocks of the servers disagree, at midnights and at the changes of summer time. */
import type { Clients } from '../client.js';
import { checkDays } from '../day-checks.js';
import type { LogicalRequest } from '../record.js';
import type { School } from '../school.js';
import { lastStartedBy, moveClocksInFlight, startOf } from './moved-clocks.js';
import type { Scenario } from './scenario.js';
import type { ScenarioContext } from './scenario-context.js';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

/** How far the clocks of the servers are from the right time. That of mongod is years ahead. */
const SKEWS_MS = [-90 * SECOND_MS, 45 * SECOND_MS] as const;

/** In four of these zones, the clocks change at midnight: forward over it, or back across it. */
const ZONES = [
  ...['Europe/Berlin', 'Africa/Cairo', 'America/Havana', 'America/Santiago'],
  ...['America/New_York', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'UTC'],
] as const;

/** Days of the past, on which the tokens of the kit are valid. */
const MOMENTS = [
  '2025-03-29T23:00Z midnight in Berlin',
  '2025-03-30T01:00Z summer time begins in Berlin',
  '2025-03-30T22:00Z midnight in Berlin, after 23 hours',
  '2025-04-06T03:00Z summer time ends in Santiago: 23:00 once more',
  '2025-04-06T04:00Z midnight in Santiago',
  '2025-04-24T22:00Z summer time begins in Cairo at midnight',
  '2025-09-07T04:00Z summer time begins in Santiago at midnight',
  '2025-10-25T22:00Z midnight in Berlin',
  '2025-10-26T01:00Z summer time ends in Berlin',
  '2025-10-26T23:00Z midnight in Berlin, after 25 hours',
  '2025-10-30T21:00Z summer time ends in Cairo: 23:00 once more',
  '2025-10-30T22:00Z midnight in Cairo',
  '2025-11-02T05:00Z summer time ends in Havana: 00:00 once more',
  '2025-11-02T06:00Z summer time ends in New York',
] as const;

/** The steps around a moment. At `BETWEEN_S`, the moment has come for one server and not for the other. Seconds. */
const BETWEEN_S = 20;
const STEPS_S = { quick: [-60, BETWEEN_S, 120], full: [-3_600, -1_800, -60, BETWEEN_S, 120, 1_800] } as const;

export const clocksApart: Scenario = {
  name: 'clocks-apart',
  workload: '16 students in 8 time zones submit, start and end sessions, on 14 nights; two servers',
  fault: 'clocks 135 s apart, and years behind that of mongod; midnight and the changes of summer time in mid-run',
  nodes: 1,
  async run(context) {
    await context.startServers(2, { clock: true });
    const moments = MOMENTS.slice(0, context.forScale({ quick: 3, full: MOMENTS.length })).map(momentOf);
    const steps = STEPS_S[context.scale];
    const school = await context.school({
      students: context.forScale({ quick: 1, full: 2 }) * ZONES.length,
      assignments: moments.length * steps.length,
      ...{ at: moments[0]! - 3 * HOUR_MS, timeZones: ZONES },
    });
    const clients = context.clients({ targets: [...context.servers] });
    let step = 0;
    let fired = 0;
    for (const moment of moments) {
      for (const seconds of steps) {
        const { length } = clients.attempts;
        await playStep({ context, clients, school, step }, moment + seconds * SECOND_MS, seconds === BETWEEN_S);
        if (seconds === BETWEEN_S && paidOnBothSides(clients, length, moment)) fired += 1;
        step += 1;
      }
      context.report(`${new Date(moment).toISOString()}`);
    }
    return { fired, required: moments.length, violations: checkDays(await context.stored()) };
  },
};

const momentOf = (text: string): number => Date.parse(text.split(' ')[0]!);

interface Play {
  readonly context: ScenarioContext;
  readonly clients: Clients;
  readonly school: School;
  readonly step: number;
}

/** Sets the clocks, then each student ends its session, submits, and starts another session. */
async function playStep({ context, clients, school, step }: Play, at: number, isInFlight: boolean): Promise<void> {
  const offsetsMs = SKEWS_MS.map((skew) => at + skew - Date.now());
  const { assignmentIds } = school;
  // In each step, a student is at the other server.
  const students = [...school.students.slice(step % 2), ...school.students.slice(0, step % 2)];
  const submissions = students.map(({ id: studentId }, position): LogicalRequest => {
    const id = `submit-${step}-${position}`;
    const submitted = { operation: 'submitAssignment' as const, subjectId: assignmentIds[step]!, content: 'An essay' };
    return { id, studentId, idempotencyKey: `key of ${id}`, ...submitted };
  });
  if (isInFlight) await moveClocksInFlight({ context, clients, requests: submissions, offsetsMs });
  else {
    const move = () => Promise.all(context.servers.map((server, each) => server.moveClock(offsetsMs[each]!)));
    await clients.moveClocks(offsetsMs, move);
    await clients.retryAllUntilResolved(submissions, submissions.length);
  }
  const ends = students.flatMap(({ id: studentId }, position): LogicalRequest[] => {
    const session = lastStartedBy(studentId, clients);
    const id = `end-${step}-${position}`;
    const ended = { operation: 'endPomodoro' as const, content: null };
    return session ? [{ id, studentId, idempotencyKey: `key of ${id}`, subjectId: session.id, ...ended }] : [];
  });
  await clients.retryAllUntilResolved(ends, students.length);
  const starts = students.map(({ id }, position) => startOf(step, position, id));
  await clients.retryAllUntilResolved(starts, students.length);
}

/** Whether one server paid somebody before the moment by its clock, and the other one after it. */
function paidOnBothSides({ attempts }: Clients, from: number, moment: number): boolean {
  const paidAt = attempts
    .slice(from)
    .flatMap(({ result }) =>
      result.kind === 'granted' && result.reward && !result.replayed ? [Date.parse(result.reward.grantedAt)] : [],
    );
  return paidAt.some((at) => at < moment) && paidAt.some((at) => at > moment);
}
