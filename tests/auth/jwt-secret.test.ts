import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { loadOrCreateJwtSecret } from '../../src/auth/jwt-secret.js';

let dataDir: string;

beforeEach(async () => {
  dataDir = path.join(await mkdtemp(path.join(os.tmpdir(), 'auraledger-secret-')), 'not', 'there', 'yet');
});

afterEach(async () => {
  await rm(path.resolve(dataDir, '../../..'), { recursive: true, force: true });
});

const file = () => path.join(dataDir, 'jwt-secret');
const mode = async () => ((await stat(file())).mode & 0o777).toString(8);

test('the secret is created once, has 256 bits, and only the owner can read the file', async () => {
  const secret = await loadOrCreateJwtSecret(dataDir);
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  expect(await loadOrCreateJwtSecret(dataDir)).toBe(secret);
  expect(await mode()).toBe('600');
});

test('concurrent calls return the same secret, and leave no draft', async () => {
  const secrets = await Promise.all(Array.from({ length: 20 }, () => loadOrCreateJwtSecret(dataDir)));
  expect(new Set(secrets).size).toBe(1);
  expect(await readdir(dataDir)).toEqual(['jwt-secret']);
});

test('two directories have different secrets', async () => {
  expect(await loadOrCreateJwtSecret(dataDir)).not.toBe(await loadOrCreateJwtSecret(path.join(dataDir, 'other')));
});

test('a file that others can read is made private', async () => {
  await loadOrCreateJwtSecret(dataDir);
  await chmod(file(), 0o644);
  await loadOrCreateJwtSecret(dataDir);
  expect(await mode()).toBe('600');
});

test.each(['', 'short\n'])('a file that contains %j is not changed, and the error says what to do', async (content) => {
  await loadOrCreateJwtSecret(dataDir);
  await writeFile(file(), content);
  await expect(loadOrCreateJwtSecret(dataDir)).rejects.toThrow(
    /jwt-secret contains no valid secret: delete it .* or set JWT_SECRET/,
  );
  expect(await readFile(file(), 'utf8')).toBe(content);
});

test('a directory that cannot be created is reported in one line', async () => {
  const obstacle = path.resolve(dataDir, '../../../not');
  await writeFile(obstacle, '');
  await expect(loadOrCreateJwtSecret(dataDir)).rejects.toThrow(
    /jwt-secret cannot be read or written \(ENOTDIR\); set JWT_SECRET$/,
  );
});
