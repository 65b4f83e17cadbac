/** The scenario in which students and teachers also change other things and read, and all answers are checked. */
import { actsOf } from '../acts.js';
import type { Clients } from '../client.js';
import * as everyday from '../everyday.js';
import { checkEveryday, type StoredSchool } from '../everyday-checks.js';
import type { LogicalRequest } from '../record.js';
import type { School } from '../school.js';
import { shuffled } from '../workload.js';
import { CLIENTS, interleaved, submitFirst, underKills } from './corrections.js';
import { startDroppingProxies } from './dropping-proxies.js';
import { startVictimAndOther } from './lost-responses.js';
import type { Scenario } from './scenario.js';
import type { ScenarioContext } from './scenario-context.js';

/** How many assignments each student has submitted before, and revises meanwhile. */
const SUBMITTED_BEFORE = 2;
const REVISIONS = 4;
const ZONE_CHANGES = 4;
const DUE_DATES = 6;

export const everydayUse: Scenario = {
  name: 'everyday-use',
  workload:
    '40 students submit, revise, change their zone, read ledgers and boards; a teacher moves due dates; 10 sign up, join and submit',
  fault: 'SIGKILL of one of two servers between commit and answer, and 20 % of all answers dropped',
  nodes: 1,
  async run(context) {
    const kills = context.forScale({ quick: 0, full: 20 });
    const pair = await startVictimAndOther(context);
    const answers = await startDroppingProxies(context, pair.servers);
    const school = await context.school({
      students: context.forScale({ quick: 4, full: 40 }),
      assignments: SUBMITTED_BEFORE + context.forScale({ quick: 6, full: 14 }),
    });
    const clients = context.clients({ targets: answers.proxies });
    answers.drop(0.2, '"data"');
    const requests = await requestsOf(context, clients, school);
    const faultsAt =
      kills > 0
        ? await underKills(context, { clients, requests, kills }, pair)
        : await clients.retryAllUntilResolved(requests, CLIENTS).then(() => []);
    const dropped = answers.dropped();
    const reads = clients.attempts.filter(({ result }) => result.kind === 'answered');
    const count = (operation: string) => reads.filter(({ request }) => request.operation === operation).length;
    return {
      ...{ fired: pair.killed() + dropped, required: kills + context.forScale({ quick: 20, full: 400 }), faultsAt },
      violations: checkEveryday(clients.attempts, await storedSchool(context)),
      notes: [
        `${pair.killed()} kills, ${dropped} answers dropped`,
        `${count('leaderboard')} leaderboards and ${count('ledger')} ledgers checked`,
      ],
    };
  },
};

async function storedSchool(context: ScenarioContext): Promise<StoredSchool> {
  const all = (name: string) => context.db.collection(name).find().toArray();
  const [assignments, accounts] = await Promise.all([all('assignments'), all('accounts')]);
  return { ...(await context.stored()), assignments, accounts } as unknown as StoredSchool;
}

/** Lets newcomers sign up, and submits what is revised later. @returns everything that follows */
async function requestsOf(context: ScenarioContext, clients: Clients, school: School): Promise<LogicalRequest[]> {
  const newcomers = context.forScale({ quick: 2, full: 10 });
  const signUps = Array.from({ length: newcomers }, (_, number) => everyday.signUpOf(number));
  await clients.retryAllUntilResolved(signUps, CLIENTS);
  const emails = signUps.map((_, number) => everyday.emailOf(number));
  const accounts = await context.db
    .collection('accounts')
    .find({ email: { $in: emails } })
    .toArray();
  const paid = await submitFirst(context, clients, school, SUBMITTED_BEFORE);
  const open = school.assignmentIds.slice(SUBMITTED_BEFORE);
  const { submission } = actsOf(school, 'everyday');
  const ofStudents = school.students.map(({ id }, position) =>
    mixed(context, school, id, [
      open.map((assignmentId) => submission(id, assignmentId)),
      ...paid[position]!.map((each) => everyday.revisionsOf(each, REVISIONS)),
      everyday.zoneChangesOf(id, ZONE_CHANGES),
    ]),
  );
  const ofNewcomers = accounts.map(({ _id }) => {
    const id = _id.toHexString();
    const join = everyday.joinOf(id, school);
    const submissions = open.map((assignmentId) => ({ ...submission(id, assignmentId), sendAfter: join.id }));
    return mixed(context, school, id, [[join, ...submissions]], join.id);
  });
  const ofTeacher = school.assignmentIds.map((id) => everyday.dueDatesOf(school, id, DUE_DATES));
  return interleaved([...ofStudents, ...ofNewcomers, ...ofTeacher]);
}

/** What one student does, in random order but for the order within each line; with a read after every second request. */
function mixed(
  { random }: ScenarioContext,
  school: School,
  studentId: string,
  lines: readonly (readonly LogicalRequest[])[],
  joinId?: string,
): LogicalRequest[] {
  const turns = shuffled(
    lines.flatMap((line, number) => line.map(() => number)),
    random,
  );
  const next = lines.map(() => 0);
  return turns.flatMap((number, turn) => {
    const request = lines[number]![next[number]!++]!;
    if (turn % 2 === 1) return [request];
    const read = (turn / 2) % 2 === 0 ? everyday.leaderboardReadOf : everyday.ledgerReadOf;
    // Whoever has not joined sees no board.
    return [request, { ...read(studentId, school, turn / 2), ...(joinId !== undefined && { sendAfter: joinId }) }];
  });
}
