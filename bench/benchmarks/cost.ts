import type { BenchContext, Benchmark } from '../bench.js';
import { type CountingServer, startCountingServer } from '../counting.js';
import { firstAssignmentLoad, type Load, replayLoad, submissionLoad } from '../load/submissions.js';
import { END_POMODORO } from '../operations.js';
import { enrollStudents } from '../school.js';
import { commandSeries, PREPARATION, series } from '../series.js';

/** The counts do not depend on the number or the rate of requests, so a short run is enough. */
const COUNTED_SECONDS = 0.3;
/** More students than one client can serve in that time. */
const STUDENTS = 1_000;

const BURSTS = [
  [series.burst16, 16],
  [series.burst64, 64],
] as const;

/** The costs of a grant that the rate benchmarks do not show: the cost in bursts, and the number of commands. */
export const costOfGrants: Benchmark = {
  name: 'cost',
  description: 'commands and round trips of grants and replays; processor time and bytes in bursts of 16 and 64',
  runsByDefault: true,
  async measure(bench) {
    const { school, settings, product, load } = bench;
    for (const [name, size] of BURSTS) {
      const students = await enrollStudents(school.courseId, Math.max(size, settings.students));
      const shape = { kind: 'bursts', size, seconds: settings.seconds } as const;
      await load(name, [await product()], submissionLoad(school, students, shape));
    }
    const counting = await startCountingServer(bench.uri);
    try {
      await countCommands(bench, counting);
    } finally {
      await counting.stop();
    }
  },
};

async function countCommands(bench: BenchContext, server: CountingServer): Promise<void> {
  const { school, load } = bench;
  const shape = (size: number) => ({ kind: 'bursts', size, seconds: COUNTED_SECONDS }) as const;
  const count = async (name: string, size: number, job: Load) => {
    await server.sent();
    const { count: requests } = await load(PREPARATION, [server], { ...job, warmUpSeconds: 0 });
    const sent = await server.sent();
    const bursts = requests / size;
    const each = Object.entries(sent).map(([figure, value]) => [figure, value / bursts]);
    // Computed from whole numbers: the quotient of two averages would have a rounding error.
    const perTransaction = sent.commands / sent.transactions;
    bench.results.add(commandSeries(name), { size, perTransaction, ...Object.fromEntries(each) });
  };
  const students = await enrollStudents(school.courseId, STUDENTS);
  await load(PREPARATION, [server], firstAssignmentLoad(school, students));
  await count(series.replayOne, 1, replayLoad(school, students, shape(1)));
  await count(series.endOne, 1, {
    ...submissionLoad(school, students, shape(1)),
    query: END_POMODORO,
    sequence: { kind: 'ends', sessions: students.sessions },
  });
  for (const [name, size] of [[series.submitOne, 1], ...BURSTS] as const) {
    await count(name, size, submissionLoad(school, await enrollStudents(school.courseId, STUDENTS), shape(size)));
  }
}
