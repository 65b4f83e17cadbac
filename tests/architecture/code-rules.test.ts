import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { codeRules, findViolations } from './code-rules.js';
import { project } from './project-copy.js';
import { reachOfTransaction } from './transaction-reach.js';

const read = (file: string): string => readFileSync(path.join(project, file), 'utf8');
const sources = readdirSync(path.join(project, 'src'), { recursive: true, encoding: 'utf8' })
  .map((file) => path.posix.join('src', ...file.split(path.sep)))
  .filter((file) => file.endsWith('.ts'));

/** For each rule, lines that break it, and similar lines that it allows. */
const plants: Readonly<
  Record<string, { readonly file: string; readonly broken: string[]; readonly allowed: string[] }>
> = {
  'rewards use no clock, no randomness and no globals of the environment': {
    file: 'src/rewards/planted.ts',
    broken: [
      'const now = new Date();',
      'const now = new Date;',
      'const now = Date();',
      'const now = Date.now();',
      'const clock = Date.now;',
      'const today = formatter.format();',
      'const today = formatter.formatToParts(undefined);',
      'const now = performance.now();',
      'const chance = Math.random();',
      'const id = crypto.randomUUID();',
      'setTimeout(tick, 1);',
      'const zone = process.env.TZ;',
      "const now = globalThis['Date'];",
      "console.log('here');",
    ],
    allowed: [
      'const at = new Date(0);',
      'const day = Date.parse(text);',
      'const day = formatter.formatToParts(at);',
      'const most = Math.max(1, 2);',
      'const record = { process: 1 };',
      'const step = record.process;',
    ],
  },
  'the clock is read only where a request arrives': {
    file: 'src/actions/planted.ts',
    broken: ['const now = new Date();', 'const now = Date.now();'],
    allowed: ['const now = clock();', 'const deadline = performance.now() + 10;'],
  },
  'only the committer starts a transaction': {
    file: 'src/storage/planted.ts',
    broken: [
      'await session.withTransaction(work);',
      'await client.withSession(work);',
      'await client.withSession({ snapshot: true, causalConsistency: false }, work);',
      'await client.withSession({ snapshot: true }, (session) => session.startTransaction());',
      'const session = await mongoose.startSession();',
      "await client['startSession']();",
      'const { startSession } = client;',
      'session.startTransaction();',
      'await mongoose.connection.transaction(work);',
    ],
    allowed: ['await collection.insertOne(row, { session });', 'await client.withSession({ snapshot: true }, read);'],
  },
  'no timeoutMS of the driver': {
    file: 'src/actions/planted.ts',
    broken: [
      'await session.withTransaction(work, { timeoutMS });',
      'await database.command({ ping: 1 }, { timeoutMS: 1_000 });',
      "options['timeoutMS'] = 1_000;",
    ],
    allowed: ['await connect(uri, { serverSelectionTimeoutMS: 5_000 });', '// never timeoutMS'],
  },
  'only the committer changes a student': {
    file: 'src/storage/planted.ts',
    broken: [
      'await StudentModel.updateOne({ _id }, change);',
      'await StudentModel.collection.updateMany({}, change);',
      'await StudentModel.collection.bulkWrite(changes, { session });',
      'await StudentModel.replaceOne({ _id }, student);',
      'await StudentModel.findOneAndUpdate({ _id }, change).lean();',
      "await database.collection('students').updateOne({ _id }, change);",
      'await updateAll(StudentModel, updates, session);',
      "await database.command({ update: 'students', updates });",
      'await database.command({ findAndModify: StudentModel.collection.name, update });',
    ],
    allowed: [
      'await StudentModel.collection.insertOne(student);',
      'await StudentModel.deleteOne({ _id });',
      'await SubmissionModel.updateOne({ _id }, change);',
      'await updateAll(SubmissionModel, updates, session);',
      "await database.command({ insert: 'students', documents });",
      'const students = await StudentModel.find({ _id }).lean();',
    ],
  },
  'no hydrated documents': {
    file: 'src/storage/planted.ts',
    broken: [
      'await student.save();',
      'await StudentModel.bulkSave(students);',
      'await student.deleteOne();',
      'const student = new StudentModel(fields);',
      'await StudentModel.create(fields);',
      'await StudentModel.insertMany([fields]);',
      'const student = await StudentModel.findOne({ _id });',
      'const student = await StudentModel.findById(id);',
      'const students = await StudentModel.find({ _id }).sort({ _id: 1 });',
      'const students = await model.find();',
      'const student = await StudentModel.findOneAndUpdate({ _id }, change);',
      'const student = StudentModel.hydrate(row);',
    ],
    allowed: [
      'const students = await StudentModel.find({ _id }).sort({ _id: 1 }).lean<StudentRecord[]>();',
      'const student = await StudentModel.findOneAndUpdate({ _id }, change).lean();',
      'const first = rows.find((row) => row.isFirst);',
      'await StudentModel.deleteOne({ _id });',
      'await StudentModel.insertMany([fields], { lean: true });',
      'await StudentModel.collection.insertMany([fields], { session });',
      "const row = await db.collection('students').findOne({ _id });",
      'const table = Object.create(null);',
    ],
  },
  'resolvers map values and decide nothing': {
    file: 'src/graphql/planted.resolver.ts',
    broken: [
      'for (const badge of badges) total(badge);',
      'while (true) read();',
      'switch (outcome.kind) { default: }',
      'const points = student.xp + reward.xp;',
      'const closed = request.receivedAt > assignment.closesAt;',
      'const isTaught = course.teacherId === self.accountId;',
    ],
    allowed: [
      "const answer = outcome.kind === 'refused' ? new Refusal(outcome) : new Payload(outcome);",
      'const reward = rewardId === null ? null : new Reward(await loaders.reward.load(rewardId));',
      'const seen = courses.filter((course) => course.isSeen);',
    ],
  },
};

test('each rule has planted violations', () => {
  expect(Object.keys(plants)).toEqual(codeRules.map(({ name }) => name));
});

describe.each(codeRules)('$name', (rule) => {
  const { file, broken, allowed } = plants[rule.name]!;

  test('holds in all sources', () => {
    const checked = sources.filter(rule.appliesTo);
    expect(checked).not.toEqual([]);
    expect(checked.flatMap((source) => findViolations(rule, source, read(source)))).toEqual([]);
  });

  test.each(broken)('rejects %s', (line) => {
    expect(rule.appliesTo(file)).toBe(true);
    expect(findViolations(rule, file, line)).not.toEqual([]);
  });

  test.each(allowed)('allows %s', (line) => {
    expect(findViolations(rule, file, line)).toEqual([]);
  });
});

describe('code inside a transaction', () => {
  const committer = 'src/granting/committer.ts';

  test('awaits one command after the other, all in the session, and catches no error', () => {
    const { functions, violations } = reachOfTransaction(committer, read);
    expect(violations).toEqual([]);
    expect(functions).toEqual(
      expect.arrayContaining([
        'write',
        'applyStudentChanges',
        'appendSubmissions',
        'appendEndedSessions',
        'appendRewards',
        'updateAll',
        'insertAll',
      ]),
    );
  });

  test.each([
    'await Promise.all(rows.map((row) => insert(row, session)));',
    'await Promise.allSettled(work);',
    'const at = new Date();',
    'const at = Date.now();',
    'const at = clock();',
    'const at = performance.now();',
    'await sleep(10);',
    'try { await insert(session); } catch {}',
    'try { await insert(session); } catch (error) { if (isDuplicate(error)) return; throw error; }',
    'try { await insert(session); } catch (error) { if (!isDuplicate(error)) throw error; }',
    'try { await insert(session); } finally { return; }',
    'await insert(session).catch(() => {});',
    'await RewardModel.collection.updateOne(filter, change, { upsert: true, session });',
    'await RewardModel.collection.insertMany(rows);',
    'await RewardModel.updateOne(filter, change);',
    "await db.collection('rewards').insertOne(row);",
    "await database().command({ insert: 'rewards', documents: rows });",
    "await db.command({ insert: 'rewards', documents: rows }, { ordered: true });",
  ])('rejects %s in the callback, in a function of its file and in a function of another file', (line) => {
    const places = {
      'the callback': { callback: line },
      'the same file': { own: line },
      'another file': { other: line },
    };
    for (const lines of Object.values(places)) {
      expect(reachOfTransaction('src/actions/planted.ts', transaction(lines)).violations).not.toEqual([]);
    }
  });

  test('may make one command after the other, each with the session', () => {
    const line = `
      const at = new Date(0);
      if (performance.now() > latest) throw new TooLate();
      try { await RewardModel.collection.insertMany(rows, { session }); } catch (error) { last = error; throw error; }`;
    const read = transaction({ callback: line, own: line, other: line });
    expect(reachOfTransaction('src/actions/planted.ts', read)).toEqual({ functions: ['own', 'other'], violations: [] });
  });
});

/**
 * A transaction that calls a function of its file, which calls a function of another file. Each can have a planted
 * line.
 */
function transaction({ callback = '', own = '', other = '' }): (file: string) => string {
  const files: Record<string, string> = {
    'src/actions/planted.ts': `
      import { elsewhere as other } from '../storage/planted.js';
      await session.withTransaction(async () => { ${callback} await own(session); });
      async function own(session) { ${own} await other(session); }`,
    'src/storage/planted.ts': `
      export async function elsewhere(session) { ${other} }`,
  };
  return (file) => files[file] ?? '';
}
