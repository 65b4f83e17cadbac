import type { Benchmark } from '../bench.js';
import { firstAssignmentLoad, replayLoad } from '../load/submissions.js';
import { enrollStudents } from '../school.js';
import { PREPARATION, series } from '../series.js';

/** Replays: requests whose reward is already paid. */
export const replays: Benchmark = {
  name: 'replay',
  description: 'the same submission again: 1 client, and many',
  runsByDefault: true,
  async measure({ school, settings: { seconds, students, clients }, product, load }) {
    const servers = [await product()];
    const enrolled = await enrollStudents(school.courseId, students);
    await load(PREPARATION, servers, firstAssignmentLoad(school, enrolled));
    for (const [name, count] of [
      [series.replayOne, 1],
      [series.replayMany, clients],
    ] as const) {
      await load(name, servers, replayLoad(school, enrolled, { kind: 'loops', clients: count, seconds }));
    }
  },
};
