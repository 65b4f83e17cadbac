/** Part of http/: which requests may become a WebSocket. */
import { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../refusals.js';

/**
 * A request that Node takes for an upgrade where it asks for a WebSocket at /graphql, and for an ordinary one otherwise.
 * Node has one switch for all: with it, the POST of a client that offers HTTP/2 as well (curl --http2, Java) would be
 * answered by nobody.
 */
export class Request extends IncomingMessage {
  /** Set by the constructor of IncomingMessage, before a field could be initialised here. */
  declare private mayUpgrade: boolean;

  get upgrade(): boolean {
    return this.mayUpgrade && (this.method === 'CONNECT' || asksForWebSocket(this));
  }

  set upgrade(isUpgrade: boolean) {
    this.mayUpgrade = isUpgrade;
  }
}

const asksForWebSocket = ({ method, url = '', headers: { upgrade } }: IncomingMessage): boolean =>
  method === 'GET' && /^\/graphql(?:\?|$)/.test(url) && upgrade?.toLowerCase() === 'websocket';

/** A browser sends the origin of the page with an upgrade, and asks nobody before. */
export function refuseOtherOrigins(origins: readonly string[]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { origin } = request.headers;
    if (origin === undefined || origins.includes(origin) || isOwn(origin, request.host)) return undefined;
    const message = 'Pages of this origin may not connect. CORS_ORIGINS names those that may.';
    return refuse(request, reply, { status: 403, code: 'FORBIDDEN', message });
  };
}

function isOwn(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: ofPage } = new URL(origin);
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === ofPage;
}

/** Of 16 random bytes, in base64. */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** ws would refuse these in a form of its own. */
export async function refuseBadHandshake(
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const isGood = KEY.test(headers['sec-websocket-key'] ?? '') && headers['sec-websocket-version'] === '13';
  if (isGood) return undefined;
  reply.header('sec-websocket-version', '13');
  const message = 'This is no handshake of a WebSocket, version 13.';
  return refuse(reply.request, reply, { status: 400, code: 'BAD_USER_INPUT', message, paths: ['sec-websocket-key'] });
}
