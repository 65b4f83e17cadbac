import type { Side } from '../bench.js';
import { submissions } from '../load/submissions.js';
import { enrol } from '../school.js';
import { series } from '../series.js';

/** Everything that one student has, at once. */
export const hotStudent: Side = {
  name: 'hot',
  about: 'many clients of one student, each with another assignment',
  byDefault: true,
  async measure({ school, settings: { seconds, clients }, product, load }) {
    const job = submissions(school, await enrol(school.courseId, 1), { kind: 'loops', clients, seconds });
    await load(series.hot, [await product()], job);
  },
};
