import { beforeEach, describe, expect, test } from '@jest/globals';
import { AccountModel } from '../../src/storage/models/account.js';
import { SignInModel } from '../../src/storage/models/sign-in.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { project } from '../architecture/project-copy.js';
import { useServer } from '../support/client.js';
import { runCli } from '../support/run-cli.js';

const server = useServer();
const PASSWORD = 'correct horse battery';
const HOPPER = ['--role', 'teacher', '--email', ' Hopper@School.example ', '--name', ' Ms Hopper '];

beforeEach(() => server.database.empty());

/** Runs the program of `npm run create-account`. */
const createAccount = (args: readonly string[], input = `${PASSWORD}\n`, uri: string = server.database.uri) =>
  runCli('create-account', args, { MONGODB_URI: uri }, project, input);

describe('a teacher', () => {
  test('is created, signs in and creates a course', async () => {
    expect(await createAccount(HOPPER)).toEqual({
      code: 0,
      stdout: 'Created the teacher Ms Hopper, who signs in as hopper@school.example.\n',
      stderr: '',
    });
    const signIn = { email: 'hopper@school.example', password: PASSWORD };
    const { accessToken, user } = await server.nobody.mutate('signIn', signIn, 'accessToken user { role displayName }');
    expect(user).toEqual({ role: 'TEACHER', displayName: 'Ms Hopper' });
    const { course } = await server.as(accessToken).mutate('createCourse', { name: 'Compilers' }, 'course { name }');
    expect(course).toEqual({ name: 'Compilers' });
    expect(await StudentModel.countDocuments()).toBe(0);
  });

  test('is not created twice, and the first account stays as it is', async () => {
    await createAccount(HOPPER);
    const before = await server.database.snapshot();
    const again = await createAccount(['--role', 'admin', ...HOPPER.slice(2)], 'another password\n');
    expect(again).toEqual({
      code: 1,
      stdout: '',
      stderr: '--email: hopper@school.example already has an account. Its role and its password stay as they are.\n',
    });
    expect(await server.database.snapshot()).toEqual(before);
  });
});

test('an admin is created with the first line of the input as the password, spaces included', async () => {
  const created = await createAccount(
    ['--role', 'admin', '--email', 'admin@school.example', '--name', 'Admin'],
    '\uFEFF a password \r\nanother line\n',
  );
  expect(created).toMatchObject({ code: 0 });
  const signIn = { email: 'admin@school.example', password: ' a password ' };
  expect((await server.nobody.mutate('signIn', signIn, 'user { role }')).user).toEqual({ role: 'ADMIN' });
});

describe('refused, with nothing written', () => {
  test.each<[string, readonly string[], string, RegExp]>([
    ['no role', HOPPER.slice(2), PASSWORD, /^--role: use teacher or admin\.\n\nUsage: /],
    ['a student, who signs up', ['--role', 'student', ...HOPPER.slice(2)], PASSWORD, /^--role: use teacher or admin\./],
    ['a role that is none', ['--role', 'constructor', ...HOPPER.slice(2)], PASSWORD, /^--role: use teacher or admin\./],
    ['an unknown option', [...HOPPER, '--student'], PASSWORD, /Unknown option '--student'/],
    ['no password', HOPPER, '', /^There is no password\. Nothing was written\.\n$/],
    ['a short password', HOPPER, 'short', /^password: Use at least 8 characters\.\n$/],
    [
      'everything that is wrong, at once',
      ['--role', 'teacher'],
      'short',
      /^--email: It is empty\..*\npassword: .*\n--name: It is empty\..*\n$/,
    ],
  ])('%s', async (_, args, input, message) => {
    const refused = await createAccount(args, input);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(message);
    expect(await AccountModel.countDocuments()).toBe(0);
    expect(await SignInModel.countDocuments()).toBe(0);
  });

  test('a database that is not one of Auraledger', async () => {
    const other = new URL(server.database.uri);
    other.pathname = '/another';
    const refused = await createAccount(HOPPER, undefined, other.href);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not an Auraledger database') });
  });
});

test('--help says what it does', async () => {
  const help = await createAccount(['--help'], '');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const option of ['MONGODB_URI=', '--role ROLE', '--email ADDRESS', '--name NAME']) {
    expect(help.stdout).toContain(option);
  }
});
