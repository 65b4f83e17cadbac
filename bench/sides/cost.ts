import type { Bench, Side } from '../bench.js';
import { messageFrom, startChild, stopChild } from '../child.js';
import { firstSubmissions, type Job, replaysOfTheFirst, submissions } from '../load/submissions.js';
import { END_POMODORO } from '../operations.js';
import type { Sent } from '../processes/counting-server.js';
import type { Server } from '../product.js';
import { enrol } from '../school.js';
import { PREPARATION, sentSeries, series } from '../series.js';

/** What is counted does not depend on how often it is done, or how fast. */
const COUNTED_SECONDS = 0.3;
/** More than can be asked one after the other in that time. */
const STUDENTS = 1_000;

const BURSTS = [
  [series.burst16, 16],
  [series.burst64, 64],
] as const;

/** The product, in a process that tells what it sends to the database. */
interface CountingServer extends Server {
  /** What was sent since it was last asked. */
  sent(): Promise<Sent>;
}

/** What a grant costs that the sides of the rates do not tell: in bursts, and in commands. */
export const costOfGrants: Side = {
  name: 'cost',
  about: 'commands and round trips of grants and replays; processor time and bytes in bursts of 16 and 64',
  byDefault: true,
  async measure(bench) {
    const { school, settings, product, load } = bench;
    for (const [name, size] of BURSTS) {
      const students = await enrol(school.courseId, Math.max(size, settings.students));
      const shape = { kind: 'bursts', size, seconds: settings.seconds } as const;
      await load(name, [await product()], submissions(school, students, shape));
    }
    const counting = await startCountingServer(bench.uri);
    try {
      await countCommands(bench, counting);
    } finally {
      await counting.stop();
    }
  },
};

async function countCommands(bench: Bench, server: CountingServer): Promise<void> {
  const { school, load } = bench;
  const shape = (size: number) => ({ kind: 'bursts', size, seconds: COUNTED_SECONDS }) as const;
  const count = async (name: string, size: number, job: Job) => {
    await server.sent();
    const { count: requests } = await load(PREPARATION, [server], { ...job, warmUpSeconds: 0 });
    const sent = await server.sent();
    const bursts = requests / size;
    const each = Object.entries(sent).map(([figure, value]) => [figure, value / bursts]);
    // From whole numbers: the quotient of two averages would be off by a rounding.
    const perTransaction = sent.commands / sent.transactions;
    bench.results.add(sentSeries(name), { size, perTransaction, ...Object.fromEntries(each) });
  };
  const students = await enrol(school.courseId, STUDENTS);
  await load(PREPARATION, [server], firstSubmissions(school, students));
  await count(series.replayOne, 1, replaysOfTheFirst(school, students, shape(1)));
  await count(series.endOne, 1, {
    ...submissions(school, students, shape(1)),
    query: END_POMODORO,
    asked: { kind: 'ends', sessions: students.sessions },
  });
  for (const [name, size] of [[series.submitOne, 1], ...BURSTS] as const) {
    await count(name, size, submissions(school, await enrol(school.courseId, STUDENTS), shape(size)));
  }
}

async function startCountingServer(uri: string): Promise<CountingServer> {
  const child = startChild('counting-server.ts', [uri]);
  const url = await messageFrom<string>(child);
  return {
    url,
    pid: child.pid!,
    async sent() {
      child.send('tell');
      return messageFrom<Sent>(child);
    },
    stop: () => stopChild(child),
  };
}
