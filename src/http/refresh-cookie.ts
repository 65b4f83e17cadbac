/** Part of http/: the cookie in which a browser keeps its refresh token. May import Fastify, graphql/ and auth/. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { REFRESH_TOKEN_MS } from '../auth/tokens.js';
import type { RefreshCookie } from '../graphql/context.js';

/** Cookies are shared by all ports of a host, so the name says whose it is. */
const NAME = 'auraledger-refresh';
/** Browsers accept a cookie of such a name over https only. */
const SECURE_NAME = `__Secure-${NAME}`;

const MAX_AGE_SECONDS = REFRESH_TOKEN_MS / 1_000;

/**
 * @returns null unless the request has the header "x-session: cookie". A page of another origin can send this header
 * only after a preflight, which CORS refuses. That is what protects the cookie from forged requests.
 */
export function refreshCookieOf(request: FastifyRequest, reply: FastifyReply): RefreshCookie | null {
  if (request.headers['x-session'] !== 'cookie') return null;
  // The scheme that the browser used, as a trusted proxy reports it.
  const isHttps = request.protocol === 'https';
  const name = isHttps ? SECURE_NAME : NAME;
  let token = tokenIn(name, request.headers.cookie ?? '');

  function set(value: string, maxAgeSeconds: number): void {
    token = value;
    const attributes = `Max-Age=${maxAgeSeconds}; Path=/graphql; HttpOnly; SameSite=Strict${isHttps ? '; Secure' : ''}`;
    // Fastify would add a second Set-Cookie header.
    reply.removeHeader('set-cookie').header('set-cookie', `${name}=${value}; ${attributes}`);
  }

  return {
    get token() {
      return token;
    },
    keep: (value) => set(value, MAX_AGE_SECONDS),
    clear: () => set('', 0),
  };
}

/** @returns empty if there is no such cookie, or several: another host of the domain has set one of them */
function tokenIn(name: string, header: string): string {
  const pairs = header.split(';').map((pair) => pair.trim());
  const [found = '', ...others] = pairs.filter((pair) => pair.startsWith(`${name}=`));
  return others.length > 0 ? '' : found.slice(name.length + 1);
}
