/** Part of http/: which requests may become a WebSocket. */
import { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../refusals.js';

/**
 * Node treats a request as an upgrade only if it asks for a WebSocket at /graphql. Without this class, every upgrade
 * would bypass the routes, such as the POST request of a client that also offers HTTP/2 (curl --http2, Java).
 */
export class UpgradableRequest extends IncomingMessage {
  /** Only declared: the constructor of IncomingMessage sets it before a field could be initialised. */
  declare private mayUpgrade: boolean;

  get upgrade(): boolean {
    return this.mayUpgrade && (this.method === 'CONNECT' || requestsWebSocket(this));
  }

  set upgrade(mayUpgrade: boolean) {
    this.mayUpgrade = mayUpgrade;
  }
}

const requestsWebSocket = ({ method, url = '', headers: { upgrade } }: IncomingMessage): boolean =>
  method === 'GET' && /^\/graphql(?:\?|$)/.test(url) && upgrade?.toLowerCase() === 'websocket';

/** A browser sends no preflight before a WebSocket handshake, so the server itself must check the origin of the page. */
export function refuseForeignOrigin(allowedOrigins: readonly string[]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { origin } = request.headers;
    if (origin === undefined || allowedOrigins.includes(origin) || isOwnOrigin(origin, request.host)) return undefined;
    const message = 'Pages of this origin may not connect. CORS_ORIGINS lists the origins that may.';
    return refuse(request, reply, { status: 403, code: 'FORBIDDEN', message });
  };
}

/** The scheme is not compared: the server cannot know that of a proxy in front. */
function isOwnOrigin(origin: string, host: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === originHost;
}

/** 16 random bytes in base64. */
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/;

/** ws would answer a bad handshake in a format of its own. */
export async function refuseBadHandshake(
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { 'sec-websocket-key': key = '', 'sec-websocket-version': version } = request.headers;
  if (WEBSOCKET_KEY.test(key) && version === '13') return undefined;
  reply.header('sec-websocket-version', '13');
  const message = 'Send a valid WebSocket handshake of version 13.';
  return refuse(request, reply, { status: 400, code: 'BAD_USER_INPUT', message, paths: ['sec-websocket-key'] });
}
