import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

/** The parameters that OWASP's Password Storage Cheat Sheet names for argon2id, which is the library's default. */
const ARGON2_PARAMETERS = {
  /** KiB. */
  memoryCost: 19_456,
  /** Passes over the memory. */
  timeCost: 2,
  parallelism: 1,
};

/** Half of libuv's four threads: the other half stays free for tokens, files and name look-ups. */
const MOST_AT_ONCE = 2;

/** About four seconds of work at the 140 computations a second that were measured on two cores. */
const MOST_WAITING = 500;

/** Too many passwords wait to be computed. Nothing was decided: the same request may be sent again. */
export class PasswordsOverloaded extends Error {
  constructor() {
    super('Too many people are signing in at this moment. Try again in a few seconds.');
  }
}

/**
 * The argon2id hash of a password in NFC, in PHC string format, with a salt of its own: one keyboard composes an
 * accented letter, another does not.
 * @throws PasswordsOverloaded
 */
export function hashPassword(password: string): Promise<string> {
  return inTurn(() => hash(password.normalize('NFC'), ARGON2_PARAMETERS));
}

/**
 * Whether this is the password that was hashed. A null hash, for an account that does not exist, is never matched
 * and costs the same time as one that is. Hashes that are older than the use of NFC are of what was typed.
 * @throws PasswordsOverloaded
 */
export function verifyPassword(password: string, passwordHash: string | null): Promise<boolean> {
  const composed = password.normalize('NFC');
  const matches = (form: string) => verify(passwordHash ?? NOBODYS_HASH, form);
  return inTurn(async () => (await matches(composed)) || (composed !== password && (await matches(password))));
}

/** A well-formed hash with the parameters of the real ones; it was drawn by lot, so that no password is known for it. */
const NOBODYS_HASH = [
  '',
  'argon2id',
  'v=19',
  `m=${ARGON2_PARAMETERS.memoryCost},t=${ARGON2_PARAMETERS.timeCost},p=${ARGON2_PARAMETERS.parallelism}`,
  unpaddedBase64(randomBytes(16)),
  unpaddedBase64(randomBytes(32)),
].join('$');

function unpaddedBase64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

let running = 0;
const waiting: (() => void)[] = [];

/**
 * Runs the work as soon as a place is free, first come, first served.
 * @throws PasswordsOverloaded where too many wait already
 */
async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running < MOST_AT_ONCE) {
    running += 1;
  } else {
    if (waiting.length >= MOST_WAITING) throw new PasswordsOverloaded();
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  try {
    return await work();
  } finally {
    // The place passes to the one that waits longest, without becoming free for a newcomer in between.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
