import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { compressFiles } from '../../scripts/first-load.mjs';
import { webClient } from '../../src/http/web-client.js';
import { useServer } from '../support/client.js';

const NAVIGATION = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const SCRIPT = `export const text = '${'a text that is worth compressing '.repeat(20)}';\n`;

let root: string;
let app: FastifyInstance;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'auraledger-web-'));
  await mkdir(join(root, 'assets'));
  await writeFile(join(root, 'index.html'), '<!doctype html><title>The page</title>');
  await writeFile(join(root, 'sw.js'), SCRIPT);
  await writeFile(join(root, 'assets.json'), '{}');
  await writeFile(join(root, 'assets/index-abc123.js'), SCRIPT);
  await compressFiles(root);
  app = fastify();
  await app.register(webClient, { root });
});

afterAll(async () => {
  await app.close();
  await rm(root, { recursive: true, force: true });
});

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

describe('the page', () => {
  test.each([
    '/',
    '/settings',
    '/courses/65f1/students',
    '/a/page/that/does-not-exist',
    '/courses/graphql',
    '/health-class',
  ])('answers a navigation to %s and is checked for changes each time', async (url) => {
    const answer = await get(url, NAVIGATION);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.headers['cache-control']).toBe('no-cache');
    expect(answer.body).toContain('The page');
  });

  test('a query string does not matter', async () => {
    expect((await get('/sign-in?then=/a.b', NAVIGATION)).body).toContain('The page');
  });

  test.each([
    '/assets/gone.js',
    '/assets/deep/gone',
    '/assets/..%2findex.html',
    '/assets/..%2f..%2fpackage.json',
    '/graphql/x',
    '/health/x',
    '/metrics/x',
    '/index.php',
    '/.env',
    '/assets.json',
    '/%2e%2e/package.json',
    '/*',
  ])('%s is 404, also for a navigation', async (url) => {
    expect((await get(url, NAVIGATION)).statusCode).toBe(404);
  });

  test('a program that asks for an unknown address gets no page', async () => {
    expect((await get('/settings', { accept: 'application/json' })).statusCode).toBe(404);
    expect((await get('/settings')).statusCode).toBe(404);
  });
});

describe('its files', () => {
  test('an asset never changes', async () => {
    const answer = await get('/assets/index-abc123.js');
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.body).toBe(SCRIPT);
  });

  test('the worker is checked for changes each time', async () => {
    const answer = await get('/sw.js');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-cache');
  });

  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('are sent compressed by %s to clients that accept it', async (encoding, decompress) => {
    const answer = await get('/assets/index-abc123.js', { 'accept-encoding': encoding });
    expect(answer.headers['content-encoding']).toBe(encoding);
    expect(answer.headers['content-type']).toContain('javascript');
    expect(decompress(answer.rawPayload).toString()).toBe(SCRIPT);
    expect(answer.rawPayload.length).toBeLessThan(SCRIPT.length / 2);
  });

  test.each(['/', '/sw.js', '/assets/index-abc123.js'])('%s varies with the encoding', async (url) => {
    for (const encoding of ['br', 'identity']) {
      expect((await get(url, { 'accept-encoding': encoding })).headers.vary).toBe('accept-encoding');
    }
  });

  test('are found after a rebuild without a restart', async () => {
    await writeFile(join(root, 'assets/index-def456.js'), SCRIPT);
    expect((await get('/assets/index-def456.js')).statusCode).toBe(200);
  });
});

test('503 and what to do, where the page has not been built', async () => {
  const unbuilt = fastify();
  await unbuilt.register(webClient, { root: join(root, 'assets') });
  const answer = await unbuilt.inject({ url: '/', headers: NAVIGATION });
  expect(answer.statusCode).toBe(503);
  expect(answer.body).toContain('npm run build');
  await unbuilt.close();
});

describe('in the product', () => {
  const server = useServer({ env: { CORS_ORIGINS: 'https://school.example' } });

  test('it varies with the origin as well, where other origins may use the API', async () => {
    const { headers } = await fetch(server.url, { headers: { origin: 'https://school.example' } });
    expect(headers.get('vary')?.toLowerCase().split(', ')).toEqual(['origin', 'accept-encoding']);
  });

  test('its policy allows this server only, and no script by text', async () => {
    const { headers } = await fetch(server.url);
    const policy = headers.get('content-security-policy') ?? '';
    const directives = new Map(policy.split('; ').map((directive) => directive.split(/ (.*)/s) as [string, string]));
    expect(directives.get('default-src')).toBe("'none'");
    for (const name of ['script-src', 'style-src', 'img-src', 'font-src', 'connect-src', 'worker-src', 'manifest-src'])
      expect(directives.get(name)).toBe("'self'");
    for (const name of ['base-uri', 'form-action', 'frame-ancestors']) expect(directives.get(name)).toBe("'none'");
    expect(directives.get('require-trusted-types-for')).toBe("'script'");
    expect(directives.get('trusted-types')).toBe('worker');
    // Over plain http on a name other than localhost it would break the page.
    expect(directives.has('upgrade-insecure-requests')).toBe(false);
  });

  test('it has the security headers of all answers', async () => {
    const { headers } = await fetch(server.url);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-request-id')).toMatch(/\w/);
  });

  test('the other parts of the server keep their addresses', async () => {
    const open = (path: string) => fetch(`${server.url}${path}`, { headers: NAVIGATION, redirect: 'manual' });
    expect((await open('/graphql')).status).toBe(405);
    expect((await open('/graphiql')).headers.get('location')).toBe('/graphiql/');
    expect(await (await open('/graphiql/')).text()).toContain('GraphiQL');
    expect(await (await open('/health/live')).json()).toEqual({ status: 'ok' });
    const unknown = await open('/assets/gone.js');
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    expect((await server.nobody.ask('{ badges { id } }')).status).toBe(200);
  });
});
