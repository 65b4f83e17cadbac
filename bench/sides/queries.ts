import type { Bench, Side } from '../bench.js';
import { type Shape, WARM_UP_SECONDS } from '../load/load-job.js';
import { firstSubmissions } from '../load/submissions.js';
import { MY_PROGRESS, ROSTER } from '../operations.js';
import { enrol } from '../school.js';
import { PREPARATION, series } from '../series.js';

const STEADY_PER_SECOND = 500;

/** What dashboards ask. */
export const queries: Side = {
  name: 'queries',
  about: 'me and a roster: many clients; and me 500 times a second on a schedule',
  byDefault: true,
  async measure(bench) {
    const { seconds, students, clients } = bench.settings;
    const enrolled = await enrol(bench.school.courseId, students);
    await bench.load(PREPARATION, [await bench.product()], firstSubmissions(bench.school, enrolled));
    const { tokens } = enrolled;
    const shape = { kind: 'loops', clients, seconds } as const;
    await ask(bench, series.me, tokens, MY_PROGRESS, {}, shape);
    const steady = { kind: 'rate', perSecond: STEADY_PER_SECOND, connections: clients, seconds } as const;
    await ask(bench, series.meSteady, tokens, MY_PROGRESS, {}, steady);
    await ask(bench, series.roster, [await bench.school.teacherToken()], ROSTER, { id: bench.school.courseId }, shape);
  },
};

async function ask(
  { product, load }: Bench,
  name: string,
  tokens: readonly string[],
  query: string,
  variables: object,
  shape: Shape,
): Promise<void> {
  await load(name, [await product()], {
    tokens,
    query,
    asked: { kind: 'query', variables },
    devices: 1,
    expected: '{"data":{',
    otherwise: 'fail',
    warmUpSeconds: WARM_UP_SECONDS,
    shape,
  });
}
