import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Builds the page that src/http/graphiql.ts serves: `vite build --config web/graphiql/vite.config.ts`. */
export default defineConfig({
  root: here('.'),
  base: '/graphiql/',
  cacheDir: here('../../node_modules/.vite/graphiql'),
  worker: { format: 'es' },
  build: {
    outDir: here('../../dist/web/graphiql'),
    emptyOutDir: true,
    // Nothing is inlined as data:, so that fonts can come from 'self' only.
    assetsInlineLimit: 0,
    // A polyfill for browsers that cannot run GraphiQL anyway.
    modulePreload: { polyfill: false },
    // Monaco is one chunk of megabytes, loaded after the page: known, and no reason to warn.
    chunkSizeWarningLimit: 8_000,
    reportCompressedSize: false,
    rolldownOptions: {
      // GraphiQL titles its icons by the names of their functions: without this, a screen reader hears "jb icon".
      output: { keepNames: true },
      // 'use client' and 'use no memo' are for frameworks that render on a server; a hundred warnings say so.
      onLog: (level, log, report) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
});
