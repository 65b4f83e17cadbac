import type { Benchmark } from '../bench.js';
import { FIRST_WARM_UP_SECONDS } from '../load/load-job.js';
import { enrollStudents } from '../school.js';
import { series } from '../series.js';

/**
 * The upper bounds: of the usual design with one transaction for each grant, and of the committer's design with groups.
 */
export const bareDriver: Benchmark = {
  name: 'bare',
  description: 'the bare driver with the same writes: a transaction each, and in groups of 16',
  runsByDefault: true,
  async measure({ uri, school, settings, bare }) {
    const { seconds, clients, students } = settings;
    for (const [name, loops, groupSize] of [
      [series.bareOne, 1, 1],
      [series.bareMany, clients, 1],
      [series.bareGroups, clients, 16],
    ] as const) {
      await bare(name, {
        uri,
        students: (await enrollStudents(school.courseId, students)).ids.map((id) => id.toHexString()),
        assignments: school.assignments,
        dueDate: school.dueDate.toISOString(),
        clients: loops,
        groupSize,
        seconds,
        // Each measurement runs in a new process, whereas the product's process keeps running.
        warmUpSeconds: FIRST_WARM_UP_SECONDS,
        warmUpClients: clients,
      });
    }
  },
};
