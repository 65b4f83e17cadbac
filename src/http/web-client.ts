/** Part of http/: serves the built web client at /. May import Fastify and its plugins, nothing of the domain. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface WebClientOptions {
  /** The folder that `vite build --config web/app/vite.config.ts` wrote: an absolute path. */
  readonly root: string;
}

/** Everything comes from this server. Scripts reach the page through addresses only, and only the worker's is allowed. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types worker',
].join('; ');

const NOT_BUILT = 'The web client has not been built. Run "npm run build", then load this page again.\n';

/** Vite puts a hash of the content into the name of every asset. */
const UNCHANGING = 'public, max-age=31536000, immutable';
const ASKED_EACH_TIME = 'no-cache';

/** The addresses of other parts of the server. The page has no route below them. */
const RESERVED = /^\/(assets|graphql|graphiql|health|metrics)(\/|$)/;
/** The addresses of the page's routes: no dots, and nothing that needs decoding. */
const CLIENT_ROUTE = /^(\/[\w-]*)+$/;
/** The names that vite gives to assets. */
const ASSET = /^[\w-][\w.-]*$/;
/** Files beside the page: the service worker, the manifest, icons. */
const TOP_FILE = /^\/[\w-]+\.(js|webmanifest|svg|png)$/;

/**
 * Serves the page for every navigation to one of its routes, and its files. All other unknown addresses stay 404, assets
 * among them: an old page that asks for a deleted asset must not get the page instead.
 */
export async function webClient(app: FastifyInstance, { root }: WebClientOptions): Promise<void> {
  // Files are looked up at each request, so the server finds those of a later build.
  await app.register(fastifyStatic, { root, serve: false, preCompressed: true, cacheControl: false, index: false });

  function send(reply: FastifyReply, file: string, cacheControl: string): FastifyReply {
    reply.header('cache-control', cacheControl).header('content-security-policy', CONTENT_SECURITY_POLICY);
    // The check of origins may have set it already.
    const vary = [reply.getHeader('vary'), 'accept-encoding'].filter((field) => field !== undefined);
    return reply.header('vary', vary.join(', ')).sendFile(file);
  }

  app.get('/assets/:name', async (request, reply) => {
    const { name } = request.params as { name: string };
    const isThere = ASSET.test(name) && existsSync(join(root, 'assets', name));
    return isThere ? send(reply, `assets/${name}`, UNCHANGING) : reply.callNotFound();
  });

  app.get('/*', async (request, reply) => {
    const path = pathOf(request);
    if (TOP_FILE.test(path) && existsSync(join(root, path))) return send(reply, path, ASKED_EACH_TIME);
    if (path !== '/' && !isNavigation(request, path)) return reply.callNotFound();
    if (existsSync(join(root, 'index.html'))) return send(reply, 'index.html', ASKED_EACH_TIME);
    return reply.code(503).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(NOT_BUILT);
  });
}

const pathOf = ({ raw }: FastifyRequest): string => raw.url?.split('?', 1)[0] ?? '';

/** Browsers ask for pages as text/html. Programs that ask for an unknown address learn that there is nothing. */
function isNavigation({ headers }: FastifyRequest, path: string): boolean {
  return CLIENT_ROUTE.test(path) && !RESERVED.test(path) && (headers.accept ?? '').includes('text/html');
}
