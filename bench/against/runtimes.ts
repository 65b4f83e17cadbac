import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Report } from '../../src/report.js';
import { UsageError } from '../settings.js';

const run = promisify(execFile);

/** A Node that runs the server, and its options. */
export interface Runtime {
  readonly name: string;
  readonly executable: string;
  /** In addition to those of `npm start`. */
  readonly nodeOptions: readonly string[];
}

const OWN_MAJOR = process.versions.node.split('.')[0]!;

/**
 * Makes runtimes available. Versions of Node are installed from the npm registry, each once.
 * @param wanted each is a major version of Node, and options: "24" or "24 --single-threaded-gc"
 * @param directory where they are installed
 * @throws UsageError if a version cannot be installed
 */
export async function installRuntimes(
  wanted: readonly string[],
  directory: string,
  report: Report,
  signal: AbortSignal,
): Promise<Runtime[]> {
  const executables = new Map([[OWN_MAJOR, process.execPath]]);
  const runtimes: Runtime[] = [];
  for (const name of wanted) {
    const [major = '', ...nodeOptions] = name.trim().split(/\s+/);
    const executable = executables.get(major) ?? (await install(major, join(directory, major), report, signal));
    executables.set(major, executable);
    const { stdout } = await run(executable, ['--version'], { signal });
    runtimes.push({ name: [`Node ${stdout.trim()}`, ...nodeOptions].join(' '), executable, nodeOptions });
  }
  return runtimes;
}

/** @returns the path of its executable */
async function install(major: string, directory: string, report: Report, signal: AbortSignal): Promise<string> {
  const isWindows = process.platform === 'win32';
  const name = `node-${isWindows ? 'win' : process.platform}-${process.arch}`;
  report(`npm install ${name}@${major}`);
  await mkdir(directory, { recursive: true });
  const args = ['install', '--prefix', directory, '--no-audit', '--no-fund', `${name}@${major}`];
  await run('npm', args, { signal, shell: isWindows }).catch((error: { stderr?: string }) => {
    signal.throwIfAborted();
    throw new UsageError(`--runtime: Node ${major} could not be installed: ${error.stderr?.trim()}`);
  });
  return join(directory, 'node_modules', name, 'bin', isWindows ? 'node.exe' : 'node');
}
