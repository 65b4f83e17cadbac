/** The scenario in which requests are repeated minutes and days later. The clocks are moved, so nobody waits. */
import { actsOf, paidSubmissionsOf } from '../acts.js';
import type { Clients } from '../client.js';
import type { LogicalRequest } from '../record.js';
import type { School } from '../school.js';
import { startDroppingProxies } from './dropping-proxies.js';
import type { Scenario } from './scenario.js';
import type { ScenarioContext } from './scenario-context.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** The school begins this long ago, so that the tokens of the kit are valid on each of its days. */
const BEGAN_MS = 40 * DAY_MS;
/** All assignments are due before that. */
const CLOSES_AFTER_MS = 11 * DAY_MS;

const CLIENTS = 16;
const ASSIGNMENTS = 8;
/** The last assignment of each student is submitted too late. */
const NEVER_IN_TIME = ASSIGNMENTS - 1;
/** Every third session is left running, and has expired when its end is requested. */
const EXPIRING = 3;

/** When the requests are repeated: this long after the school began, by the clocks of the servers. */
const LATER = [
  { name: 'five minutes later', afterMs: 5 * MINUTE_MS, isRestarted: false },
  { name: 'after closesAt, SIGKILL and a restart', afterMs: CLOSES_AFTER_MS + DAY_MS, isRestarted: true },
  { name: 'three weeks later', afterMs: CLOSES_AFTER_MS + 21 * DAY_MS, isRestarted: false },
  { name: 'after one more restart', afterMs: CLOSES_AFTER_MS + 22 * DAY_MS, isRestarted: true },
] as const;

export const lateRepeats: Scenario = {
  name: 'late-repeats',
  workload: '50 students submit and end a session, a teacher grades and gives bonuses; two servers',
  fault:
    'half of the answers dropped; all is repeated minutes later, after closesAt, and after restarts of the servers',
  nodes: 1,
  async run(context) {
    const servers = await context.startServers(context.forScale({ quick: 1, full: 2 }), { clock: true });
    const answers = await startDroppingProxies(context, servers);
    const school = await context.school({
      ...{ students: context.forScale({ quick: 4, full: 50 }), assignments: ASSIGNMENTS },
      ...{ at: Date.now() - BEGAN_MS, closesAfterMs: CLOSES_AFTER_MS },
    });
    const clients = context.clients({ targets: answers.proxies });
    await setClocks(context, clients, 0);
    answers.drop(0.5, '"data"');
    const first = inTimeOf(school);
    await sendOnce(clients, first);
    const acts = actsByHand(school, paidSubmissionsOf(await context.stored()));
    await sendOnce(clients, acts);
    const dropped = answers.dropped();
    answers.dropNoMore();
    const notes = [`${dropped} answers dropped at first`];
    let fired = 0;
    const later = LATER.slice(0, context.forScale({ quick: 2, full: LATER.length }));
    for (const { name, afterMs, isRestarted } of later) {
      if (isRestarted) await restartAll(context);
      await setClocks(context, clients, afterMs);
      const before = clients.attempts.length;
      const more = afterMs > CLOSES_AFTER_MS ? tooLateOf(school, name) : [];
      await clients.retryAllUntilResolved([...first, ...acts, ...otherwise(first, name), ...more], CLIENTS);
      const replays = clients.attempts
        .slice(before)
        .filter(({ result }) => result.kind === 'granted' && result.replayed).length;
      notes.push(`${replays} replays ${name}`);
      fired += replays;
      context.report(name);
    }
    // Of each request that pays: itself, and the same without its key.
    const paid = first.length - Math.ceil(school.students.length / EXPIRING);
    return { fired, required: later.length * (2 * paid + acts.length), notes };
  },
};

/** What is done in time: each student submits, and ends the session unless it is to expire. */
function inTimeOf({ students, assignmentIds }: School): LogicalRequest[] {
  return students.flatMap(({ id: studentId, sessionId }, number) => [
    ...assignmentIds.slice(0, NEVER_IN_TIME).map(
      (subjectId, position): LogicalRequest => ({
        ...keyed(`submit-${number}-${position}`, position % 3 !== 0),
        ...{ studentId, operation: 'submitAssignment', subjectId, content: `Essay ${position} of ${number}` },
      }),
    ),
    ...(number % EXPIRING === 0 ? [] : [endOf(studentId, sessionId, keyed(`end-${number}`, number % 2 === 0))]),
  ]);
}

const keyed = (id: string, hasKey = true) => ({ id, idempotencyKey: hasKey ? `key of ${id}` : null });

const endOf = (studentId: string, subjectId: string, named: ReturnType<typeof keyed>): LogicalRequest => ({
  ...named,
  ...{ studentId, operation: 'endPomodoro', subjectId, content: null },
});

function actsByHand(school: School, paid: ReturnType<typeof paidSubmissionsOf>): LogicalRequest[] {
  const acts = actsOf(school, 'in-time');
  return school.students.flatMap(({ id: studentId }, number) => {
    const graded = paid.find((each) => each.studentId === studentId);
    return [acts.bonus('teacher', { studentId }, 1 + number), ...(graded ? [acts.grade('teacher', graded, 80)] : [])];
  });
}

/** Other requests for the same: without the key (a replay); with another text, under the same key or none (refused). */
function otherwise(requests: readonly LogicalRequest[], name: string): LogicalRequest[] {
  return requests.flatMap((request) => [
    { ...request, id: `${request.id}, no key, ${name}`, idempotencyKey: null },
    ...(request.content === null ? [] : [otherText(request, name)]),
  ]);
}

const otherText = (request: LogicalRequest, name: string): LogicalRequest => ({
  ...request,
  ...{ id: `${request.id}, other text, ${name}`, content: 'Another essay' },
  expectedCode: request.idempotencyKey === null ? 'ALREADY_SUBMITTED' : 'IDEMPOTENCY_KEY_REUSED',
});

/** What is done too late: a submission, which is refused, and the end of a session that has expired. */
function tooLateOf({ students, assignmentIds }: School, name: string): LogicalRequest[] {
  return students.flatMap(({ id: studentId, sessionId }, number) => [
    {
      ...keyed(`too-late-${number}-${name}`),
      ...{ studentId, operation: 'submitAssignment', subjectId: assignmentIds[NEVER_IN_TIME]!, content: 'Too late' },
      expectedCode: 'ASSIGNMENT_CLOSED',
    },
    ...(number % EXPIRING === 0 ? [endOf(studentId, sessionId, keyed(`expired-${number}`))] : []),
  ]);
}

/** One attempt of each request, whether it is answered or not. */
async function sendOnce(clients: Clients, requests: readonly LogicalRequest[]): Promise<void> {
  for (let start = 0; start < requests.length; start += CLIENTS) {
    await Promise.all(requests.slice(start, start + CLIENTS).map((request, number) => clients.send(request, number)));
  }
}

function setClocks({ servers }: ScenarioContext, clients: Clients, afterMs: number): Promise<void> {
  const offsets = servers.map(() => afterMs - BEGAN_MS);
  return clients.moveClocks(offsets, () =>
    Promise.all(servers.map((server, each) => server.moveClock(offsets[each]!))),
  );
}

/** Nobody sends anything meanwhile: a server that has just started has the clock of the machine. */
async function restartAll(context: ScenarioContext): Promise<void> {
  await Promise.all(
    [...context.servers].map(async (server) => {
      await server.kill();
      await context.restart(server, { clock: true });
    }),
  );
}
