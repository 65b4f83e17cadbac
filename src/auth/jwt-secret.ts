import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { loadOrCreateSecret } from '../secret-file.js';

/** 256 bits, the length of the HS256 hash. */
const SECRET_BYTES = 32;
/** The length of the secret in base64url. */
const SECRET_CHARACTERS = 43;

/** The secret is not available. The message is for people. */
export class JwtSecretError extends Error {
  override readonly name = 'JwtSecretError';
}

/**
 * Returns the token secret of a data directory, and creates it the first time. Only its owner can read the file. Two
 * processes that call this at the same time get the same secret.
 * @throws JwtSecretError if the file cannot be read or written, or contains no valid secret
 */
export async function loadOrCreateJwtSecret(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'jwt-secret');
  const make = () => randomBytes(SECRET_BYTES).toString('base64url');
  const secret = await loadOrCreateSecret(file, make).catch((error: NodeJS.ErrnoException) => {
    throw new JwtSecretError(`${file} cannot be read or written (${error.code ?? error.message}); set JWT_SECRET`);
  });
  if (secret.length >= SECRET_CHARACTERS) return secret;
  throw new JwtSecretError(
    `${file} contains no valid secret: delete it to create a new one (clients must then refresh their access tokens), or set JWT_SECRET`,
  );
}
