/** The request was given up before its outcome was known: nothing was decided, or it cannot be told. */
export class Unavailable extends Error {
  /** @param cause what its last attempt failed of, where there was one */
  constructor(cause?: unknown) {
    super('The server could not finish this in time. Try again with the same key: nothing is ever paid twice.', {
      cause,
    });
  }
}
