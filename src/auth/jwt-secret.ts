import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** 256 bits, as long as the hash of HS256. */
const SECRET_BYTES = 32;
/** That many bytes in base64url. */
const SECRET_CHARACTERS = 43;

/** The secret cannot be had; the message is for people. */
export class JwtSecretError extends Error {
  override readonly name = 'JwtSecretError';
}

/**
 * The secret for tokens that belongs to a data directory: made once, then always the same, readable by its owner only.
 * Two processes that ask at the same time get the same one.
 * @throws JwtSecretError where the file cannot be read or written, or holds something else
 */
export async function keptJwtSecret(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'jwt-secret');
  const secret = await readOrMake(file).catch((error: NodeJS.ErrnoException) => {
    throw new JwtSecretError(`${file} cannot be read or written (${error.code ?? error.message}); set JWT_SECRET`);
  });
  if (secret.length >= SECRET_CHARACTERS) return secret;
  throw new JwtSecretError(
    `${file} holds no secret: delete it for a new one (access tokens then have to be renewed), or set JWT_SECRET`,
  );
}

async function readOrMake(file: string): Promise<string> {
  return (await read(file)) ?? (await make(file));
}

async function read(file: string): Promise<string | null> {
  try {
    const secret = (await readFile(file, 'utf8')).trim();
    await chmod(file, 0o600);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Links a whole file into place, which fails where there is one: nobody reads half a secret, and the first one wins. */
async function make(file: string): Promise<string> {
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    await writeFile(draft, `${randomBytes(SECRET_BYTES).toString('base64url')}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    });
    // Not every file system has links.
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
