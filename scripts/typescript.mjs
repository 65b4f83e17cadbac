/**
 * Lets a node process import the project's TypeScript directly, compiled by swc with the settings of .swcrc:
 * `node --import ./scripts/typescript.mjs bench/main.ts`. It is for tests and tools; the product runs from dist.
 */
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from '@swc/core';

const swcrc = fileURLToPath(new URL('../.swcrc', import.meta.url));

/** TypeScript sources import x.ts as "./x.js". */
export function resolve(specifier, context, next) {
  if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.startsWith('file:')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return next(source.href, context);
  }
  return next(specifier, context);
}

export function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = transformSync(readFileSync(filename, 'utf8'), { filename, configFile: swcrc });
  return { format: 'module', source: code, shortCircuit: true };
}

if (module.registerHooks) module.registerHooks({ resolve, load });
// Without synchronous hooks, node loads this file again in the thread that calls the hooks.
else if (isMainThread) module.register(import.meta.url);
process.setSourceMapsEnabled(true);
