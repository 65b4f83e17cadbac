import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { keptSecret } from '../kept-secret.js';

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
  const make = () => randomBytes(SECRET_BYTES).toString('base64url');
  const secret = await keptSecret(file, make).catch((error: NodeJS.ErrnoException) => {
    throw new JwtSecretError(`${file} cannot be read or written (${error.code ?? error.message}); set JWT_SECRET`);
  });
  if (secret.length >= SECRET_CHARACTERS) return secret;
  throw new JwtSecretError(
    `${file} holds no secret: delete it for a new one (access tokens then have to be renewed), or set JWT_SECRET`,
  );
}
