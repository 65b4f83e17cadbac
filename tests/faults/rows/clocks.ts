/** The row in which the servers' clocks are moved. */
import type { Clients } from '../client.js';
import type { Wanted } from '../record.js';
import type { School } from '../school.js';
import type { Row } from './row.js';
import { type Stage, until } from './stage.js';

const HOUR_MS = 3_600_000;
/** Where the clocks are in turn: an hour away from the machine's either way, and two hours of a jump. */
const OFFSETS_MS = [HOUR_MS, 0, -HOUR_MS, 0, HOUR_MS, -HOUR_MS];
/** Half of them ask while the clocks are moved. */
const STUDENTS = 8;
/** Long enough for all that are asked at the same time to be seen at the database. Milliseconds. */
const HELD_BACK_MS = 500;

export const clockMoved: Row = {
  name: 'clock-moved',
  workload: 'start and end Pomodoro, submissions; on two servers',
  fault: 'their clocks moved by an hour or two, either way, with requests in flight',
  nodes: 1,
  async run(stage) {
    const servers = await stage.startServers(2, { clock: true });
    const asked = stage.size({ quick: 6, full: 60 });
    const school = await stage.school({ students: STUDENTS, assignments: asked * 2 });
    const clients = stage.clients({ targets: servers });
    for (let round = 0; round < asked; round++) {
      const starts = school.students.map(({ id }, position) => startOf(round, position, id));
      await clients.resolveAll(starts, starts.length);
      const requests = requestsOf(school, clients, round);
      // Half of them are under way when the clocks move, the others come afterwards.
      const offsetMs = OFFSETS_MS[round % OFFSETS_MS.length]!;
      await moveInFlight({ stage, clients, requests, offsetMs });
      stage.report(`move ${round + 1} of ${asked}`);
    }
    return { fired: asked, asked };
  },
};

const startOf = (round: number, position: number, studentId: string): Wanted => ({
  id: `start-${round}-${position}`,
  ...{ studentId, operation: 'startPomodoro', subjectId: null, key: null, content: null },
});

/** Each student ends the session that it was told of last, or hands something in. */
function requestsOf(school: School, { tries }: Clients, round: number): Wanted[] {
  return school.students.map(({ id: studentId }, position) => {
    const started = tries.findLast(({ wanted, told }) => wanted.studentId === studentId && told.kind === 'started');
    const told = started?.told;
    if (told?.kind !== 'started') throw new Error(`no session of ${studentId} was started`);
    const id = `move-${round}-${position}`;
    const mine = { id, studentId, key: `key of ${id}` };
    return (round + position) % 3 === 0
      ? { ...mine, operation: 'submitAssignment', subjectId: school.assignmentIds[round]!, content: 'An essay' }
      : { ...mine, operation: 'endPomodoro', subjectId: told.session.id, content: null };
  });
}

interface Move {
  readonly stage: Stage;
  readonly clients: Clients;
  readonly requests: readonly Wanted[];
  readonly offsetMs: number;
}

/** Moves the clocks when requests are seen at the database: what the clocks show from now on is not for them. */
async function moveInFlight({ stage, clients, requests, offsetMs }: Move): Promise<void> {
  const inFlight = requests.slice(0, STUDENTS / 2);
  const holding = await stage.set.failCommand({
    ...{ failCommands: ['find', 'aggregate'], namespace: `${stage.db.databaseName}.students`, mode: 'alwaysOn' },
    ...{ blockConnection: true, blockTimeMS: HELD_BACK_MS },
  });
  const first = Promise.all(inFlight.map((wanted, position) => clients.resolve(wanted, position)));
  const seen = new Set<string>();
  await until('requests are held back', async () => {
    const commands = await stage.underWay();
    for (const { studentId } of inFlight) if (commands.some(({ concerns }) => concerns(studentId))) seen.add(studentId);
    return seen.size === inFlight.length;
  });
  clients.allArrived();
  await clients.movingClocks(offsetMs, () => Promise.all(stage.servers.map((server) => server.moveClock(offsetMs))));
  await holding.off();
  await first;
  await clients.resolveAll(requests.slice(inFlight.length), requests.length);
}
