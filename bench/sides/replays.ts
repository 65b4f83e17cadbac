import type { Side } from '../bench.js';
import { firstSubmissions, replaysOfTheFirst } from '../load/submissions.js';
import { enrol } from '../school.js';
import { PREPARATION, series } from '../series.js';

/** Requests whose reward has been paid before. */
export const replays: Side = {
  name: 'replay',
  about: 'the same submission again: 1 client, and many',
  byDefault: true,
  async measure({ school, settings: { seconds, students, clients }, product, load }) {
    const servers = [await product()];
    const enrolled = await enrol(school.courseId, students);
    await load(PREPARATION, servers, firstSubmissions(school, enrolled));
    for (const [name, count] of [
      [series.replayOne, 1],
      [series.replayMany, clients],
    ] as const) {
      await load(name, servers, replaysOfTheFirst(school, enrolled, { kind: 'loops', clients: count, seconds }));
    }
  },
};
