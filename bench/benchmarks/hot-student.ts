import type { Benchmark } from '../bench.js';
import { submissionLoad } from '../load/submissions.js';
import { enrollStudents } from '../school.js';
import { series } from '../series.js';

/** Many concurrent submissions of one student. */
export const hotStudent: Benchmark = {
  name: 'hot',
  description: 'many clients of one student, each with another assignment',
  runsByDefault: true,
  async measure({ school, settings: { seconds, clients }, product, load }) {
    const job = submissionLoad(school, await enrollStudents(school.courseId, 1), { kind: 'loops', clients, seconds });
    await load(series.hot, [await product()], job);
  },
};
