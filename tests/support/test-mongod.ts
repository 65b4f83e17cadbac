import { readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type EmbeddedMongod, startEmbeddedMongod } from '../../src/embedded/embedded-mongod.js';
import { findMongod } from '../../src/embedded/find-mongod.js';
import { reportTo } from '../../src/report.js';

const PREFIX = 'auraledger-test-';

/** Starts an empty mongod with failpoints for all test files of this run. `stop` ends it and deletes its data. */
export async function startTestMongod(): Promise<EmbeddedMongod> {
  await removeLeftovers();
  const report = reportTo(process.stderr);
  const binary = await findMongod({ configured: process.env.MONGOD_BINARY ?? null, report });
  const dataDir = path.join(os.tmpdir(), `${PREFIX}${process.pid}`);
  const mongod = await startEmbeddedMongod({ binary: binary.path, dataDir, enableTestCommands: true, report });
  return {
    ...mongod,
    async stop() {
      mongod.kill();
      await mongod.stop();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Deletes the data that interrupted runs left behind. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(os.tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    try {
      process.kill(Number(name.slice(PREFIX.length)), 0);
    } catch {
      await rm(path.join(os.tmpdir(), name), { recursive: true, force: true });
    }
  }
}
