import { audit, ledgerRecords } from '../audit.js';
import type { Benchmark } from '../bench.js';
import { raceLoad, sliceShape, submissionLoad } from '../load/submissions.js';
import { enrollStudents } from '../school.js';
import { series } from '../series.js';

/** So few students that both processes nearly always have requests for the same student. */
const SHARED_STUDENTS = 8;

/** Two processes of the product on one database: first with separate students, then with the same students. */
export const twoProcesses: Benchmark = {
  name: 'two',
  description: 'two server processes on one database: students spread over them, and both with the same few',
  runsByDefault: true,
  async measure({ school, settings, product, load, takeTurns, otherDatabase, results }) {
    const { seconds, students, clients } = settings;
    const servers = [await product(1), await product(2)];
    const shape = { kind: 'loops', clients, seconds } as const;
    const alone = await enrollStudents(school.courseId, students);
    // With an even number of students, each student always uses the same server: request n is for student n modulo the
    // number of students and goes to server n modulo 2.
    const spread = await enrollStudents(school.courseId, students + (students % 2));
    await takeTurns([
      {
        series: series.oneProcess,
        clients,
        servers: servers.slice(0, 1),
        job: submissionLoad(school, alone, sliceShape(clients)),
      },
      { series: series.twoSpread, clients, servers, job: submissionLoad(school, spread, sliceShape(clients)) },
    ]);
    const { ids, ...few } = await enrollStudents(school.courseId, SHARED_STUDENTS);
    const { acknowledged, failures } = await load(
      series.twoTogether,
      servers,
      raceLoad(school, { ids, ...few }, shape),
    );
    const { database } = otherDatabase('school');
    const counted = await audit(database, ids, acknowledged, await ledgerRecords(database, ids));
    const submitted = acknowledged.reduce((sum, each) => sum + each);
    results.add(series.twoTogether, { ...counted, failures, submissions: submitted });
  },
};
