import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Types } from 'mongoose';
import { underivable } from '../../src/audit/underivable.js';
import { DataDirectory } from '../../src/embedded/data-directory.js';
import { runningEmbeddedUri, startEmbeddedMongod } from '../../src/embedded/embedded-mongod.js';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { prepareCollections } from '../../src/storage/collections.js';
import { FormerTextModel } from '../../src/storage/models/former-text.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { givenAccounts } from '../support/accounts.js';
import { useDatabase } from '../support/database.js';
import { focus, givenAssignment, givenClass, givenStudent, submit } from '../support/given.js';
import { preloading } from '../support/main-process.js';
import { type Run, runCli } from '../support/run-cli.js';

const database = useDatabase();

let dataDir: string;
let student: Types.ObjectId;

beforeEach(async () => {
  await database.empty();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'auraledger-verify-'));
  const given = await givenClass();
  student = given.student;
  await submit(student, given.assignment);
  await submit(student, await givenAssignment(given.course));
  await givenAccounts();
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs the program of `npm run verify-ledger`. */
function verify(args: readonly string[] = [], env: NodeJS.ProcessEnv = { MONGODB_URI: database.uri }): Promise<Run> {
  return runCli('verify-ledger', args, env);
}

const tooMuchAura = () => StudentModel.collection.updateOne({ _id: student }, { $inc: { auraPoints: 1 } });

test('exit code 0 without a drift; nothing is written, and there is no progress bar without a terminal', async () => {
  const before = await database.snapshot();
  expect(await verify()).toEqual({ code: 0, stdout: 'exact: 1 students, 2 rewards\n', stderr: '' });
  expect(await database.snapshot()).toEqual(before);
});

test('a terminal shows the progress until the result replaces it', async () => {
  const { stdout } = await verify([], {
    MONGODB_URI: database.uri,
    NODE_OPTIONS: preloading('process.stdout.isTTY = true'),
  });
  const [result, ...progress] = stdout.split('\r\u001b[2K').reverse();
  expect(result).toBe('exact: 1 students, 2 rewards\n');
  expect(new Set(progress)).toEqual(new Set([`[${'#'.repeat(40)}] 2 of 2 rewards`]));
});

test('exit code 1 with a drift, printed with its student, its field, the stored and the derived value', async () => {
  await tooMuchAura();
  expect(await verify()).toEqual({
    code: 1,
    stdout: `student ${student}: auraPoints: stored 101, derived 100\n1 drifts: 1 students, 2 rewards\n`,
    stderr: '',
  });
});

test('--json prints one document', async () => {
  const exact = await verify(['--json']);
  expect({ ...exact, stdout: JSON.parse(exact.stdout) }).toEqual({
    code: 0,
    stdout: { drifts: [], students: 1, rewards: 2 },
    stderr: '',
  });

  await tooMuchAura();
  await StudentModel.collection.updateOne({ _id: student }, { $set: { extra: student, runningPomodoro: 'none' } });
  const { code, stdout } = await verify(['--json']);
  const studentId = student.toHexString();
  expect({ code, printed: JSON.parse(stdout) }).toEqual({
    code: 1,
    printed: {
      drifts: [
        { studentId, field: 'runningPomodoro', stored: 'none', derived: 'a document' },
        { studentId, field: 'extra', stored: { $oid: studentId } },
      ],
      students: 1,
      rewards: 2,
    },
  });
});

test('--student verifies one student only', async () => {
  await tooMuchAura();
  const other = await givenStudent();
  expect(await verify(['--student', other.toHexString()])).toMatchObject({
    code: 0,
    stdout: 'exact: 1 students, 0 rewards\n',
  });
  expect(await verify(['--student', student.toHexString()])).toMatchObject({ code: 1 });
});

test('--help prints the options and the values that cannot be derived', async () => {
  const { code, stdout } = await verify(['--help'], {});
  expect(code).toBe(0);
  for (const word of ['--student', '--json', 'MONGODB_URI', ...Object.keys(underivable)])
    expect(stdout).toContain(word);
  for (const [field, why] of Object.entries(underivable)) {
    expect(why).not.toBe('');
    expect(stdout).toContain(`${field}: ${why}\n`);
  }
});

test.each([
  { args: ['--repair'], message: '--repair' },
  { args: ['--student', 'nobody'], message: '--student: nobody is not an id' },
  { args: ['--student', '0'.repeat(24)], message: `--student: there is no student ${'0'.repeat(24)}` },
])('exit code 2 for the arguments $args', async ({ args, message }) => {
  const { code, stdout, stderr } = await verify(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});

test('exit code 2 without an Auraledger database; none is created', async () => {
  const nowhere = await verify([], { MONGODB_URI: 'mongodb://127.0.0.1:9/x?serverSelectionTimeoutMS=200' });
  expect(nowhere).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('MONGODB_URI') });
  const other = await verify([], { MONGODB_URI: database.uri.replace(database.name, `${database.name}_none`) });
  expect(other).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining('is not an Auraledger database'),
  });
  const empty = await verify([], { DATA_DIR: dataDir });
  expect(empty).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`${dataDir} has no database`) });
  expect(await readdir(dataDir)).toEqual([]);
});

test('exit code 2 on a database of an older version, with what to do first', async () => {
  await FormerTextModel.collection.drop();
  try {
    const older = await verify();
    expect(older).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('start the server on it once'),
    });
  } finally {
    await prepareCollections();
  }
  expect(await verify()).toMatchObject({ code: 0 });
});

test('without MONGODB_URI, it verifies the embedded database, running or not; a stopped one is stopped again', async () => {
  const { path: binary } = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report: () => {} });
  const env = { DATA_DIR: dataDir, MONGOD_BINARY: binary };
  const mongod = await startEmbeddedMongod({ binary, dataDir, report: () => {} });
  try {
    expect(await runCli('seed-demo', [], { MONGODB_URI: mongod.uri })).toMatchObject({ code: 0 });
    const exact = { code: 0, stdout: expect.stringMatching(/^exact: 5 students, \d+ rewards\n$/) };
    expect(await verify([], env)).toMatchObject(exact);
    const copy = `${dataDir} copied`;
    await cp(dataDir, copy, { recursive: true });
    expect(await runningEmbeddedUri(dataDir)).toBe(mongod.uri);
    expect(await runningEmbeddedUri(copy)).toBeNull();
    await rm(copy, { recursive: true });
    await mongod.stop();
    expect(await runningEmbeddedUri(dataDir)).toBeNull();
    expect(await verify([], env)).toMatchObject(exact);
    expect(await new DataDirectory(dataDir).lockHolderPid()).toBeNull();
  } finally {
    await mongod.stop();
  }
});

test('it finds no drift while rewards are being paid', async () => {
  let isRunning = true;
  const verifying = verify().finally(() => {
    isRunning = false;
  });
  for (let session = 0; isRunning; session++) await focus(student, 1, { key: `${session}` });
  expect(await verifying).toMatchObject({ code: 0, stderr: '' });
});
