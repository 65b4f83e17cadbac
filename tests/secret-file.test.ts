import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { loadOrCreateSecret, readSecret } from '../src/secret-file.js';

test('a secret that cannot be read is not taken for one that does not exist', async () => {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'auraledger-secret-file-'));
  const file = path.join(directory, 'secret');
  try {
    expect(await readSecret(file)).toBeNull();
    await mkdir(file);
    await expect(readSecret(file)).rejects.toThrow('EISDIR');
    let made = 0;
    const loading = loadOrCreateSecret(file, () => `secret ${++made}`);
    await expect(loading).rejects.toThrow('EISDIR');
    expect(made).toBe(0);
  } finally {
    await rm(directory, { recursive: true });
  }
});
