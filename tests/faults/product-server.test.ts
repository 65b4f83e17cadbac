import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { RewardModel, type RewardRecord } from '../../src/storage/models/reward.js';
import { project } from '../architecture/project-copy.js';
import { useDatabase } from '../support/database.js';
import { until } from '../support/until.js';
import { givenClassAt } from './given-class-at.js';
import { type ProductServer, startProductServer } from './product-server.js';

const hour = 3_600_000;
const database = useDatabase();
let server: ProductServer;

afterEach(() => server.kill());

describe.each([false, true])('the product in a separate process (with a clock: %s)', (clock) => {
  test('pays, shuts down on SIGTERM, and restarts at the same address', async () => {
    server = await startProductServer({ root: project, uri: database.uri, clock });
    const { handIn, rewards } = await givenClassAt(server.url);
    expect((await handIn()).data.submitAssignment.replayed).toBe(false);
    expect(await rewards()).toHaveLength(1);
    const { now, peak } = await server.memoryMb();
    expect(now).toBeGreaterThan(20);
    expect(peak).toBeGreaterThanOrEqual(now);
    expect(await server.terminate()).toEqual({ code: 0, signal: null });

    server = await startProductServer({ root: project, uri: database.uri, clock, port: server.port });
    expect((await handIn()).data.submitAssignment.replayed).toBe(true);
    await server.kill();
    expect(await server.ended).toEqual({ code: null, signal: 'SIGKILL' });
  });
});

test('given a moved clock, the next request uses it', async () => {
  server = await startProductServer({ root: project, uri: database.uri, clock: true });
  for (const offset of [-hour, 0, hour]) {
    const before = Date.now() + offset;
    await server.moveClock(offset);
    const { handIn, rewards } = await givenClassAt(server.url);
    await handIn();
    const grantedAt = Number((await rewards())[0]?.grantedAt);
    expect(grantedAt).toBeGreaterThanOrEqual(before);
    expect(grantedAt).toBeLessThanOrEqual(Date.now() + offset);
  }
});

test('a paused server answers when it is resumed', async () => {
  server = await startProductServer({ root: project, uri: database.uri });
  const { handIn } = await givenClassAt(server.url);
  const resume = server.pause();
  let isAnswered = false;
  const answer = handIn().finally(() => {
    isAnswered = true;
  });
  await sleep(500);
  expect(isAnswered).toBe(false);
  resume();
  expect((await answer).data.submitAssignment.replayed).toBe(false);
});

test('each error that it logs is passed on', async () => {
  const errors: string[] = [];
  server = await startProductServer({ root: project, uri: database.uri, onError: (line) => errors.push(line) });
  const { studentId, handIn } = await givenClassAt(server.url);
  // No grant can follow a row that the student's own state does not know.
  const row = { studentId, sequence: 1 } as RewardRecord;
  await RewardModel.collection.insertOne(row, { bypassDocumentValidation: true });
  expect((await handIn()).code).toBe('INTERNAL_SERVER_ERROR');
  await until(() => errors.length > 0, 'a logged error');
  expect(errors.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ level: 50 })]);
});

test('given a server that cannot start, the error says why', async () => {
  await expect(
    startProductServer({ root: project, uri: 'mongodb://127.0.0.1:1/none?serverSelectionTimeoutMS=100' }),
  ).rejects.toThrow(/ended with 1:\nMONGODB_URI: .*127\.0\.0\.1:1/);
});

test('when the kit is killed, its servers and databases end, even a paused database', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-faults-'));
  const script = `
    const { startReplicaSet } = await import('./tests/faults/replica-set.ts');
    const { startProductServer } = await import('./tests/faults/product-server.ts');
    const set = await startReplicaSet({ nodes: 1, directory: process.argv[1] });
    const server = await startProductServer({ root: process.cwd(), uri: set.uri('faults') });
    set.pause(set.nodes[0]);
    console.log(JSON.stringify([server.pid, set.nodes[0].pid]));`;
  const args = ['--import', './scripts/typescript.mjs', '--input-type=module', '--eval', script, directory];
  const kit = spawn(process.execPath, args, { cwd: project, stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(kit.stdout), 'line');
  const pids: number[] = JSON.parse(line);
  expect(pids.filter(isAlive)).toHaveLength(2);
  kit.kill('SIGKILL');
  while (pids.some(isAlive)) await sleep(50);
  await rm(directory, { recursive: true });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
