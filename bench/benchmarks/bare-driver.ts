import type { Benchmark, Side } from '../bench.js';
import { FIRST_WARM_UP_SECONDS } from '../load/load-job.js';
import type { BareJob } from '../processes/bare-driver.js';
import { enrollStudents } from '../school.js';
import { series } from '../series.js';
import { requestsInSlice } from '../turns.js';

/**
 * The upper bounds: of the usual design with one transaction for each grant, and of the committer's design with groups.
 */
export const bareDriver: Benchmark = {
  name: 'bare',
  description: 'the bare driver with the same writes: a transaction each, and in groups of 16',
  runsByDefault: true,
  async sides({ uri, school, settings: { clients, students } }) {
    const sides: Side[] = [];
    for (const [name, loops, groupSize] of [
      [series.bareOne, 1, 1],
      [series.bareMany, clients, 1],
      [series.bareGroups, clients, 16],
    ] as const) {
      const job: BareJob = {
        uri,
        students: (await enrollStudents(school.courseId, students)).ids.map((id) => id.toHexString()),
        assignments: school.assignments,
        dueDate: school.dueDate.toISOString(),
        clients: loops,
        groupSize,
        grants: requestsInSlice(loops),
        // Each round runs in a new process, whereas the product's process keeps running.
        warmUpSeconds: FIRST_WARM_UP_SECONDS,
        warmUpClients: clients,
      };
      sides.push({ series: name, clients: loops, servers: [], job });
    }
    return sides;
  },
};
