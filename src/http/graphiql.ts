// Part of http/: serves the built GraphiQL page. May import Fastify and its plugins, nothing of the domain.
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

export interface GraphiqlPageOptions {
  /** The absolute path of the folder that `vite build --config web/graphiql/vite.config.ts` writes. */
  root: string;
}

/**
 * The page needs two exceptions: Monaco lays text out with inline styles, and its squiggles and icons are data: images.
 * Scripts, workers, fonts and requests come from this server only: no eval, no blob:, no other host.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const NOT_BUILT = 'The GraphiQL page has not been built. Run "npm run build", then load this page again.\n';

/** Serves GraphiQL under /graphiql/. If the page has not been built, it answers 503 and says how to build it. */
export async function graphiqlPage(app: FastifyInstance, { root }: GraphiqlPageOptions): Promise<void> {
  const assets = join(root, 'assets') + sep;
  const isBuilt = () => existsSync(join(root, 'index.html'));

  // In onSend, so that it replaces the stricter policy of the rest of the app.
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
  });

  app.addHook('onRequest', async (_request, reply) => {
    if (isBuilt()) return;
    return reply.code(503).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(NOT_BUILT);
  });

  await app.register(fastifyStatic, {
    root,
    prefix: '/graphiql/',
    decorateReply: false,
    cacheControl: false,
    setHeaders(response, path) {
      // Vite puts a content hash into the name of every asset.
      const isImmutable = path.startsWith(assets);
      response.setHeader('cache-control', isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });

  app.get('/graphiql', async (_request, reply) => reply.redirect('/graphiql/', 302));
}
