/** Part of http/: how many requests may run at once. May import Fastify. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuseForNow } from './refusals.js';

export interface AdmissionLimits {
  /** Requests at once. */
  readonly inAll: number;
  /** Of one account: whoever floods the server takes nobody else's place. */
  readonly ofOne: number;
}

/**
 * Lets requests in while there is room; more at once would only make everybody wait longer. The viewer must be known.
 *
 * Whoever is refused is asked to connect anew: Node takes up one new connection in each turn of its event loop, and a
 * turn takes the longer the more connections have something to read. Thousands of them that ask again and again would
 * keep all others out for half a minute; those that wait to be taken up cost nothing.
 */
export function admission({ inAll, ofOne }: AdmissionLimits) {
  let running = 0;
  const runningOf = new Map<string, number>();

  function count(account: string, change: 1 | -1): void {
    running += change;
    const now = (runningOf.get(account) ?? 0) + change;
    if (now === 0) runningOf.delete(account);
    else runningOf.set(account, now);
  }

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const account = request.viewer?.accountId.toHexString();
    if (running >= inAll || (account && (runningOf.get(account) ?? 0) >= ofOne)) {
      reply.header('connection', 'close');
      return refuseForNow(request, reply, 'Too many requests run at this moment.');
    }
    const counted = account ?? 'nobody';
    count(counted, 1);
    reply.raw.once('close', () => count(counted, -1));
    return undefined;
  };
}
