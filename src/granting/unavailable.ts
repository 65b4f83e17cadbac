/** Tells a client how to retry a mutation. It ends the message of an UNAVAILABLE error. Reads have no key. */
export const RETRY_MUTATION = 'Try again with the same key: nothing is ever paid twice.';

/**
 * The server gave up on a mutation. Either nothing was written, or the outcome of its commit is unknown. A repeat is
 * safe: it pays what is not paid yet, or replays what is.
 */
export class Unavailable extends Error {
  /** @param cause the failure of the last attempt, if there was one */
  constructor(cause?: unknown) {
    super(`The server could not finish this in time. ${RETRY_MUTATION}`, { cause });
  }
}
