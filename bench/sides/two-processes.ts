import { audit, ledgerRecords } from '../audit.js';
import type { Side } from '../bench.js';
import { race, submissions } from '../load/submissions.js';
import { enrol } from '../school.js';
import { series } from '../series.js';

/** So few that both processes nearly always have requests of the same one. */
const TOGETHER = 8;

/** Two processes of the product on one database: each with students of its own, and both with the same. */
export const twoProcesses: Side = {
  name: 'two',
  about: 'two server processes on one database: students spread over them, and both with the same few',
  byDefault: true,
  async measure({ school, settings, product, load, another, results }) {
    const { seconds, students, clients } = settings;
    const servers = [await product(1), await product(2)];
    const shape = { kind: 'loops', clients, seconds } as const;
    const alone = await enrol(school.courseId, students);
    await load(series.oneBeside, servers.slice(0, 1), submissions(school, alone, shape));
    // An even number of them: request n comes from student n and goes to server n, both in turn.
    const spread = await enrol(school.courseId, students + (students % 2));
    await load(series.twoSpread, servers, submissions(school, spread, shape));
    const { ids, ...few } = await enrol(school.courseId, TOGETHER);
    const { acknowledged, failures } = await load(series.twoTogether, servers, race(school, { ids, ...few }, shape));
    const { database } = another('school');
    const counted = await audit(database, ids, acknowledged, await ledgerRecords(database, ids));
    const submitted = acknowledged.reduce((sum, each) => sum + each);
    results.add(series.twoTogether, { ...counted, failures, submissions: submitted });
  },
};
