/** Part of http/: the size limit of a request body. */
import { type Readable, Transform } from 'node:stream';

export class BodyTooLarge extends Error {
  readonly statusCode = 413;
  readonly code: string;

  /** @param client which limit was exceeded. Fastify enforces the one for accounts as well. */
  constructor(client: 'anonymous' | 'account') {
    super('the body is too large');
    this.code = client === 'anonymous' ? 'ANONYMOUS_BODY_TOO_LARGE' : 'FST_ERR_CTP_BODY_TOO_LARGE';
  }
}

/** @returns the same body, which fails with BodyTooLarge after maxBytes. For bodies that declare no length. */
export function bodyOfAtMost(maxBytes: number, body: Readable): Readable {
  let received = 0;
  const limited = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      done(received > maxBytes ? new BodyTooLarge('anonymous') : null, chunk);
    },
  });
  // pipeline() would destroy the connection, on which the answer is still to be sent.
  body.once('error', (error) => limited.destroy(error));
  return body.pipe(limited);
}
