import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import os from 'node:os';
import { lastLineOf, runCommand } from './run-command.js';

/** Older versions lack features that the driver and the grants need. 6.0 is the oldest version that the tests use. */
export const OLDEST_MAJOR = 6;
/** `mongod --version` takes 30 ms, or a second from a cold disk. Milliseconds. */
const ANSWERS_WITHIN_MS = 15_000;

/** One source (PATH, cache, a download) does not provide a usable mongod. The message says why. */
export class MongodSourceError extends Error {}

/** The machine is short of a resource at the moment. Such an error says nothing about the mongod itself. */
const RESOURCE_SHORTAGE =
  /EMFILE|ENFILE|EAGAIN|ENOMEM|Too many open files|Resource temporarily unavailable|Cannot allocate memory/;

/** Whether a mongod could not be run for lack of files, processes or memory. */
export function isResourceShortage(reason: string): boolean {
  return RESOURCE_SHORTAGE.test(reason);
}

const UNSUPPORTED_KERNEL = 'mongod 8 does not run on Linux 6.19 to 7.0.13';

/**
 * Returns the version of a mongod.
 * @throws MongodSourceError if it does not run, is too old, or does not support this kernel
 */
export async function usableVersionOf(file: string, signal?: AbortSignal): Promise<string> {
  const version = await versionOf(file, signal);
  if (Number.parseInt(version, 10) >= 8) assertKernelRunsMongod8();
  return version;
}

/**
 * Returns the version of a mongod that the user chose with MONGOD_BINARY. It does not check the kernel.
 * @throws MongodSourceError if it does not run or is too old
 */
export async function versionOf(file: string, signal?: AbortSignal): Promise<string> {
  const result = await runCommand([file, '--version'], { timeout: ANSWERS_WITHIN_MS, signal });
  const version = /^db version v(\d+\.\d+\.\d+)/m.exec(result.output)?.[1];
  if (result.code !== 0 || version === undefined) throw new MongodSourceError(`does not run: ${lastLineOf(result)}`);
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    throw new MongodSourceError(`is version ${version}, and ${OLDEST_MAJOR}.0 or newer is needed`);
  }
  return version;
}

/**
 * mongod 8 exits at its start, or crashes, on Linux 6.19 to 7.0.13 (see TCMalloc in its release notes).
 * @throws MongodSourceError on such a kernel
 */
export function assertKernelRunsMongod8(): void {
  if (process.platform !== 'linux') return;
  const [major = 0, minor = 0, patch = 0] = os
    .release()
    .split(/[.-]/)
    .map((part) => Number.parseInt(part, 10) || 0);
  const release = (major * 1_000 + minor) * 1_000 + patch;
  if (release >= 6_019_000 && release <= 7_000_013) throw new MongodSourceError(UNSUPPORTED_KERNEL);
}

/** @throws MongodSourceError */
export async function assertExecutable(file: string): Promise<void> {
  if (!(await isFile(file))) throw new MongodSourceError('no such file');
  await access(file, constants.X_OK).catch(() => {
    throw new MongodSourceError('is not executable');
  });
}

/** Whether the path is a file or a link to one. */
export async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isFile() ?? false;
}
