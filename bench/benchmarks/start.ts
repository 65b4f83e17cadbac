import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { DataDirectory } from '../../src/embedded/data-directory.js';
import type { Benchmark } from '../bench.js';
import { residentMemoryMb } from '../process-times.js';
import { JWT_SECRET, waitForAddress } from '../product.js';
import { series } from '../series.js';
import { ROOT } from '../start-command.js';

/** Node returns the memory of the start to the system only after it has been idle for some time. */
const IDLE_AFTER_MS = 45_000;
const POLL_INTERVAL_MS = 10;

/**
 * `npm start` with its embedded database. Everything is built, and an earlier start has created the demonstration
 * class.
 */
export const start: Benchmark = {
  name: 'start',
  description: 'npm start, everything built: time until it is ready, memory when idle',
  runsByDefault: true,
  async measure({ scratch, results }) {
    const dataDir = join(scratch, 'start');
    const isFirst = !existsSync(dataDir);
    if (isFirst) await startOnce(dataDir);
    const { idleMb, ...times } = await startOnce(dataDir, isFirst);
    results.add(series.start, { ...times, ...(isFirst && { idleMb }) });
  },
};

/** @returns times in milliseconds, and the memory in MB: when the server is idle, or just after the start */
async function startOnce(dataDir: string, untilIdle = false) {
  const directory = new DataDirectory(dataDir);
  const before = await directory.readNote();
  const { MONGODB_URI: _, ...environment } = process.env;
  const began = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: ROOT,
    env: { ...environment, DATA_DIR: dataDir, PORT: '0', JWT_SECRET, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const since = () => performance.now() - began;
  const ready = waitForAddress(npm.stdout).then(since);
  const [readyMs, { databaseMs, pid }] = await Promise.all([ready, waitForDatabase(directory, before?.pid, since)]);
  if (untilIdle) await sleep(IDLE_AFTER_MS);
  const idleMb = (await residentMemoryMb(pid)).now;
  const ended = once(npm, 'exit');
  process.kill(pid, 'SIGTERM');
  await ended;
  return { readyMs, databaseMs, afterDatabaseMs: readyMs - databaseMs, idleMb };
}

/**
 * Waits until the database accepts writes.
 * @param before the pid of the previous server on this directory
 * @returns the time that it took, and the pid of the server
 */
async function waitForDatabase(directory: DataDirectory, before: number | undefined, since: () => number) {
  let note = await directory.readNote();
  while (note === null || note.pid === before) {
    await sleep(POLL_INTERVAL_MS);
    note = await directory.readNote();
  }
  const client = new mongoose.mongo.MongoClient(`mongodb://127.0.0.1:${note.port}/?directConnection=true`);
  try {
    while (!(await client.db('admin').command({ hello: 1 })).isWritablePrimary) await sleep(POLL_INTERVAL_MS);
    return { databaseMs: since(), pid: note.pid };
  } finally {
    await client.close();
  }
}
