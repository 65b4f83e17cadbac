/** Part of http/: refuses requests by their head alone, before the body is read. May import Fastify. */
import type { IncomingMessage } from 'node:http';
import { MIMEType } from 'node:util';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type HttpRefusal, refuse } from './refusals.js';

/** Headers that may be sent only once: of two, a proxy may use the one and a server the other. */
const UNIQUE_HEADERS = ['host', 'authorization', 'content-type', 'content-encoding'];
/** Load balancers send health checks in HTTP/1.0, which needs no Host header. */
const HEALTH_CHECK = /^\/health\//;

const badHead = (status: number, path: string, message: string): HttpRefusal => ({
  status,
  code: 'BAD_USER_INPUT',
  message,
  paths: [path],
});

/** For every route. Node's own checks are off: it would answer some in its own form, and others not at all. */
export function refuseBadHead(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const problem = problemOf(request.raw);
  return problem ? refuse(request, reply, problem) : undefined;
}

function problemOf({ headersDistinct, headers, httpVersion, url = '' }: IncomingMessage): HttpRefusal | null {
  const repeated = UNIQUE_HEADERS.find((name) => (headersDistinct[name]?.length ?? 0) > 1);
  if (repeated) return badHead(400, repeated, 'Send this header only once.');
  const mayLackHost = httpVersion === '1.0' && HEALTH_CHECK.test(url);
  if (headers.host === undefined ? !mayLackHost : !isHost(headers.host)) {
    return badHead(
      400,
      'host',
      'Send the host of the address in the Host header, for example school.example or [::1]:4000.',
    );
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    return badHead(
      417,
      'expect',
      'The server supports only the expectation 100-continue. Send that, or no Expect header.',
    );
  }
  return null;
}

/** @returns whether a value is the host of a URL and nothing more. URL.canParse alone accepts "user@host/path" too. */
const isHost = (value: string): boolean => /^[^\s/?#@\\]+$/.test(value) && URL.canParse(`http://${value}`);

/** For routes that accept a body: it must be UTF-8 and uncompressed. */
export function refuseEncodedBody(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const { 'content-encoding': encoding, 'transfer-encoding': transfer, 'content-type': type } = request.headers;
  if (!isOneOf(encoding, 'identity') || !isOneOf(transfer, 'chunked')) {
    reply.header('accept-encoding', 'identity');
    return refuse(request, reply, badHead(415, 'body', 'Send the body without compression.'));
  }
  if (isOneOf(charsetOf(type), 'utf-8', 'utf8')) return undefined;
  return refuse(request, reply, badHead(415, 'body', 'Send the body in UTF-8.'));
}

const isOneOf = (value: string | null | undefined, ...allowed: string[]): boolean =>
  value == null || allowed.includes(value.trim().toLowerCase());

/** @returns null if no charset is named, or if the content type is malformed, which is refused elsewhere */
function charsetOf(contentType = ''): string | null {
  try {
    return new MIMEType(contentType).params.get('charset');
  } catch {
    return null;
  }
}
