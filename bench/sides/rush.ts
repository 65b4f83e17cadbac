import { audit, ledgerRecords } from '../audit.js';
import type { Side } from '../bench.js';
import { submissions } from '../load/submissions.js';
import { enrol } from '../school.js';
import { series } from '../series.js';

const STUDENTS = 5_000;
const WITHIN_SECONDS = 10;
const REPEAT_AFTER_SECONDS = 3;

/** A whole school hands in within the last seconds, and asks again where no answer comes. */
export const deadlineRush: Side = {
  name: 'rush',
  about: '5,000 students within 10 s, each again after 3 s without an answer',
  byDefault: true,
  async measure({ school, settings, product, load, another, results }) {
    const enrolled = await enrol(school.courseId, STUDENTS);
    const shape = {
      kind: 'rush',
      withinSeconds: WITHIN_SECONDS,
      repeatAfterSeconds: REPEAT_AFTER_SECONDS,
      seed: settings.seed,
    } as const;
    const job = submissions(school, enrolled, shape);
    const { acknowledged, repeats, failures } = await load(series.rush, [await product()], {
      ...job,
      // A repeat may find that the first was paid after all.
      expected: '"replayed":',
      warmUpSeconds: 0,
    });
    const { database } = another('school');
    const counted = await audit(database, enrolled.ids, acknowledged, await ledgerRecords(database, enrolled.ids));
    const answered = acknowledged.filter((count) => count === 1).length;
    results.add(series.rush, { ...counted, repeats, failures, students: STUDENTS, submissions: STUDENTS, answered });
  },
};
