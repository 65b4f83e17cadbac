import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Returns the secret in a file that only its owner can read. If the file does not exist, stores the secret that `make`
 * returns. Two processes that call this at the same time get the same secret.
 * @throws Error of the file system
 */
export async function loadOrCreateSecret(file: string, make: () => string): Promise<string> {
  return (await readSecret(file)) ?? (await store(file, make()));
}

/** Returns the secret, or null if the file does not exist. @throws Error of the file system */
export async function readSecret(file: string): Promise<string | null> {
  try {
    const secret = (await readFile(file, 'utf8')).trim();
    await chmod(file, 0o600);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Links a complete draft into place. A link cannot replace a file, so the first wins. Nobody reads half a secret. */
async function store(file: string, secret: string): Promise<string> {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    await writeFile(draft, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
    // Some file systems have no links.
    await link(draft, file)
      .catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') return copyFile(draft, file, constants.COPYFILE_EXCL);
      })
      .catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
  } finally {
    await rm(draft, { force: true });
  }
  return (await readFile(file, 'utf8')).trim();
}
