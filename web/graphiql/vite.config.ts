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
    // Inline nothing as data: URLs, so that the CSP can restrict fonts to 'self'.
    assetsInlineLimit: 0,
    // This polyfill is for browsers that cannot run GraphiQL anyway.
    modulePreload: { polyfill: false },
    // Monaco is one chunk of several megabytes that loads after the page. That needs no warning.
    chunkSizeWarningLimit: 8_000,
    reportCompressedSize: false,
    rolldownOptions: {
      // GraphiQL names its icons after their functions. Without this option, a screen reader says "jb icon".
      output: { keepNames: true },
      // 'use client' and 'use no memo' are for server-rendering frameworks. Rolldown would warn a hundred times.
      onLog: (level, log, report) => {
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
      },
    },
  },
});
