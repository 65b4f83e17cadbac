import type { Benchmark } from '../bench.js';
import type { LoadShape } from '../load/load-job.js';
import { submissionLoad } from '../load/submissions.js';
import { enrollStudents } from '../school.js';
import { series } from '../series.js';

const SHARE_OF_MAX_RATE = 0.8;

/** submitAssignment over HTTP, each for another student. */
export const submitAssignments: Benchmark = {
  name: 'submit',
  description: 'submitAssignment over HTTP: 1 client, many, and 80 % of their rate on a schedule',
  runsByDefault: true,
  async measure({ school, settings: { seconds, students, clients }, product, load }) {
    const servers = [await product()];
    const measure = async (name: string, shape: LoadShape) =>
      load(name, servers, submissionLoad(school, await enrollStudents(school.courseId, students), shape));
    await measure(series.submitOne, { kind: 'loops', clients: 1, seconds });
    const { count, seconds: took } = await measure(series.submitMany, { kind: 'loops', clients, seconds });
    const perSecond = SHARE_OF_MAX_RATE * (count / took);
    await measure(series.submitSteady, { kind: 'rate', perSecond, connections: clients, seconds });
  },
};
