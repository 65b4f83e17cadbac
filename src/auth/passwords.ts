import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

/** As OWASP's Password Storage Cheat Sheet recommends for argon2id, which is the library's default algorithm. */
const ARGON2_PARAMETERS = {
  /** KiB. */
  memoryCost: 19_456,
  /** Passes over the memory. */
  timeCost: 2,
  parallelism: 1,
};

/** Half of libuv's four threads. The others stay free for tokens, files and DNS look-ups. */
const MAX_CONCURRENT = 2;

/** About four seconds of work, at 140 hashes a second (measured on two cores). */
const MAX_QUEUED = 500;

/** The queue of password hashes is full. Nothing was decided, so the client can retry the request. */
export class PasswordsOverloaded extends Error {
  constructor() {
    super('Too many people are signing in at this moment. Try again in a few seconds.');
  }
}

/**
 * Returns the argon2id hash of a password, in PHC string format, with a random salt. Hashes the NFC form, because some
 * keyboards compose accented letters and others do not.
 * @throws PasswordsOverloaded
 */
export function hashPassword(password: string): Promise<string> {
  return withSlot(() => hash(password.normalize('NFC'), ARGON2_PARAMETERS));
}

/**
 * Returns whether the password matches the hash. Pass null if the account does not exist: the result is then false, and
 * takes as long as for a real hash. Older versions hashed passwords as typed, so the typed form is tried after NFC.
 * @throws PasswordsOverloaded
 */
export function verifyPassword(password: string, passwordHash: string | null): Promise<boolean> {
  const composed = password.normalize('NFC');
  const matches = (form: string) => verify(passwordHash ?? DUMMY_HASH, form);
  return withSlot(async () => (await matches(composed)) || (composed !== password && (await matches(password))));
}

/** A well-formed hash with the same parameters as real ones. It is random, so nobody knows a password for it. */
const DUMMY_HASH = [
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
 * Runs the work as soon as a slot is free, first come, first served.
 * @throws PasswordsOverloaded if the queue is full
 */
async function withSlot<Result>(work: () => Promise<Result>): Promise<Result> {
  if (running < MAX_CONCURRENT) {
    running += 1;
  } else {
    if (waiting.length >= MAX_QUEUED) throw new PasswordsOverloaded();
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  try {
    return await work();
  } finally {
    // Passes the slot directly to the first in the queue, so that no newcomer can take it in between.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
