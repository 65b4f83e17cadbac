import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const nodeModules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** This machine under a name that is not local: over plain http, the browser treats it like a server in a school's network. */
export const PLAIN_HTTP_HOST = 'school.test';

/** Keeps the browser offline: its background requests are off, and it resolves only these local names. */
const OFFLINE_ARGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--no-first-run',
  `--host-resolver-rules=MAP ${PLAIN_HTTP_HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
];

/**
 * Arguments of the npm package that the tests remove. Some are for AWS Lambda only. Some switch off security features
 * that the tests check. The others draw through an emulated GPU: on two cores, frames queue up, and closing the browser
 * took 15 s.
 */
const UNWANTED_ARGS = [
  /^--single-process$/,
  /^--disable-web-security$/,
  /^--allow-running-insecure-content$/,
  /^--(use-gl|use-angle|enable-unsafe-swiftshader|ignore-gpu-blocklist|in-process-gpu)\b/,
];

const FONTS_CONFIGURATION = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
</fontconfig>
`;

interface Candidate {
  name: string;
  executablePath: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
}

/**
 * Starts a real headless Chromium. It uses CHROME_BINARY if that is set; otherwise the browser that @sparticuz/chromium
 * contains (Linux x64); otherwise an installed Chrome or Chromium.
 * @throws Error that lists what was tried and says what to do, if no browser starts
 */
export async function launchBrowser(): Promise<Browser> {
  const failures: string[] = [];
  const places = process.env.CHROME_BINARY ? [fromEnvironment] : [fromPackage, fromPackageWithLibraries, installed];
  for (const find of places) {
    try {
      const candidate = await find();
      if (!candidate) continue;
      const { name, executablePath, args, env } = candidate;
      try {
        return await chromium.launch({ executablePath, args: [...args, ...OFFLINE_ARGS], ...(env ? { env } : {}) });
      } catch (error) {
        failures.push(`${name} (${executablePath}) did not start: ${reasonOf(error)}`);
      }
    } catch (error) {
      failures.push(reasonOf(error));
    }
  }
  throw new Error(
    'No browser for the browser tests. Set CHROME_BINARY to the path of a Chrome or Chromium, or install one. ' +
      (failures.length > 0 ? `Tried: ${failures.join('; ')}` : 'None was found.'),
  );
}

/** The first line of Playwright's message and the browser's own output, without the command line that it repeats. */
function reasonOf(error: unknown): string {
  const [first = '', ...rest] = (error instanceof Error ? error.message : String(error)).split('\n');
  const browserOutput = rest.filter((line) => line.startsWith('[pid=') && line.includes('[err]')).slice(0, 4);
  return [first, ...browserOutput].map((line) => line.trim()).join(' ');
}

async function fromEnvironment(): Promise<Candidate | null> {
  const executablePath = process.env.CHROME_BINARY ?? '';
  if (!existsSync(executablePath)) throw new Error(`CHROME_BINARY (${executablePath}) does not exist`);
  return { name: 'CHROME_BINARY', executablePath, args: sandboxArgs() };
}

async function fromPackage(): Promise<Candidate | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const { default: packaged } = await import('@sparticuz/chromium');
  const folder = await unpacked();
  const own = packaged.args.filter((argument) => !UNWANTED_ARGS.some((unwanted) => unwanted.test(argument)));
  return {
    name: '@sparticuz/chromium',
    executablePath: join(folder, 'chromium'),
    args: [...own, '--disable-gpu'],
    // Without any font, the browser draws empty boxes. The package contains one.
    ...(existsSync('/etc/fonts/fonts.conf') ? {} : { env: { ...process.env, FONTCONFIG_PATH: join(folder, 'fonts') } }),
  };
}

/** For a slim container without libnss3. The package contains that and the few other libraries that it needs. */
async function fromPackageWithLibraries(): Promise<Candidate | null> {
  const candidate = await fromPackage();
  if (!candidate) return null;
  return {
    ...candidate,
    name: '@sparticuz/chromium with its own libraries',
    env: { ...(candidate.env ?? process.env), LD_LIBRARY_PATH: join(await unpacked(), 'al2023/lib') },
  };
}

/**
 * Unpacks the package's browser and returns its folder. The package itself unpacks into the temporary folder and trusts
 * any file that it finds there, even one that another test process is still writing or left behind when it was killed.
 * So this function unpacks into a new folder and renames that folder when it is complete.
 */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(nodeModules, '@sparticuz/chromium/package.json'), 'utf8')) as {
    version: string;
  };
  const cache = join(nodeModules, '.cache');
  const folder = join(cache, `chromium-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, 'chromium-unfinished-'));
  try {
    const script = "import('@sparticuz/chromium').then(({ default: packaged }) => packaged.executablePath())";
    // The package unpacks its libraries only on AWS Lambda, so pretend to be there.
    const env = { ...process.env, TMPDIR: unfinished, NODE_OPTIONS: '', AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' };
    await promisify(execFile)(process.execPath, ['--eval', script], { cwd: join(nodeModules, '..'), env });
    // The package's font configuration refers to folders of AWS Lambda.
    await writeFile(join(unfinished, 'fonts/fonts.conf'), FONTS_CONFIGURATION);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // If another process finished first, use its folder.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function installed(): Promise<Candidate | null> {
  const places =
    process.platform === 'darwin'
      ? [
          '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
          '/Applications/Chromium.app/Contents/MacOS/Chromium',
          '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
        ]
      : process.platform === 'win32'
        ? [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
            .filter((folder) => folder !== undefined)
            .flatMap((folder) => [
              join(folder, 'Google/Chrome/Application/chrome.exe'),
              join(folder, 'Microsoft/Edge/Application/msedge.exe'),
            ])
        : [
            ...(process.env.PATH ?? '').split(delimiter),
            '/usr/bin',
            '/usr/local/bin',
            '/snap/bin',
            '/opt/google/chrome',
          ]
            .filter((folder) => folder !== '')
            .flatMap((folder) =>
              ['google-chrome', 'google-chrome-stable', 'chrome', 'chromium', 'chromium-browser'].map((name) =>
                join(folder, name),
              ),
            );
  const executablePath = places.find((place) => existsSync(place));
  return executablePath ? { name: 'an installed browser', executablePath, args: sandboxArgs() } : null;
}

/** Chromium does not run as root with its sandbox on. Most containers run as root. */
function sandboxArgs(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}

export interface WatchedPage {
  page: Page;
  /** Addresses outside 127.0.0.1 that the page requested. Each request was blocked. */
  outsideRequests: string[];
  /** Console errors and warnings, including failed requests and CSP violations, and uncaught exceptions. */
  complaints: string[];
}

const isHere = ({ hostname }: URL): boolean => ['127.0.0.1', PLAIN_HTTP_HOST].includes(hostname);

/** Opens a page in a new context, without stored data or service workers, that can reach 127.0.0.1 only. */
export async function openWatchedPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ serviceWorkers: 'block', ...options });
  const outsideRequests: string[] = [];
  const complaints: string[] = [];
  await context.route(
    (url) => !isHere(url),
    async (route) => {
      outsideRequests.push(route.request().url());
      await route.abort();
    },
  );
  const page = await context.newPage();
  page.on('websocket', (socket) => {
    if (!isHere(new URL(socket.url()))) outsideRequests.push(socket.url());
  });
  page.on('console', (message) => {
    // The context blocks it, not the page.
    if (message.text().startsWith('Service Worker registration blocked by Playwright')) return;
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.stack ?? error.message}`));
  return { page, outsideRequests, complaints };
}
