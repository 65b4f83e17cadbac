import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants, existsSync } from 'node:fs';
import { chmod, type FileHandle, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { builtServer } from './support/built-server.js';
import { isAlive, type MainProcess, preloading, startMain, until } from './support/main-process.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const NOBODY = 65_534;
let dataDir: string;
let servers: MainProcess[];

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'auraledger-main-'));
  servers = [];
});

afterEach(async () => {
  for (const server of servers) {
    server.process.kill('SIGKILL');
    const mongod = await server.mongodPid();
    if (mongod !== null && isAlive(mongod)) process.kill(mongod, 'SIGKILL');
  }
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

function serve(env: NodeJS.ProcessEnv = {}): MainProcess {
  const server = startMain(dataDir, { env });
  servers.push(server);
  return server;
}

/** Opens a named pipe for writing, as soon as another process has opened it for reading. */
async function openWhenRead(pipe: string): Promise<FileHandle> {
  for (;;) {
    try {
      return await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await sleep(20);
    }
  }
}

const sourcePosition = (file: string) => new RegExp(`\\(?${path.join(root, 'src', file)}:\\d+:\\d+\\)?\n`);

describe('a start', () => {
  test('prints the addresses, and serves', async () => {
    const server = serve();
    const address = await server.ready();
    const welcome = server.written.out.slice(server.written.out.search(/^\nAuraledger is ready/m));
    expect(welcome.replace(/ after \d+\.\d s\./, ' after N s.')).toBe(`
Auraledger is ready after N s.
  Page      ${address}/
  GraphiQL  ${address}/graphiql
  GraphQL   ${address}/graphql
  Data      ${dataDir}

The demonstration class is ready. Every account has the password demo-password:
  students  ada@, grace@, alan@, katherine@ and edsger@demo.example
  others    teacher@demo.example, admin@demo.example

GraphiQL's tabs have ready operations. Start with this one, also in other clients:
  mutation { signIn(input: { email: "ada@demo.example", password: "demo-password" }) {
    ... on Session { accessToken user { displayName } } ... on Refusal { message } } }

`);
    const response = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: welcome.slice(welcome.indexOf('mutation')) }),
    });
    expect(await response.json()).toMatchObject({ data: { signIn: { user: { displayName: 'Ada' } } } });
    expect((await fetch(`${address}/health/ready`)).status).toBe(200);
    expect((await readdir(dataDir)).sort()).toEqual(['database-key', 'embedded.json', 'jwt-secret', 'mongodb']);
  });

  test('with invalid variables fails with one line for each and no stack, and creates no file', async () => {
    const server = serve({ PORT: 'x', LOG_LEVEL: 'loud' });
    expect(await server.ended).toBe(1);
    expect(server.written.err).toMatch(/^PORT: "x" .*\nLOG_LEVEL: "loud" .*\n$/);
    expect(await readdir(dataDir)).toEqual([]);
  });

  test('whose disk does not answer fails, and says which step hangs', async () => {
    const secret = path.join(dataDir, 'jwt-secret');
    expect(spawnSync('mkfifo', [secret]).status).toBe(0);
    // The 30 s of a step are over at once.
    const impatient = `const wait = setTimeout;
      globalThis.setTimeout = (run, ms, ...rest) => {
        if (ms === 30_000) process.once('SIGUSR2', () => run(...rest));
        return wait(run, ms, ...rest);
      };`;
    const server = serve({ NODE_OPTIONS: preloading(impatient) });
    // Opens once the server reads; then the server waits for a first byte.
    const pipe = await openWhenRead(secret);
    server.process.kill('SIGUSR2');
    await until(() => server.written.err !== '');
    // A process ends when its reads have ended.
    await pipe.close();
    expect(await server.ended).toBe(1);
    expect(server.written.err).toBe(
      'Reading jwt-secret in DATA_DIR did not finish within 30 s: its disk does not answer\n',
    );
  });

  test('with TRUST_PROXY=true warns, and serves', async () => {
    const server = serve({ TRUST_PROXY: 'true' });
    await server.ready();
    expect(server.written.err).toMatch(/^TRUST_PROXY: true lets every client choose its own address.*\n$/);
  });

  test('on a port in use fails with a message about PORT, and stops its database', async () => {
    const squatter = net.createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as net.AddressInfo;
    const server = serve({ PORT: String(port) });
    expect(await server.ended).toBe(1);
    squatter.close();
    expect(server.written.err).toBe(
      `PORT: ${port} on 127.0.0.1 is in use; stop the program that uses it, or set another (0 for any free port)\n`,
    );
    expect(isAlive((await server.mongodPid()) ?? 0)).toBe(false);
  });

  test.each([
    ['an address of another machine', '203.0.113.1', /EADDRNOTAVAIL/],
    // Without a name server, the answer is EAI_AGAIN.
    ['a name that does not exist', 'nowhere.invalid', /ENOTFOUND|EAI_AGAIN/],
  ])('on %s fails with a message about HOST', async (_, HOST, code) => {
    const server = serve({ HOST });
    expect(await server.ended).toBe(1);
    expect(server.written.err).toMatch(
      /^HOST: \S+ is not an address of this machine \(\w+\); accepted: 127\.0\.0\.1, 0\.0\.0\.0 or one of its addresses\n$/,
    );
    expect(server.written.err).toContain(HOST);
    expect(server.written.err).toMatch(code);
  });

  test('on a port that needs rights fails with a message about PORT', async () => {
    if (process.getuid?.() !== 0) {
      process.stderr.write('Skipped: only root can run a test as another user\n');
      return;
    }
    const probe = spawnSync(
      process.execPath,
      ['-e', "require('net').createServer().listen(1, '127.0.0.1', () => process.exit(0))"],
      { uid: NOBODY, gid: NOBODY },
    );
    if (probe.status === 0) {
      process.stderr.write('Skipped: every user may listen on any port here\n');
      return;
    }
    await chmod(dataDir, 0o777);
    const server = startMain(dataDir, { env: { PORT: '1', HOME: dataDir }, uid: NOBODY });
    servers.push(server);
    expect(await server.ended).toBe(1);
    expect(server.written.err).toBe('PORT: this user may not listen on 1; set a port above 1023\n');
  });

  test('on a directory in use fails with one line, and the other server keeps running', async () => {
    const first = serve();
    const address = await first.ready();
    const second = serve();
    expect(await second.ended).toBe(1);
    expect(second.written.err).toBe(
      `Another Auraledger (process ${first.process.pid}) is using ${dataDir}: stop it, or set DATA_DIR to another directory\n`,
    );
    expect((await fetch(`${address}/health/ready`)).status).toBe(200);
  });

  test('becomes ready again, also if the database was away when it was first asked', async () => {
    const server = serve();
    const address = await server.ready();
    const isReady = async () => (await fetch(`${address}/health/ready`)).ok;
    const mongod = (await server.mongodPid()) ?? 0;
    process.kill(mongod, 'SIGSTOP');
    expect(await isReady()).toBe(false);
    await sleep(1_500);
    process.kill(mongod, 'SIGCONT');
    while (!(await isReady())) await sleep(100);
  });
});

describe('a stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('by %s exits with 0, and stops the database', async (signal) => {
    const server = serve();
    await server.ready();
    const secret = await readFile(path.join(dataDir, 'jwt-secret'), 'utf8');
    server.process.kill(signal);
    server.process.kill(signal);
    expect(await server.ended).toBe(0);
    expect(server.written.err).toBe('');
    expect(isAlive((await server.mongodPid()) ?? 0)).toBe(false);
    await serve().ready();
    expect(await readFile(path.join(dataDir, 'jwt-secret'), 'utf8')).toBe(secret);
  });

  test('with SHUTDOWN_DELAY fails the readiness check, and serves until the delay is over', async () => {
    const server = serve({ SHUTDOWN_DELAY: '3' });
    const address = await server.ready();
    const ready = async () => (await fetch(`${address}/health/ready`)).status;
    expect(await ready()).toBe(200);
    server.process.kill('SIGTERM');
    while ((await ready()) === 200);
    expect(await ready()).toBe(503);
    const body = JSON.stringify({ query: '{ badges { id } }' });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${address}/graphql`, { method: 'POST', headers, body })).status).toBe(200);
    expect(server.process.exitCode).toBeNull();
    expect(await server.ended).toBe(0);
    await expect(ready()).rejects.toThrow();
  });

  test('with SHUTDOWN_DELAY is immediate after a second signal', async () => {
    const server = serve({ SHUTDOWN_DELAY: '300' });
    await server.ready();
    server.process.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(server.process.exitCode).toBeNull();
    server.process.kill('SIGTERM');
    expect(await server.ended).toBe(1);
  });

  test('with SHUTDOWN_DELAY is immediate when the database has ended', async () => {
    const server = serve({ SHUTDOWN_DELAY: '300' });
    await server.ready();
    server.process.kill('SIGTERM');
    await until(() => server.written.out.includes('send it again to stop immediately'));
    process.kill((await server.mongodPid()) ?? 0, 'SIGKILL');
    expect(await server.ended).toBe(0);
  });

  test('while the database starts exits with 0, and stops the database', async () => {
    const server = serve();
    const lock = path.join(dataDir, 'mongodb', 'mongod.lock');
    await until(() => existsSync(lock));
    server.process.kill('SIGTERM');
    expect(await server.ended).toBe(0);
    expect(server.written.out).not.toMatch(/ready/);
    // mongod empties the lock file on a clean shutdown.
    expect(await readFile(lock, 'utf8')).toBe('');
  });

  test('that hangs is ended by a second signal, and the database ends as well', async () => {
    const server = serve();
    await server.ready();
    const mongod = (await server.mongodPid()) ?? 0;
    process.kill(mongod, 'SIGSTOP');
    server.process.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(server.process.exitCode).toBeNull();
    server.process.kill('SIGTERM');
    expect(await server.ended).toBe(1);
    expect(server.written.out).toMatch(/Stopping immediately\n$/);
    await until(() => !isAlive(mongod));
    expect(isAlive(mongod)).toBe(false);
  });

  test('happens with exit code 1 after an unexpected error, which the log describes', async () => {
    const config = pathToFileURL(builtServer(root, 'config.js')).href;
    const onSignal = `process.on('SIGUSR2', async () => {
      const { readConfig } = await import('${config}');
      readConfig({ get PORT() { throw new TypeError('planted'); } });
    });`;
    const server = serve({ NODE_OPTIONS: preloading(onSignal) });
    await server.ready();
    const mongod = (await server.mongodPid()) ?? 0;
    server.process.kill('SIGUSR2');
    expect(await server.ended).toBe(1);
    expect(server.written.err).toBe('Stopping after an unexpected error; see the log.\n');
    const [line, ...more] = server.written.out.split('\n').filter((each) => each.startsWith('{'));
    expect(more).toEqual([]);
    const { stack, ...fields } = JSON.parse(line!);
    expect(fields).toMatchObject({ level: 60, uncaught: true, failure: 'TypeError: planted' });
    expect(stack).toMatch(sourcePosition('config.ts'));
    expect(stack).not.toContain('/dist/');
    expect(isAlive(mongod)).toBe(false);
  });

  test('happens with exit code 1 after an unexpected error of the start, whose stack it prints', async () => {
    const listen =
      "process.getBuiltinModule('node:net').Server.prototype.listen = () => { throw new TypeError('planted'); };";
    const server = serve({ NODE_OPTIONS: preloading(listen) });
    expect(await server.ended).toBe(1);
    expect(server.written.err).toMatch(/^TypeError: planted\n/);
    expect(server.written.err).toMatch(sourcePosition('main.ts'));
    expect(server.written.err).not.toContain('/dist/');
  });

  test('happens with exit code 1 when the database has ended', async () => {
    const server = serve();
    await server.ready();
    process.kill((await server.mongodPid()) ?? 0, 'SIGKILL');
    expect(await server.ended).toBe(1);
    expect(server.written.err).toBe(
      `The database ended unexpectedly (SIGKILL; the end of its log is in ${dataDir}/mongod.log). Start again.\n`,
    );
  });
});
