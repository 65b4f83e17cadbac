import { type mongo, Types } from 'mongoose';
import { audit, ledgerRecords } from '../audit.js';
import type { BenchContext, Benchmark } from '../bench.js';
import { nextMessage, startChild, stopChild } from '../child.js';
import { firstWarmUpLoad, raceLoad, submissionLoad } from '../load/submissions.js';
import { type PatternName, patternNames, patterns } from '../patterns/index.js';
import { newStudent } from '../patterns/pattern.js';
import type { Server } from '../product.js';
import { type EnrolledStudents, enrollStudents, type School } from '../school.js';
import { PREPARATION, patternSeries, raceSeries, series } from '../series.js';
import { tokenOf } from '../tokens.js';

/** So few students that many concurrent requests are for the same student. */
const RACING_STUDENTS = 16;

/** Common patterns: their rates, and the rewards that they lose or double when two devices send the same submission. */
export const commonPatterns: Benchmark = {
  name: 'patterns',
  description: 'common patterns on the same stack: rates, and rewards lost and doubled in a race',
  runsByDefault: true,
  async measure(bench) {
    for (const name of patternNames) await measurePattern(bench, name);
    await measureProductRace(bench);
  },
};

async function measurePattern(bench: BenchContext, name: PatternName): Promise<void> {
  const { settings, school, results, load, otherDatabase } = bench;
  const { seconds, students, clients } = settings;
  const { uri, database } = otherDatabase(`pattern_${patternNames.indexOf(name)}`);
  const server = await bench.server(name, async () => {
    const started = await startPatternServer(uri, name, school, database);
    await load(PREPARATION, [started], firstWarmUpLoad(school, await createStudents(database, students), clients));
    return started;
  });
  const shape = { kind: 'loops', clients, seconds } as const;
  await load(patternSeries(name), [server], submissionLoad(school, await createStudents(database, students), shape));
  const racing = await createStudents(database, RACING_STUDENTS);
  const { acknowledged, failures } = await load(raceSeries(name), [server], raceLoad(school, racing, shape));
  const records = await patterns[name].recordsOf(database, racing.ids);
  const counted = await audit(database, racing.ids, acknowledged, records);
  results.add(raceSeries(name), { ...counted, failures, submissions: acknowledged.reduce((sum, each) => sum + each) });
}

async function measureProductRace({
  settings,
  school,
  results,
  load,
  product,
  otherDatabase,
}: BenchContext): Promise<void> {
  const { seconds, clients } = settings;
  const racing = await enrollStudents(school.courseId, RACING_STUDENTS);
  const job = raceLoad(school, racing, { kind: 'loops', clients, seconds });
  const { acknowledged, failures } = await load(series.race, [await product()], job);
  const { database } = otherDatabase('school');
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
  return { url: await nextMessage<string>(child), pid: child.pid!, stop: () => stopChild(child) };
}

async function createStudents(database: mongo.Db, count: number): Promise<EnrolledStudents> {
  const students = Array.from({ length: count }, (_, number) => newStudent(new Types.ObjectId(), `Student ${number}`));
  await database.collection('students').insertMany(students);
  const ids = students.map(({ _id }) => _id);
  return { ids, tokens: await Promise.all(ids.map((id) => tokenOf(id, 'STUDENT'))), sessions: [] };
}
