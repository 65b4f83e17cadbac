import type { BenchContext, Benchmark } from '../bench.js';
import { type LoadShape, WARM_UP_SECONDS } from '../load/load-job.js';
import { firstAssignmentLoad } from '../load/submissions.js';
import { MY_PROGRESS, ROSTER } from '../operations.js';
import { enrollStudents } from '../school.js';
import { PREPARATION, series } from '../series.js';

const STEADY_PER_SECOND = 500;

/** The queries of dashboards. */
export const queries: Benchmark = {
  name: 'queries',
  description: 'me and a roster: many clients; and me 500 times a second on a schedule',
  runsByDefault: true,
  async measure(bench) {
    const { seconds, students, clients } = bench.settings;
    const enrolled = await enrollStudents(bench.school.courseId, students);
    await bench.load(PREPARATION, [await bench.product()], firstAssignmentLoad(bench.school, enrolled));
    const { tokens } = enrolled;
    const shape = { kind: 'loops', clients, seconds } as const;
    await ask(bench, series.me, tokens, MY_PROGRESS, {}, shape);
    const steady = { kind: 'rate', perSecond: STEADY_PER_SECOND, connections: clients, seconds } as const;
    await ask(bench, series.meSteady, tokens, MY_PROGRESS, {}, steady);
    await ask(bench, series.roster, [await bench.school.teacherToken()], ROSTER, { id: bench.school.courseId }, shape);
  },
};

async function ask(
  { product, load }: BenchContext,
  name: string,
  tokens: readonly string[],
  query: string,
  variables: object,
  shape: LoadShape,
): Promise<void> {
  await load(name, [await product()], {
    tokens,
    query,
    sequence: { kind: 'query', variables },
    devices: 1,
    expectedText: '{"data":{',
    onUnexpected: 'fail',
    warmUpSeconds: WARM_UP_SECONDS,
    shape,
  });
}
