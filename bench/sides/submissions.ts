import type { Side } from '../bench.js';
import type { Shape } from '../load/load-job.js';
import { submissions } from '../load/submissions.js';
import { enrol } from '../school.js';
import { series } from '../series.js';

const SHARE_OF_HIGHEST = 0.8;

/** submitAssignment of different students over HTTP. */
export const submitAssignments: Side = {
  name: 'submit',
  about: 'submitAssignment over HTTP: 1 client, many, and 80 % of their rate on a schedule',
  byDefault: true,
  async measure({ school, settings: { seconds, students, clients }, product, load }) {
    const servers = [await product()];
    const measure = async (name: string, shape: Shape) =>
      load(name, servers, submissions(school, await enrol(school.courseId, students), shape));
    await measure(series.submitOne, { kind: 'loops', clients: 1, seconds });
    const { count, seconds: took } = await measure(series.submitMany, { kind: 'loops', clients, seconds });
    const perSecond = SHARE_OF_HIGHEST * (count / took);
    await measure(series.submitSteady, { kind: 'rate', perSecond, connections: clients, seconds });
  },
};
