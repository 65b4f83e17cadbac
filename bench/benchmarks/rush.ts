import { audit, ledgerRecords } from '../audit.js';
import type { Benchmark } from '../bench.js';
import { submissionLoad } from '../load/submissions.js';
import { enrollStudents } from '../school.js';
import { series } from '../series.js';

const STUDENTS = 5_000;
const ARRIVAL_SECONDS = 10;
const RETRY_AFTER_SECONDS = 3;

/** A whole school submits in the last seconds before a deadline, and retries if no response arrives. */
export const deadlineRush: Benchmark = {
  name: 'rush',
  description: '5,000 students within 10 s, each retrying after 3 s without a response',
  runsByDefault: true,
  async measure({ school, settings, product, load, otherDatabase, results }) {
    const enrolled = await enrollStudents(school.courseId, STUDENTS);
    const shape = {
      kind: 'rush',
      arrivalSeconds: ARRIVAL_SECONDS,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      seed: settings.seed,
    } as const;
    const job = submissionLoad(school, enrolled, shape);
    const { acknowledged, retries, failures } = await load(series.rush, [await product()], {
      ...job,
      // A retry may find that the first attempt was paid, and receives a replay.
      expectedText: '"replayed":',
      warmUpSeconds: 0,
    });
    const { database } = otherDatabase('school');
    const counted = await audit(database, enrolled.ids, acknowledged, await ledgerRecords(database, enrolled.ids));
    const answered = acknowledged.filter((count) => count === 1).length;
    results.add(series.rush, { ...counted, retries, failures, students: STUDENTS, submissions: STUDENTS, answered });
  },
};
