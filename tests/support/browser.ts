import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const nodeModules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** Nothing leaves this machine: the browser's own errands are off, and no name but these resolves. */
const OFFLINE_ARGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--no-first-run',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/**
 * Arguments of the npm package that are for AWS Lambda, or would switch off what the tests are there to see, or draw
 * through an emulated GPU: on two cores that queues up frames, and closing the browser waited 15 s for them.
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
 * Starts a real Chromium without a window: CHROME_BINARY where that is set, otherwise the one that @sparticuz/chromium
 * carries (Linux x64), otherwise an installed Chrome or Chromium.
 * @throws one message that says what was tried and what to do, where none of them starts.
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

/** Playwright's message repeats the whole command line: only its first line and what the browser itself said. */
function reasonOf(error: unknown): string {
  const [first = '', ...rest] = (error instanceof Error ? error.message : String(error)).split('\n');
  const said = rest.filter((line) => line.startsWith('[pid=') && line.includes('[err]')).slice(0, 4);
  return [first, ...said].map((line) => line.trim()).join(' ');
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
    // A machine without fonts would draw empty boxes: the package carries one.
    ...(existsSync('/etc/fonts/fonts.conf') ? {} : { env: { ...process.env, FONTCONFIG_PATH: join(folder, 'fonts') } }),
  };
}

/** For a slim container, which has no libnss3: the package carries that and the few others that it needs. */
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
 * The folder with the package's unpacked browser. The package itself unpacks into the temporary folder and takes a
 * file that is there for a whole one, which it is not while another test process still writes it, or after a kill:
 * here it unpacks into a folder of its own, which gets its name when it is complete.
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
    // It unpacks its libraries only where it believes to be on AWS Lambda.
    const env = { ...process.env, TMPDIR: unfinished, NODE_OPTIONS: '', AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' };
    await promisify(execFile)(process.execPath, ['--eval', script], { cwd: join(nodeModules, '..'), env });
    // Its configuration names folders of AWS Lambda.
    await writeFile(join(unfinished, 'fonts/fonts.conf'), FONTS_CONFIGURATION);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was faster: its folder is as good.
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

/** Chromium refuses to run as root with its sandbox, as in most containers. */
function sandboxArgs(): string[] {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}

export interface WatchedPage {
  page: Page;
  /** Addresses outside 127.0.0.1 that the page asked for; each was refused. */
  outsideRequests: string[];
  /** Errors and warnings of the console (failed requests and refusals of the CSP too), and uncaught exceptions. */
  complaints: string[];
}

/** A page in a context of its own (nothing stored, no service worker) that reaches this machine only. */
export async function openWatchedPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ serviceWorkers: 'block', ...options });
  const outsideRequests: string[] = [];
  const complaints: string[] = [];
  await context.route(
    (url) => url.hostname !== '127.0.0.1',
    async (route) => {
      outsideRequests.push(route.request().url());
      await route.abort();
    },
  );
  const page = await context.newPage();
  page.on('websocket', (socket) => {
    if (new URL(socket.url()).hostname !== '127.0.0.1') outsideRequests.push(socket.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.stack ?? error.message}`));
  return { page, outsideRequests, complaints };
}
