import type { Benchmark } from '../bench.js';
import { WARM_UP_SECONDS } from '../load/load-job.js';
import { END_POMODORO } from '../operations.js';
import { enrollStudents } from '../school.js';
import { series } from '../series.js';

/** Each student has only one session to end. So this many students are created for each second. */
const MAX_ENDS_PER_SECOND = { one: 1_000, many: 4_000 };

export const endPomodoros: Benchmark = {
  name: 'end',
  description: 'endPomodoro over HTTP, each for another student: 1 client, and many',
  runsByDefault: true,
  async measure({ school, settings: { seconds, clients }, product, load }) {
    for (const [name, count, perSecond] of [
      [series.endOne, 1, MAX_ENDS_PER_SECOND.one],
      [series.endMany, clients, MAX_ENDS_PER_SECOND.many],
    ] as const) {
      const { tokens, sessions } = await enrollStudents(school.courseId, perSecond * (seconds + WARM_UP_SECONDS));
      await load(name, [await product()], {
        tokens,
        query: END_POMODORO,
        sequence: { kind: 'ends', sessions },
        devices: 1,
        expectedText: '"replayed":false',
        onUnexpected: 'fail',
        warmUpSeconds: WARM_UP_SECONDS,
        shape: { kind: 'loops', clients: count, seconds },
      });
    }
  },
};
