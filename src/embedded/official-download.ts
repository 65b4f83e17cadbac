import http from 'node:http';
import https from 'node:https';
import { startStep } from '../start-step.js';
import type { FetchContext } from './cache.js';
import { assertKernelRunsMongod8, MongodSourceError } from './version.js';

/** The newest 8.0 release known, and its predecessor in case the newest is withdrawn, as has happened. */
const VERSIONS = ['8.0.29', '8.0.28'];
/** If the site does not answer within this time, the next source is tried. Milliseconds. */
const REACHABLE_WITHIN_MS = 3_000;
const PROGRESS_EVERY_MS = 300;
/** Enough for a download of 80 to 200 MB at 2 Mbit/s. Milliseconds. */
const DOWNLOADED_WITHIN_MS = 15 * 60_000;

/** Where the package looks for a proxy, in its order. npm passes its own setting on as npm_config_proxy. */
const PROXY_VARIABLES = [
  ...['yarn_https-proxy', 'yarn_proxy', 'npm_config_https-proxy', 'npm_config_proxy'],
  ...['https_proxy', 'http_proxy', 'HTTPS_PROXY', 'HTTP_PROXY'],
];

export const OFFICIAL_DOWNLOAD = `official download of mongod ${VERSIONS[0]}`;

/**
 * Downloads MongoDB's official build for this system and verifies its checksum. mongodb-memory-server-core knows the
 * URL.
 * @throws MongodSourceError if there is no build for this system, or if the site does not answer within 3 s
 */
export async function officialDownload(staging: string, context: FetchContext): Promise<string> {
  assertKernelRunsMongod8();
  // Imported on demand: a start that already has a mongod does not need these modules.
  const { DryMongoBinary } = await import('mongodb-memory-server-core');
  const { MongoBinaryDownloadUrl } = await import('mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js');
  return withoutPackageOutput(async () => {
    for (const version of VERSIONS) {
      const options = await DryMongoBinary.generateOptions({ version, downloadDir: staging });
      const url = new URL(await new MongoBinaryDownloadUrl(options).getDownloadUrl());
      if (await isOffered(url, context)) return download({ ...options, version, downloadDir: staging }, context);
    }
    throw new MongodSourceError('not offered for this system');
  });
}

interface DownloadOptions {
  readonly version: string;
  readonly downloadDir: string;
}

async function download(options: DownloadOptions, { report, signal }: FetchContext): Promise<string> {
  const { MongoBinaryDownload } = await import('mongodb-memory-server-core/lib/util/MongoBinaryDownload.js');
  const title = `Downloading mongod ${options.version}`;
  report(title);
  const downloader = new MongoBinaryDownload({ ...options, checkMD5: true });
  let lastAt = 0;
  downloader.printDownloadProgress = (chunk) => {
    const progress = downloader.dlProgress;
    progress.current += chunk.length;
    if (performance.now() - lastAt < PROGRESS_EVERY_MS || progress.length === 0) return;
    lastAt = performance.now();
    report(`${title}: ${megabytes(progress.current)} of ${megabytes(progress.length)} MB`, 'progress');
  };
  // The package cannot be cancelled. After an abort, its download goes on until the process ends.
  const advice = 'the connection is too slow';
  return startStep({ name: title, timeLimitMs: DOWNLOADED_WITHIN_MS, advice, signal }, () =>
    downloader.getMongodPath(),
  );
}

/**
 * Runs `work` without console output of the package, and with TLS certificates verified. Without npm_config_strict_ssl,
 * the package skips the verification and would run a file from anyone who impersonates the site.
 */
async function withoutPackageOutput<T>(work: () => Promise<T>): Promise<T> {
  const { log, warn, error } = console;
  const strictSsl = process.env.npm_config_strict_ssl;
  const ignore = () => {};
  Object.assign(console, { log: ignore, warn: ignore, error: ignore });
  process.env.npm_config_strict_ssl ??= 'true';
  try {
    return await work();
  } finally {
    Object.assign(console, { log, warn, error });
    if (strictSsl === undefined) delete process.env.npm_config_strict_ssl;
  }
}

/** Sends one request with a short timeout. The package itself would retry for a minute and print a stack. */
async function isOffered(url: URL, { env, signal }: FetchContext): Promise<boolean> {
  const deadline = AbortSignal.timeout(REACHABLE_WITHIN_MS);
  try {
    const status = await statusOf(url, env, AbortSignal.any([deadline, ...(signal ? [signal] : [])]));
    if (status >= 500) throw new MongodSourceError(`the site answers with status ${status}`);
    return ![403, 404, 410].includes(status);
  } catch (error) {
    if (deadline.aborted) throw new MongodSourceError(`the site did not answer within ${REACHABLE_WITHIN_MS / 1000} s`);
    throw error;
  }
}

/** Returns the status of a HEAD request, or of the proxy's reply to CONNECT if the package will use a proxy. */
function statusOf(url: URL, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const proxy = proxyOf(env);
    const request = proxy ? connectRequest(proxy, url, signal) : headRequest(url, signal);
    request.on('connect', (response, socket) => {
      socket.destroy();
      if (response.statusCode === 200) resolve(200);
      else reject(new MongodSourceError(`the proxy answers with status ${response.statusCode}`));
    });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end();
  });
}

/** @throws MongodSourceError if the package could not use the proxy */
function proxyOf(env: NodeJS.ProcessEnv): URL | null {
  for (const name of PROXY_VARIABLES) {
    const value = env[name];
    if (!value) continue;
    const proxy = URL.canParse(value) ? new URL(value) : null;
    if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
    // The value may contain a password.
    throw new MongodSourceError(`${name} is not the URL of a proxy, such as http://proxy.example:3128`);
  }
  return null;
}

function headRequest(url: URL, signal: AbortSignal): http.ClientRequest {
  return (url.protocol === 'http:' ? http : https).request(url, { method: 'HEAD', signal });
}

function connectRequest(proxy: URL, { hostname, port }: URL, signal: AbortSignal): http.ClientRequest {
  const target = `${hostname}:${port || '443'}`;
  const login = [proxy.username, proxy.password].map(decodeURIComponent).join(':');
  const authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  return (proxy.protocol === 'https:' ? https : http).request({
    method: 'CONNECT',
    hostname: proxy.hostname,
    port: proxy.port,
    path: target,
    headers: { host: target, ...(proxy.username && { 'proxy-authorization': authorization }) },
    signal,
  });
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(0);
}
