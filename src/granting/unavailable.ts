/**
 * The server gave up on a request to the committer. Either nothing was written, or the outcome of its commit is unknown. A repeat is
 * safe: it pays what is not paid yet, or replays what is.
 */
export class Unavailable extends Error {
  /** @param cause the failure of the last attempt, if there was one */
  constructor(cause?: unknown) {
    super('The server could not finish this in time.', { cause });
  }
}
