import type { Side } from '../bench.js';
import { WARM_UP_SECONDS } from '../load/load-job.js';
import { END_POMODORO } from '../operations.js';
import { enrol } from '../school.js';
import { series } from '../series.js';

/** Each student has one session to end: so many are there for each second, with one client and with many. */
const ENDS_PER_SECOND = { one: 1_000, many: 4_000 };

export const endPomodoros: Side = {
  name: 'end',
  about: 'endPomodoro over HTTP, each of another student: 1 client, and many',
  byDefault: true,
  async measure({ school, settings: { seconds, clients }, product, load }) {
    for (const [name, count, perSecond] of [
      [series.endOne, 1, ENDS_PER_SECOND.one],
      [series.endMany, clients, ENDS_PER_SECOND.many],
    ] as const) {
      const { tokens, sessions } = await enrol(school.courseId, perSecond * (seconds + WARM_UP_SECONDS));
      await load(name, [await product()], {
        tokens,
        query: END_POMODORO,
        asked: { kind: 'ends', sessions },
        devices: 1,
        expected: '"replayed":false',
        otherwise: 'fail',
        warmUpSeconds: WARM_UP_SECONDS,
        shape: { kind: 'loops', clients: count, seconds },
      });
    }
  },
};
