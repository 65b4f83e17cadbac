import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The server of `npm run dev`. */
const target = `http://127.0.0.1:${process.env.PORT ?? 4000}`;

/** Builds the web client that src/http/web-client.ts serves, and serves it from source in development. */
export default defineConfig({
  root: here('.'),
  cacheDir: here('../../node_modules/.vite/app'),
  build: {
    outDir: here('../../dist/web/app'),
    emptyOutDir: true,
    // The build checks the size of the first load by this file. The service worker needs it as well.
    manifest: 'assets.json',
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    // A polyfill for browsers that cannot run this page anyway.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      ['/graphql', '/graphiql', '/health'].map((path) => [path, { target, ws: path === '/graphql' }]),
    ),
  },
});
