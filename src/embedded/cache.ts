import { constants, type Dirent } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, open, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '../report.js';
import { reasonOf } from './run-command.js';
import { isShortage, NoLuck, usableVersionOf } from './version.js';

/** A download that has been lying there for this long belongs to nobody any more. Milliseconds. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;
const STAGING_PREFIX = '.partial-';

/** A home directory may be shared by machines of several kinds: the name tells for which a binary is. */
const SUFFIX = `-${process.platform}-${process.arch}${process.platform === 'win32' ? '.exe' : ''}`;

export interface FetchContext {
  readonly report: Report;
  readonly signal: AbortSignal | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Brings a mongod into `staging`, an empty directory that is removed afterwards, and says which file it is. */
export type Fetch = (staging: string, context: FetchContext) => Promise<string>;

export interface Cached {
  readonly path: string;
  readonly version: string;
}

/** The user's own cache, and the project's for a home directory that cannot be written. */
export function defaultCacheDirectories(env: NodeJS.ProcessEnv): string[] {
  const xdg = env.XDG_CACHE_HOME;
  const user = xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(env.HOME ?? os.homedir(), '.cache');
  const project = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));
  return [user, project].map((directory) => path.join(directory, 'auraledger', 'mongod'));
}

/**
 * The newest mongod that runs, of the first directory that has one.
 * @throws NoLuck
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
  throw new NoLuck(failures.join('; ') || 'empty');
}

/** The newest first. */
async function cachedNames(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error) => {
    // One that cannot be looked into at the moment is not empty.
    if (isShortage(reasonOf(error))) throw error;
    return [];
  });
  const mongods = names.filter((name) => name.startsWith('mongod-') && name.endsWith(SUFFIX));
  return mongods.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
}

/**
 * Lets `fetch` work in a directory beside the cache and takes its file in by a rename, when it has been seen running:
 * whoever looks sees nothing or a whole binary, however many do this at once.
 * @throws NoLuck, or whatever `fetch` throws
 */
export async function fetchIntoCache(
  directories: readonly string[],
  context: FetchContext,
  fetch: Fetch,
): Promise<Cached> {
  const directory = await firstWritable(directories);
  await removeAbandoned(directory);
  const staging = await mkdtemp(path.join(directory, STAGING_PREFIX));
  try {
    const file = await fetch(staging, context);
    await chmod(file, 0o755);
    const version = await usableVersionOf(file, context.signal);
    // What a rename promises holds after a power cut only for what has reached the disk.
    const handle = await open(file, 'r+');
    await handle.sync().finally(() => handle.close());
    const kept = path.join(directory, `mongod-${version}${SUFFIX}`);
    await rename(file, kept);
    context.report(`mongod ${version} is ready (kept in ${kept})`);
    return { path: kept, version };
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
  throw new NoLuck(`nowhere to keep it: ${failures.join('; ')}`);
}

async function removeAbandoned(directory: string): Promise<void> {
  for (const entry of await entriesOf(directory)) {
    if (!entry.name.startsWith(STAGING_PREFIX)) continue;
    const staging = path.join(directory, entry.name);
    const age = Date.now() - ((await stat(staging).catch(() => null))?.mtimeMs ?? Date.now());
    if (age > ABANDONED_AFTER_MS) await rm(staging, { recursive: true, force: true });
  }
}

/** How much lies in a directory by now, in bytes. */
export async function sizeOf(directory: string): Promise<number> {
  let size = 0;
  for (const entry of await entriesOf(directory)) {
    const file = path.join(directory, entry.name);
    size += entry.isDirectory() ? await sizeOf(file) : ((await stat(file).catch(() => null))?.size ?? 0);
  }
  return size;
}

function entriesOf(directory: string): Promise<Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch(() => []);
}
