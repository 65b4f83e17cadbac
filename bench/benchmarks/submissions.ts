import type { Benchmark, Side } from '../bench.js';
import { sliceShape, submissionLoad } from '../load/submissions.js';
import { enrollStudents } from '../school.js';
import { series } from '../series.js';

const SHARE_OF_MAX_RATE = 0.8;

/** submitAssignment over HTTP, each for another student. */
export const submitAssignments: Benchmark = {
  name: 'submit',
  description: 'submitAssignment over HTTP: 1 client, many, and 80 % of their rate on a schedule',
  runsByDefault: true,
  async sides({ school, settings: { students, clients }, product }) {
    const servers = [await product()];
    const side = async (name: string, count: number): Promise<Side> => ({
      series: name,
      clients: count,
      servers,
      job: submissionLoad(school, await enrollStudents(school.courseId, students), sliceShape(count)),
    });
    return [await side(series.submitOne, 1), await side(series.submitMany, clients)];
  },
  async measure({ school, settings: { seconds, students, clients }, results, product, load }) {
    const perSecond = SHARE_OF_MAX_RATE * results.values(series.submitMany, 'perSecond').at(-1)!;
    const enrolled = await enrollStudents(school.courseId, students);
    const shape = { kind: 'rate', perSecond, connections: clients, seconds } as const;
    await load(series.submitSteady, [await product()], submissionLoad(school, enrolled, shape));
  },
};
