import { type mongo, Types } from 'mongoose';
import { audit, ledgerRecords } from '../audit.js';
import type { Bench, Side } from '../bench.js';
import { messageFrom, startChild, stopChild } from '../child.js';
import { firstLoad, race, submissions } from '../load/submissions.js';
import { type PatternName, patternNames, patterns } from '../patterns/index.js';
import { newcomer } from '../patterns/pattern.js';
import type { Server } from '../product.js';
import { type Enrolled, enrol, type School } from '../school.js';
import { PREPARATION, patternSeries, raceSeries, series } from '../series.js';
import { tokenOf } from '../tokens.js';

/** So few that many of the requests under way at any moment are of the same student. */
const RACING = 16;

/** What people write today: its rate, and what it loses and doubles where two devices send the same at once. */
export const patternsOfToday: Side = {
  name: 'patterns',
  about: 'what people write today on the same stack: rates, and rewards lost and doubled in a race',
  byDefault: true,
  async measure(bench) {
    for (const name of patternNames) await measurePattern(bench, name);
    await raceOfTheProduct(bench);
  },
};

async function measurePattern(bench: Bench, name: PatternName): Promise<void> {
  const { settings, school, results, load, another } = bench;
  const { seconds, students, clients } = settings;
  const { uri, database } = another(`pattern_${patternNames.indexOf(name)}`);
  const server = await bench.server(name, async () => {
    const started = await startPatternServer(uri, name, school, database);
    await load(PREPARATION, [started], firstLoad(school, await newcomers(database, students), clients));
    return started;
  });
  const shape = { kind: 'loops', clients, seconds } as const;
  await load(patternSeries(name), [server], submissions(school, await newcomers(database, students), shape));
  const racing = await newcomers(database, RACING);
  const { acknowledged, failures } = await load(raceSeries(name), [server], race(school, racing, shape));
  const records = await patterns[name].recordsOf(database, racing.ids);
  const counted = await audit(database, racing.ids, acknowledged, records);
  results.add(raceSeries(name), { ...counted, failures, submissions: acknowledged.reduce((sum, each) => sum + each) });
}

async function raceOfTheProduct({ settings, school, results, load, product, another }: Bench): Promise<void> {
  const { seconds, clients } = settings;
  const racing = await enrol(school.courseId, RACING);
  const job = race(school, racing, { kind: 'loops', clients, seconds });
  const { acknowledged, failures } = await load(series.race, [await product()], job);
  const { database } = another('school');
  const counted = await audit(database, racing.ids, acknowledged, await ledgerRecords(database, racing.ids));
  results.add(series.race, { ...counted, failures, submissions: acknowledged.reduce((sum, each) => sum + each) });
}

async function startPatternServer(
  uri: string,
  name: PatternName,
  { assignments, dueDate, courseId }: School,
  database: mongo.Db,
): Promise<Server> {
  const documents = assignments.map((id, number) => ({
    _id: new Types.ObjectId(id),
    courseId: new Types.ObjectId(courseId),
    title: `Assignment ${number}`,
    dueDate,
  }));
  await database.collection('assignments').insertMany(documents);
  const child = startChild('pattern-server.ts', [uri, name]);
  return { url: await messageFrom<string>(child), pid: child.pid!, stop: () => stopChild(child) };
}

async function newcomers(database: mongo.Db, count: number): Promise<Enrolled> {
  const students = Array.from({ length: count }, (_, number) => newcomer(new Types.ObjectId(), `Student ${number}`));
  await database.collection('students').insertMany(students);
  const ids = students.map(({ _id }) => _id);
  return { ids, tokens: await Promise.all(ids.map((id) => tokenOf(id, 'STUDENT'))), sessions: [] };
}
