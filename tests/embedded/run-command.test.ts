/** Other programs that the search for a mongod runs: their output, their end, and what is said of a failure. */
import { getEventListeners } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lastLineOf, reasonOf, runCommand } from '../../src/embedded/run-command.js';
import { eventually } from '../support/embedded.js';
import { isAlive } from '../support/main-process.js';

const PATIENT = { timeout: 60_000 };

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-command-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('a command', () => {
  test('returns its code and all that it writes, and leaves no timer and no listener', async () => {
    const { signal } = new AbortController();
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const command = ['sh', '-c', 'echo out; sleep 0.2; echo error >&2; exit 3'];
    const all = await Promise.all(Array.from({ length: 10 }, () => runCommand(command, { ...PATIENT, signal })));
    expect(all).toEqual(Array(10).fill({ code: 3, output: 'out\nerror\n' }));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    // Something else may have set or cleared one.
    expect(timers()).toBeLessThan(before + 5);
  });

  test('gets the environment that is given, or that of this process', async () => {
    const command = ['/bin/sh', '-c', 'echo "$HOME"'];
    expect(await runCommand(command, { ...PATIENT, env: { HOME: '/nowhere' } })).toEqual({
      code: 0,
      output: '/nowhere\n',
    });
    expect(await runCommand(command, PATIENT)).toEqual({ code: 0, output: `${process.env.HOME}\n` });
  });

  test('that ends by a signal has no code, and the signal is the last line of its output', async () => {
    const result = await runCommand(['sh', '-c', 'echo begun; kill -TERM $$'], PATIENT);
    expect(result).toEqual({ code: null, output: 'begun\n\nSIGTERM' });
    expect(lastLineOf(result)).toBe('SIGTERM');
  });

  test('that cannot be started has no code, and its output is the reason', async () => {
    expect(await runCommand(['/nowhere/mongod'], PATIENT)).toEqual({ code: null, output: 'not found' });
    const file = path.join(directory, 'file');
    await writeFile(file, '', { mode: 0o644 });
    expect(await runCommand([file], PATIENT)).toEqual({ code: null, output: `${file}: EACCES` });
  });
});

describe('a command is killed with the processes that it started', () => {
  /** A command that starts another process, which does not hold its output open, and writes its id to a file. */
  const pidFile = () => path.join(directory, 'pid');
  const command = () => ['sh', '-c', `sleep 30 > ${os.devNull} 2>&1 & echo $! > ${pidFile()}; wait`];

  async function expectGone(): Promise<void> {
    const pid = Number(await readFile(pidFile(), 'utf8'));
    expect(pid).toBeGreaterThan(0);
    await eventually(() => !isAlive(pid));
  }

  test('after its time limit', async () => {
    const result = await runCommand(command(), { timeout: 2_000 });
    expect(result).toEqual({ code: null, output: '\nkilled after 2 s\nSIGKILL' });
    await expectGone();
  });

  test('by the signal to stop', async () => {
    const stopping = new AbortController();
    const running = runCommand(command(), { ...PATIENT, signal: stopping.signal });
    await eventually(() => existsSync(pidFile()) && readFileSync(pidFile(), 'utf8').endsWith('\n'));
    stopping.abort();
    expect(await running).toEqual({ code: null, output: '\ninterrupted\nSIGKILL' });
    await expectGone();
  });

  test('if the signal came before it', async () => {
    const result = await runCommand(['sleep', '30'], { ...PATIENT, signal: AbortSignal.abort() });
    expect(result).toEqual({ code: null, output: '\ninterrupted\nSIGKILL' });
  });

  test('unless it has exited: what it left in another session stays, and is not waited for', async () => {
    const stopping = new AbortController();
    const command = ['sh', '-c', `setsid sleep 30 & echo $! $$ > ${pidFile()}`];
    const running = runCommand(command, { ...PATIENT, signal: stopping.signal });
    const pids = () => (existsSync(pidFile()) ? readFileSync(pidFile(), 'utf8').split(' ').map(Number) : []);
    await eventually(() => pids().length === 2 && !isAlive(pids()[1]!));
    stopping.abort();
    const [left = 0] = pids();
    try {
      expect(await running).toEqual({ code: 0, output: '\ninterrupted' });
      expect(isAlive(left)).toBe(true);
    } finally {
      process.kill(left);
    }
  });

  test('if it could be started at all', async () => {
    const result = await runCommand(['/nowhere/mongod'], { ...PATIENT, signal: AbortSignal.abort() });
    expect(result).toEqual({ code: null, output: 'not found' });
  });
});

test.each([
  ['Collecting\n  no space left \n\n', 1, 'no space left'],
  ['', 3, 'ended with code 3 and no output'],
  [' \n', null, 'ended with code null and no output'],
])('the last line of %j with code %j is %j', (output, code, line) => {
  expect(lastLineOf({ output, code })).toBe(line);
});

const failure = (message: string, properties: object) => Object.assign(new Error(message), properties);

test.each<[unknown, string]>([
  [new Error('no luck\n    today'), 'no luck today'],
  [failure('spawn pip ENOENT', { code: 'ENOENT', syscall: 'spawn pip', path: 'pip' }), 'not found'],
  [failure('ENOENT: …', { code: 'ENOENT', syscall: 'open', path: '/file' }), '/file: ENOENT'],
  [failure('spawn pip EACCES', { code: 'EACCES', syscall: 'spawn pip', path: 'pip' }), 'pip: EACCES'],
  [failure('connect ECONNREFUSED ::1:80', { code: 'ECONNREFUSED' }), 'connect ECONNREFUSED ::1:80'],
  [failure('', { code: 'ETIMEDOUT' }), 'ETIMEDOUT'],
  ['only text', 'only text'],
  [undefined, 'undefined'],
])('the reason of %p is %j, in one line', (error, reason) => {
  expect(reasonOf(error)).toBe(reason);
});
