/** Part of http/: what is refused by the head of a request alone, before its body is read. May import Fastify. */
import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Refusal, refuse } from './refusals.js';

/** Proxies and servers disagree about which of two counts. */
const SENT_ONCE = ['host', 'authorization', 'content-type', 'content-encoding'];
/** Load balancers probe these in HTTP/1.0, which needs no Host. */
const HEALTH = /^\/health\//;

const badHead = (status: number, path: string, message: string): Refusal => ({
  status,
  code: 'BAD_USER_INPUT',
  message,
  paths: [path],
});

/** For every route. Node leaves these to us: it would answer some in a form of its own, and others not at all. */
export async function refuseBadHead(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const problem = problemOf(request.raw);
  return problem ? refuse(request, reply, problem) : undefined;
}

function problemOf({ headersDistinct, headers, httpVersion, url = '' }: IncomingMessage): Refusal | null {
  const repeated = SENT_ONCE.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  if (repeated) return badHead(400, repeated, 'Send this header once.');
  const mayLackHost = httpVersion === '1.0' && HEALTH.test(url);
  if (headers.host === undefined ? !mayLackHost : !isHost(headers.host)) {
    return badHead(400, 'host', 'Name the host of the address as the Host header, like school.example or [::1]:4000.');
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    return badHead(417, 'expect', 'Nothing but 100-continue can be expected here.');
  }
  return null;
}

/** Whether a URL can have it, and nothing beside it: the parser would take "user@host/path" as well. */
const isHost = (value: string): boolean => /^[^\s/?#@\\]+$/.test(value) && URL.canParse(`http://${value}`);

/** For routes that take a body: it has to be UTF-8, not compressed. */
export async function refuseEncodedBody(
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { 'content-encoding': encoding, 'transfer-encoding': transfer, 'content-type': type } = request.headers;
  if (!isOneOf(encoding, 'identity') || !isOneOf(transfer, 'chunked')) {
    reply.header('accept-encoding', 'identity');
    return refuse(request, reply, badHead(415, 'body', 'Send the body as it is, without compression.'));
  }
  if (isOneOf(charsetOf(type), 'utf-8', 'utf8')) return undefined;
  return refuse(request, reply, badHead(415, 'body', 'Send the body in UTF-8.'));
}

const isOneOf = (value: string | null | undefined, ...known: string[]): boolean =>
  value == null || known.includes(value.trim().toLowerCase());

/** null: none is named, or this is no content type, which is refused for that elsewhere. */
function charsetOf(contentType = ''): string | null {
  try {
    return new MIMEType(contentType).params.get('charset');
  } catch {
    return null;
  }
}
