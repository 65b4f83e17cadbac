/** The scenario that moves the clocks of the servers. */
import type { Clients } from '../client.js';
import type { LogicalRequest, ReportedSession } from '../record.js';
import type { School } from '../school.js';
import type { Scenario } from './scenario.js';
import { type ScenarioContext, waitFor } from './scenario-context.js';

const HOUR_MS = 3_600_000;
/** The successive offsets from the machine's clock: an hour ahead or behind. The last step is a jump of two hours. */
const OFFSETS_MS = [HOUR_MS, 0, -HOUR_MS, 0, HOUR_MS, -HOUR_MS];
/** Half of the students have a request in flight while the clocks move. */
const STUDENTS = 8;
/** How long a failpoint blocks each read: long enough to see all concurrent requests at the database. */
const BLOCK_MS = 500;

export const clockMoved: Scenario = {
  name: 'clock-moved',
  workload: 'start and end Pomodoro, submissions; on two servers',
  fault: 'their clocks moved by an hour or two, either way, with requests in flight',
  nodes: 1,
  async run(context) {
    const servers = await context.startServers(2, { clock: true });
    const required = context.forScale({ quick: 6, full: 60 });
    const school = await context.school({ students: STUDENTS, assignments: required * 2 });
    const clients = context.clients({ targets: servers });
    for (let round = 0; round < required; round++) {
      const starts = school.students.map(({ id }, position) => startOf(round, position, id));
      await clients.retryAllUntilResolved(starts, starts.length);
      const requests = requestsOf(school, clients, round);
      // Half of the requests are in flight when the clocks move; the others are sent afterwards.
      const offsetMs = OFFSETS_MS[round % OFFSETS_MS.length]!;
      await moveClocksInFlight({ context, clients, requests, offsetsMs: servers.map(() => offsetMs) });
      context.report(`move ${round + 1} of ${required}`);
    }
    return { fired: required, required };
  },
};

/** A request to start a session. */
export const startOf = (round: number, position: number, studentId: string): LogicalRequest => ({
  id: `start-${round}-${position}`,
  ...{ studentId, operation: 'startPomodoro', subjectId: null, idempotencyKey: null, content: null },
});

/** Each student ends its latest session or submits an assignment. */
function requestsOf(school: School, clients: Clients, round: number): LogicalRequest[] {
  return school.students.map(({ id: studentId }, position) => {
    const session = lastStartedBy(studentId, clients);
    if (!session) throw new Error(`no session of ${studentId} was started`);
    const id = `move-${round}-${position}`;
    const mine = { id, studentId, idempotencyKey: `key of ${id}` };
    return (round + position) % 3 === 0
      ? { ...mine, operation: 'submitAssignment', subjectId: school.assignmentIds[round]!, content: 'An essay' }
      : { ...mine, operation: 'endPomodoro', subjectId: session.id, content: null };
  });
}

/** The session that a student last started; undefined if it started none. */
export function lastStartedBy(studentId: string, { attempts }: Clients): ReportedSession | undefined {
  const started = attempts.findLast(
    ({ request, result }) => request.studentId === studentId && result.kind === 'started',
  );
  return started?.result.kind === 'started' ? started.result.session : undefined;
}

interface Move {
  readonly context: ScenarioContext;
  readonly clients: Clients;
  readonly requests: readonly LogicalRequest[];
  /** For each server. */
  readonly offsetsMs: readonly number[];
}

/**
 * Moves the clocks once half of the requests are seen at the database. They have arrived, so the new time must not
 * affect them. The others are sent afterwards.
 */
export async function moveClocksInFlight({ context, clients, requests, offsetsMs }: Move): Promise<void> {
  const inFlight = requests.slice(0, requests.length / 2);
  const failpoint = await context.set.failCommand({
    ...{ failCommands: ['find', 'aggregate'], namespace: `${context.db.databaseName}.students`, mode: 'alwaysOn' },
    ...{ blockConnection: true, blockTimeMS: BLOCK_MS },
  });
  const first = Promise.all(inFlight.map((request, position) => clients.retryUntilResolved(request, position)));
  const seen = new Set<string>();
  await waitFor('requests are blocked', async () => {
    const commands = await context.runningCommands();
    for (const { studentId } of inFlight) if (commands.some(({ concerns }) => concerns(studentId))) seen.add(studentId);
    return seen.size === inFlight.length;
  });
  clients.markAllArrived();
  const move = () => Promise.all(context.servers.map((server, each) => server.moveClock(offsetsMs[each]!)));
  await clients.moveClocks(offsetsMs, move);
  await failpoint.off();
  await first;
  await clients.retryAllUntilResolved(requests.slice(inFlight.length), requests.length);
}
