/** A small file system in memory, which a scenario can fill. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { open, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

export interface SmallDisk {
  readonly directory: string;
  /** Ends the file system, with all that is on it. No process may use it any more. */
  close(): void;
}

/** mongod allocates 314 MB at its start, for the most part for its journal. */
const SIZE = '512m';
const MOUNT = 'mount -t tmpfs -o size=$1 none "$0" && echo mounted && exec cat';
const BALLAST = 'ballast';
const CHUNK = Buffer.alloc(64 * 1024);

/**
 * Starts a file system at a directory, in a namespace of its own: it needs no rights, and it is gone when the last
 * process that uses it has ended, even if the kit is killed.
 * @throws Error if the system allows no such namespace
 */
export async function startSmallDisk(at: string): Promise<SmallDisk> {
  const args = ['--user', '--map-root-user', '--mount', 'sh', '-c', MOUNT, at, SIZE];
  const holder = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  await waitUntilMounted(holder);
  return {
    // Other processes see the namespace of the holder here.
    directory: path.join('/proc', String(holder.pid), 'root', at),
    close: () => void holder.stdin.end(),
  };
}

function waitUntilMounted(holder: ChildProcessWithoutNullStreams): Promise<void> {
  let message = '';
  holder.stderr.on('data', (chunk: Buffer) => {
    message += chunk;
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`a small disk needs Linux and its user namespaces: ${why}`));
    holder.once('error', (error) => fail(error.message));
    holder.once('close', () => fail(message.trim()));
    holder.stdout.once('data', () => resolve());
  });
}

/** Fills the file system of a directory to the last byte. */
export async function fillDisk(directory: string): Promise<void> {
  const file = await open(path.join(directory, BALLAST), 'a');
  try {
    for (;;) await file.write(CHUNK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await file.close();
  }
}

export async function makeRoom(directory: string): Promise<void> {
  await rm(path.join(directory, BALLAST), { force: true });
}

/** So much of a journal is left, for what mongod writes before the disk is full: a few grants take as much. Bytes. */
const MARGIN = 4 * 1024;

/**
 * Gives back the space that mongod has allocated for its journal and not yet used, as if the file system allocated
 * nothing in advance. On a full disk, mongod then fails to write its journal.
 * @param dbPath the data directory of a mongod that is paused
 */
export async function releaseJournal(dbPath: string): Promise<void> {
  const directory = path.join(dbPath, 'journal');
  for (const name of await readdir(directory)) {
    const file = path.join(directory, name);
    const offset = (await usedBytes(file)) + MARGIN;
    // Longer than any journal file.
    const length = 1024 ** 3;
    await promisify(execFile)('fallocate', ['--punch-hole', '--offset', `${offset}`, '--length', `${length}`, file]);
  }
}

/** @returns where the zeros begin that fill a journal file to its end, rounded up to whole blocks */
async function usedBytes(name: string): Promise<number> {
  const file = await open(name);
  try {
    const block = Buffer.alloc(4_096);
    for (let offset = 0; ; offset += block.length) {
      const { bytesRead } = await file.read(block, 0, block.length, offset);
      if (block.subarray(0, bytesRead).every((byte) => byte === 0)) return offset;
    }
  } finally {
    await file.close();
  }
}
