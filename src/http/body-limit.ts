/** Part of http/: bodies that are larger than they may be. */
import { type Readable, Transform } from 'node:stream';

export class BodyTooLarge extends Error {
  readonly statusCode = 413;
  readonly code: string;

  /** @param whose the limit of strangers, or the one for anybody, which Fastify looks after as well */
  constructor(whose: 'strangers' | 'anybody') {
    super('the body is too large');
    this.code = whose === 'strangers' ? 'BODY_TOO_LARGE_FOR_STRANGERS' : 'FST_ERR_CTP_BODY_TOO_LARGE';
  }
}

/** The same body, which fails with BodyTooLarge where it has more bytes. For those who do not say how long it will be. */
export function bodyOfAtMost(most: number, body: Readable): Readable {
  let received = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      done(received > most ? new BodyTooLarge('strangers') : null, chunk);
    },
  });
  // Not pipeline(): that would end the connection, on which the answer is still to be sent.
  body.once('error', (error) => limited.destroy(error));
  return body.pipe(limited);
}
