/** Scenarios in which teachers correct by hand, while their students are paid. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ASSIGNMENTS_NEEDED, actsOf, correctionsOf, type Paid, paidSubmissionsOf, SUBMITTED_BEFORE } from '../acts.js';
import type { Clients } from '../client.js';
import type { LogicalRequest } from '../record.js';
import type { School } from '../school.js';
import { blockUpdates } from './conflicts.js';
import { startDroppingProxies } from './dropping-proxies.js';
import { startVictimAndOther } from './lost-responses.js';
import type { Scenario } from './scenario.js';
import { type ScenarioContext, waitFor } from './scenario-context.js';

/** How many clients send requests at the same time. */
export const CLIENTS = 16;

export const corrections: Scenario = {
  name: 'corrections',
  workload: '50 students submit, while a teacher and an admin correct the same rows of theirs: 850 requests',
  fault: 'SIGKILL of a server between commit and answer, and 30 % of the answers dropped',
  nodes: 1,
  async run(context) {
    const kills = context.forScale({ quick: 1, full: 20 });
    const pair = await startVictimAndOther(context);
    const answers = await startDroppingProxies(context, pair.servers);
    const school = await context.school({
      students: context.forScale({ quick: 4, full: 50 }),
      assignments: ASSIGNMENTS_NEEDED,
    });
    const clients = context.clients({ targets: answers.proxies });
    const paid = await submitFirst(context, clients, school, SUBMITTED_BEFORE);
    const whole = paid.filter(({ length }) => length === SUBMITTED_BEFORE);
    const requests = interleaved(whole.map((ofOne) => correctionsOf(school, ofOne, context.random)));
    answers.drop(0.3, '"replayed":false');
    const faultsAt = await underKills(context, { clients, requests, kills }, pair);
    answers.dropNoMore();
    await repeatAll(clients);
    const dropped = answers.dropped();
    return {
      ...{ fired: pair.killed() + dropped, required: kills + context.forScale({ quick: 5, full: 150 }), faultsAt },
      notes: [`${pair.killed()} kills, ${dropped} answers dropped`],
    };
  },
};

/**
 * Kills the victim when half of each part of the requests is resolved. A client that still waits, for example for a
 * student that a dead server's transaction locks, does not delay the next part. Where requests end without a kill,
 * because a planted bug stops the clients, the kill is left for the next part.
 * @returns when each kill was ordered
 */
export async function underKills(
  context: ScenarioContext,
  { clients, requests, kills }: { clients: Clients; requests: readonly LogicalRequest[]; kills: number },
  pair: Awaited<ReturnType<typeof startVictimAndOther>>,
): Promise<number[]> {
  const orderedAt: number[] = [];
  const size = Math.ceil(requests.length / kills);
  const running: Promise<void>[] = [];
  let restarted: Promise<void> = Promise.resolve();
  for (let start = 0; start < requests.length; start += size) {
    const part = requests.slice(start, start + size);
    const before = clients.resolved;
    const done = clients.retryAllUntilResolved(part, CLIENTS);
    await Promise.race([done, waitFor('half of a part is resolved', () => clients.resolved - before > size / 2)]);
    if (!pair.isArmed()) {
      orderedAt.push(performance.now());
      restarted = pair.killAndRestart();
    }
    running.push(done);
    await Promise.race([restarted, done]);
    if (!pair.isArmed()) await restarted;
    context.report(`kill ${orderedAt.length} of ${kills}`);
  }
  await Promise.all(running);
  return orderedAt;
}

/** Each student submits the first assignments of the school. @returns what they were paid for, for each student */
export async function submitFirst(
  context: ScenarioContext,
  clients: Clients,
  school: School,
  count: number,
): Promise<Paid[][]> {
  const { submission } = actsOf(school, 'before');
  const assignmentIds = school.assignmentIds.slice(0, count);
  const requests = school.students.flatMap(({ id }) => assignmentIds.map((assignment) => submission(id, assignment)));
  await clients.retryAllUntilResolved(requests, CLIENTS);
  const paid = paidSubmissionsOf(await context.stored());
  return school.students.map(({ id }) => paid.filter(({ studentId }) => studentId === id));
}

/** The first request of each student, then the second of each, and so on. */
export function interleaved(ofStudents: readonly (readonly LogicalRequest[])[]): LogicalRequest[] {
  const longest = Math.max(...ofStudents.map(({ length }) => length));
  return Array.from({ length: longest }, (_, position) => ofStudents.flatMap((of) => of[position] ?? [])).flat();
}

/** Sends every request that was carried out once more. The checker then expects a replay of each. */
async function repeatAll(clients: Clients): Promise<void> {
  const done = clients.attempts.filter(({ result: { kind } }) => kind === 'granted' || kind === 'granted many');
  const requests = [...new Map(done.map(({ request }) => [request.id, request])).values()];
  await clients.retryAllUntilResolved(
    requests.map(({ sendAfter: _, ...request }) => request),
    CLIENTS,
  );
}

/** What one of two correctors does while the other is blocked between its read and its write. */
type Race = (acts: ReturnType<typeof actsOf>, paid: readonly [Paid, Paid], open: string) => RacePlan;

interface RacePlan {
  /** What is done before. */
  readonly given?: LogicalRequest;
  readonly blocked: LogicalRequest;
  readonly meanwhile: LogicalRequest;
}

const RACES: readonly Race[] = [
  // Neither writes a row, so only the revision of the student shows the second one that it must decide again.
  (acts, [paid], open) => ({
    blocked: acts.extend('teacher', paid, open),
    meanwhile: acts.extend('admin', paid, paid.assignmentId),
  }),
  (acts, [paid]) => ({ blocked: acts.revoke('teacher', paid), meanwhile: acts.revoke('admin', paid) }),
  (acts, [paid]) => ({ blocked: acts.grade('teacher', paid, 55), meanwhile: acts.grade('admin', paid, 90) }),
  (acts, [paid]) => ({
    given: acts.revoke('teacher', paid),
    blocked: acts.restore('teacher', paid),
    meanwhile: acts.restore('admin', paid),
  }),
  (acts, [paid]) => ({ blocked: acts.discard('teacher', paid), meanwhile: acts.grade('admin', paid, 70) }),
  (acts, [paid, other]) => ({ blocked: acts.revoke('teacher', paid), meanwhile: acts.discard('admin', other) }),
  (acts, [paid]) => ({ blocked: acts.bonus('teacher', paid, 999), meanwhile: acts.revoke('admin', paid) }),
];

export const rivalCorrections: Scenario = {
  name: 'rival-corrections',
  workload: 'a teacher and an admin correct the same row at 2 servers, while its student is paid',
  fault: 'one is blocked between its read and its write',
  nodes: 1,
  async run(context) {
    const servers = await context.startServers(2);
    const required = context.forScale({ quick: RACES.length, full: 7 * RACES.length });
    const school = await context.school({ students: required, assignments: 5 });
    const clients = context.clients({ targets: servers });
    const paid = await submitFirst(context, clients, school, 2);
    const [extendedOpen, submittedMeanwhile] = school.assignmentIds.slice(2) as [string, string];
    let fired = 0;
    for (const [round, ofStudent] of paid.entries()) {
      // A planted bug stops the clients, who then send nothing more.
      if (clients.isStopped) break;
      const acts = actsOf(school, `round-${round}`);
      const plan = RACES[round % RACES.length]!(acts, ofStudent as [Paid, Paid], extendedOpen);
      if (plan.given) await clients.retryUntilResolved(plan.given, 1);
      const failpoint = await context.set.failCommand(blockUpdates(context, { times: 1 }));
      const blocked = clients.retryUntilResolved(plan.blocked, 0);
      await waitFor(
        'a server is blocked',
        async () => clients.isStopped || (await context.runningCommands()).find(({ updates }) => updates > 0),
      );
      await clients.retryUntilResolved(plan.meanwhile, 1);
      // The first race is between two acts that write no row: a row would take the other guard, its sequence.
      const submission = acts.submission(ofStudent[0]!.studentId, submittedMeanwhile);
      if (round % RACES.length !== 0) await clients.retryUntilResolved(submission, 1);
      await blocked;
      fired += await failpoint.off();
      context.report(`round ${round + 1} of ${required}`);
    }
    await repeatAll(clients);
    return { fired, required };
  },
};

/** grantBonuses pays its students in groups, one after the other. So a few commits are some of the bonuses, not all. */
const COMMITS_BEFORE_KILL = 3;

async function failAfterAMinute(): Promise<never> {
  await sleep(60_000, undefined, { ref: false });
  throw new Error('waited a minute in vain: the server is killed');
}

export const bonusesKilled: Scenario = {
  name: 'bonuses-killed',
  workload: 'grantBonuses of 500 students, who submit at another server meanwhile',
  fault: 'SIGKILL of its server in the middle; it is repeated with the same key',
  nodes: 1,
  async run(context) {
    const required = context.forScale({ quick: 1, full: 10 });
    const pair = await startVictimAndOther(context);
    const school = await context.school({
      students: context.forScale({ quick: 100, full: 500 }),
      assignments: required,
    });
    const studentIds = school.students.map(({ id }) => id);
    const teachers = context.clients({ targets: pair.servers });
    const students = context.clients({ targets: pair.servers.slice(1) });
    const faultsAt: number[] = [];
    let fired = 0;
    for (const [round, assignmentId] of school.assignmentIds.entries()) {
      const acts = actsOf(school, `round-${round}`);
      const bonuses = acts.bonuses(studentIds, 1 + round);
      const submissions = studentIds.map((studentId) => acts.submission(studentId, assignmentId));
      faultsAt.push(performance.now());
      // The victim serves nothing else, so that it commits nothing but bonuses.
      await Promise.all([
        Promise.race([pair.killAndRestart(COMMITS_BEFORE_KILL), failAfterAMinute()]),
        teachers.retryUntilResolved(bonuses),
        students.retryAllUntilResolved(submissions, CLIENTS),
      ]);
      const paidByFirst = await context.db.collection('rewards').countDocuments({ requestId: `${bonuses.id}.0` });
      if (paidByFirst > 0 && paidByFirst < studentIds.length) fired += 1;
      context.report(`kill ${round + 1} of ${required}`);
    }
    await repeatAll(teachers);
    return { fired, required, faultsAt };
  },
};
