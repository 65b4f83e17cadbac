import { constants, type Dirent } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../report.js';
import { reasonOf } from './run-command.js';
import { isResourceShortage, MongodSourceError, usableVersionOf } from './version.js';

/** A staging directory older than this was left by a process that died. Milliseconds. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;
const STAGING_PREFIX = '.partial-';

/** Machines of different platforms may share a home directory, so the file name includes the platform. */
const SUFFIX = `-${process.platform}-${process.arch}${process.platform === 'win32' ? '.exe' : ''}`;

export interface FetchContext {
  readonly report: Report;
  readonly signal: AbortSignal | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Puts a mongod into `staging`, an empty directory that the caller removes afterwards.
 * @returns the path of the mongod
 */
export type FetchMongod = (staging: string, context: FetchContext) => Promise<string>;

export interface Cached {
  readonly path: string;
  readonly version: string;
}

/** The user's cache, then the project's for when the home directory is not writable. */
export function defaultCacheDirectories(env: NodeJS.ProcessEnv): string[] {
  const xdg = env.XDG_CACHE_HOME;
  const user = xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(env.HOME ?? os.homedir(), '.cache');
  const project = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
  return [user, project].map((directory) => path.join(directory, 'auraledger', 'mongod'));
}

/**
 * Returns the newest mongod that runs, from the first directory that has one.
 * @throws MongodSourceError
 */
export async function cachedMongod(directories: readonly string[], signal?: AbortSignal): Promise<Cached> {
  const failures: string[] = [];
  for (const directory of directories) {
    for (const name of await cachedNames(directory)) {
      const file = path.join(directory, name);
      try {
        return { path: file, version: await usableVersionOf(file, signal) };
      } catch (error) {
        failures.push(`${name}: ${reasonOf(error)}`);
      }
    }
  }
  throw new MongodSourceError(failures.join('; ') || 'empty');
}

/** Newest version first. */
async function cachedNames(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error) => {
    // The directory may have a mongod; it only cannot be read at the moment.
    if (isResourceShortage(reasonOf(error))) throw error;
    return [];
  });
  const mongods = names.filter((name) => name.startsWith('mongod-') && name.endsWith(SUFFIX));
  return mongods.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
}

/**
 * Adds a mongod to the cache. `fetch` writes to a staging directory in the cache; the binary is run once and then
 * renamed to its final name. Readers therefore see no file or a complete one, even if several processes fetch at the
 * same time.
 * @throws MongodSourceError, and any error of `fetch`
 */
export async function fetchIntoCache(
  directories: readonly string[],
  context: FetchContext,
  fetch: FetchMongod,
): Promise<Cached> {
  const directory = await firstWritable(directories);
  await removeAbandoned(directory);
  const staging = await mkdtemp(path.join(directory, STAGING_PREFIX));
  try {
    const file = await fetch(staging, context);
    await chmod(file, 0o755);
    const version = await usableVersionOf(file, context.signal);
    // Without fsync, a power failure after the rename could leave an incomplete file under the final name.
    const handle = await open(file, 'r+');
    await handle.sync().finally(() => handle.close());
    const cachedFile = path.join(directory, `mongod-${version}${SUFFIX}`);
    await rename(file, cachedFile);
    context.report(`mongod ${version} is ready (cached as ${cachedFile})`);
    return { path: cachedFile, version };
  } finally {
    await rm(staging, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function firstWritable(directories: readonly string[]): Promise<string> {
  const failures: string[] = [];
  for (const directory of directories) {
    try {
      await mkdir(directory, { recursive: true });
      await access(directory, constants.W_OK | constants.X_OK);
      return directory;
    } catch (error) {
      failures.push(reasonOf(error));
    }
  }
  throw new MongodSourceError(`no cache directory is writable: ${failures.join('; ')}`);
}

async function removeAbandoned(directory: string): Promise<void> {
  for (const entry of await entriesOf(directory)) {
    if (!entry.name.startsWith(STAGING_PREFIX)) continue;
    const staging = path.join(directory, entry.name);
    const age = Date.now() - ((await stat(staging).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > ABANDONED_AFTER_MS) await rm(staging, { recursive: true, force: true });
  }
}

/** The total size of the files in a directory and its subdirectories. */
export async function directorySizeBytes(directory: string): Promise<number> {
  let size = 0;
  for (const entry of await entriesOf(directory)) {
    const file = path.join(directory, entry.name);
    size += entry.isDirectory() ? await directorySizeBytes(file) : ((await stat(file).catch(() => null))?.size ?? 0);
  }
  return size;
}

function entriesOf(directory: string): Promise<Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch(() => []);
}
