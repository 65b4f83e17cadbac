import type { Side } from '../bench.js';
import { FIRST_SECONDS } from '../load/load-job.js';
import { enrol } from '../school.js';
import { series } from '../series.js';

/** The ceilings: of the usual design, a transaction for each grant, and of the committer's, groups. */
export const bareDriver: Side = {
  name: 'bare',
  about: 'the bare driver with the same writes: a transaction each, and in groups of 16',
  byDefault: true,
  async measure({ uri, school, settings, bare }) {
    const { seconds, clients, students } = settings;
    for (const [name, loops, groupSize] of [
      [series.bareOne, 1, 1],
      [series.bareMany, clients, 1],
      [series.bareGroups, clients, 16],
    ] as const) {
      await bare(name, {
        uri,
        students: (await enrol(school.courseId, students)).ids.map((id) => id.toHexString()),
        assignments: school.assignments,
        dueDate: school.dueDate.toISOString(),
        clients: loops,
        groupSize,
        seconds,
        // Each time it is a new process, where the product's goes on.
        warmUpSeconds: FIRST_SECONDS,
        warmUpClients: clients,
      });
    }
  },
};
