import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The server of `npm run dev`. */
const target = `http://127.0.0.1:${process.env.PORT ?? 4000}`;

/** Writes sw.js with the files of this build in it: the page, every chunk, and the icon. */
const serviceWorker: Plugin = {
  name: 'service-worker',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      const built = Object.keys(bundle).filter((file) => /^assets\/|^index\.html$/.test(file));
      const hash = createHash('sha256').update(readFileSync(here('sw.js')));
      for (const file of built.sort()) {
        const part = bundle[file]!;
        hash.update(`${file}\0`).update(part.type === 'chunk' ? part.code : part.source);
      }
      const version = hash.digest('hex').slice(0, 12);
      const files = ['/', '/icon.svg', ...built.filter((file) => file !== 'index.html').map((file) => `/${file}`)];
      const source = readFileSync(here('sw.js'), 'utf8').replace('__BUILD__', JSON.stringify({ version, files }));
      this.emitFile({ type: 'asset', fileName: 'sw.js', source });
    },
  },
};

/** Builds the web client that src/http/web-client.ts serves, and serves it from source in development. */
export default defineConfig({
  root: here('.'),
  plugins: [serviceWorker],
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
