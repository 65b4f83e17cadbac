import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mongoose from 'mongoose';
import { DataDirectory } from '../../src/storage/mongod/data-directory.js';
import type { Side } from '../bench.js';
import { residentMb } from '../process-times.js';
import { addressIn, JWT_SECRET } from '../product.js';
import { series } from '../series.js';
import { ROOT } from '../start-command.js';

/** Node gives back what the start took when it has had nothing to do for some time. */
const IDLE_AFTER_MS = 45_000;
const ASK_AGAIN_MS = 10;

/** `npm start` with its own database, everything built and the demonstration class there since an earlier start. */
export const start: Side = {
  name: 'start',
  about: 'npm start, everything built: time until it is ready, memory when idle',
  byDefault: true,
  async measure({ scratch, results }) {
    const dataDir = join(scratch, 'start');
    const isFirst = !existsSync(dataDir);
    if (isFirst) await startOnce(dataDir);
    const { idleMb, ...times } = await startOnce(dataDir, isFirst);
    results.add(series.start, { ...times, ...(isFirst && { idleMb }) });
  },
};

/** @returns milliseconds, and the memory in MB: once it is idle, or just after the start */
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
  const ready = addressIn(npm.stdout).then(since);
  const [readyMs, { databaseMs, pid }] = await Promise.all([ready, databaseUp(directory, before?.pid, since)]);
  if (untilIdle) await sleep(IDLE_AFTER_MS);
  const idleMb = await residentMb(pid);
  const ended = once(npm, 'exit');
  process.kill(pid, 'SIGTERM');
  await ended;
  return { readyMs, databaseMs, afterDatabaseMs: readyMs - databaseMs, idleMb };
}

/** When its database takes writes, and the process of the server. @param before who used the directory until then */
async function databaseUp(directory: DataDirectory, before: number | undefined, since: () => number) {
  let note = await directory.readNote();
  while (note === null || note.pid === before) {
    await sleep(ASK_AGAIN_MS);
    note = await directory.readNote();
  }
  const client = new mongoose.mongo.MongoClient(`mongodb://127.0.0.1:${note.port}/?directConnection=true`);
  try {
    while (!(await client.db('admin').command({ hello: 1 })).isWritablePrimary) await sleep(ASK_AGAIN_MS);
    return { databaseMs: since(), pid: note.pid };
  } finally {
    await client.close();
  }
}
