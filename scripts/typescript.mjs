/**
 * Lets this node process import the project's TypeScript as it stands, compiled by swc with the settings of .swcrc:
 * `node --import ./scripts/typescript.mjs bench/some.ts`. For tests and tools; the product runs from dist.
 */
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { transformSync } from '@swc/core';

const swcrc = fileURLToPath(new URL('../.swcrc', import.meta.url));

/** "./x.js" written in TypeScript means x.ts. */
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
// Without synchronous hooks, node runs this file once more, in the thread where it calls them.
else if (isMainThread) module.register(import.meta.url);
process.setSourceMapsEnabled(true);
