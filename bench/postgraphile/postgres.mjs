/** A PostgreSQL with its own data in a temporary directory. Its settings are the defaults: durable, 128 MB of cache. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

/** Where Debian's package puts each version. */
const DEBIAN = '/usr/lib/postgresql';

/** @returns the directories that may have PostgreSQL's programs: those of PATH, then the newest version of Debian's */
async function candidates() {
  const versions = await readdir(DEBIAN).catch(() => []);
  const newestFirst = versions.sort((one, other) => Number(other) - Number(one));
  return [...(process.env.PATH ?? '').split(':'), ...newestFirst.map((version) => join(DEBIAN, version, 'bin'))];
}

/** @returns the directory that has both programs that we need; undefined if there is none */
export async function findPostgres() {
  for (const directory of await candidates()) {
    const names = await readdir(directory).catch(() => []);
    if (names.includes('postgres') && names.includes('initdb')) return directory;
  }
  return undefined;
}

/** PostgreSQL refuses to run as root. @returns who runs it instead; undefined if we are not root */
function owner() {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag, name) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', name), gid: idOf('-g', name) };
    } catch {
      // This system has no such user.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user "postgres" or "nobody"');
}

/** @returns the running server: its pid, its connection string, and a function that ends it and removes its data */
export async function startPostgres(binaries) {
  const user = owner();
  const directory = await mkdtemp(join(tmpdir(), 'auraledger-postgres-'));
  if (user) await chown(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    const arguments_ = ['-D', data, '-U', 'bench', '--auth=trust', '--encoding=UTF8', '--no-locale'];
    await promisify(execFile)(join(binaries, 'initdb'), arguments_, { cwd: directory, ...user });
  } catch (error) {
    await remove();
    throw error;
  }
  const port = await freePort();
  const server = spawn(
    join(binaries, 'postgres'),
    ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${directory}`],
    { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'], ...user },
  );
  await ready(server);
  return {
    pid: server.pid,
    uri: `postgres://bench@127.0.0.1:${port}/postgres`,
    async stop() {
      // The signal for a fast shutdown, which does not wait for clients.
      server.kill('SIGINT');
      if (server.exitCode === null) await once(server, 'exit');
      await remove();
    },
  };
}

async function ready(server) {
  const lines = [];
  for await (const line of createInterface({ input: server.stderr })) {
    if (line.includes('ready to accept connections')) {
      server.stderr.resume();
      return;
    }
    lines.push(line);
  }
  throw new Error(`PostgreSQL did not start: ${lines.join('\n')}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
