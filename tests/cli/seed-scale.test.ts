import { beforeEach, expect, test } from '@jest/globals';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { useDatabase } from '../support/database.js';
import { runCli } from '../support/run-cli.js';

const database = useDatabase();
beforeEach(() => database.empty());

/** Runs the program of `npm run seed-scale`. */
const seedScale = (args: readonly string[], env: NodeJS.ProcessEnv = { MONGODB_URI: database.uri }) =>
  runCli('seed-scale', args, env);

test('it fills an empty database, reports its progress and what it wrote, and refuses a database with students', async () => {
  const filled = await seedScale(['--students', '5', '--rows', '1050', '--seed', '7']);
  expect(filled).toMatchObject({ code: 0, stderr: '' });
  expect(filled.stdout).toMatch(/^\[#{40}\] 1050 of 1050 rows\n5 students, 1050 ledger rows, seed 7, in \d+ s\n$/);
  expect(await StudentModel.countDocuments()).toBe(5);
  expect(await RewardModel.countDocuments()).toBe(1_050);

  expect(await seedScale([])).toEqual({
    code: 1,
    stdout: '',
    stderr: 'This database already has students. Name an empty one.\n',
  });
  expect(await StudentModel.countDocuments()).toBe(5);
});

test.each([
  { args: ['--rows', '0'], message: '--rows takes a whole number of at least 1\n' },
  { args: ['--students', '1.5'], message: '--students takes a whole number of at least 1\n' },
  { args: ['--seed', 'x'], message: '--seed takes a whole number of at least 1\n' },
])('$args is refused, and nothing is written', async ({ args, message }) => {
  expect(await seedScale(args)).toEqual({ code: 1, stdout: '', stderr: message });
  expect(await StudentModel.countDocuments()).toBe(0);
});

test('it says that MONGODB_URI is missing, and with --help what it does', async () => {
  expect(await seedScale([], {})).toEqual({
    code: 1,
    stdout: '',
    stderr: 'MONGODB_URI is not set: name the database to fill; it must be empty\n',
  });
  const help = await seedScale(['--help'], {});
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const option of ['MONGODB_URI=', '--students N', '--rows N', '--seed N']) expect(help.stdout).toContain(option);
});
