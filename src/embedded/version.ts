import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import os from 'node:os';
import { lastLineOf, runCommand } from './run-command.js';

/** Older servers lack what the driver and the grants need; 6.0 is the oldest that the tests run on. */
export const OLDEST_MAJOR = 6;
/** A mongod answers --version in 30 ms; the first time, from a cold disk, in a second. Milliseconds. */
const ANSWERS_WITHIN_MS = 15_000;

/** Why one way did not lead to a mongod. */
export class NoLuck extends Error {}

/** What this machine lacks at the moment: it says nothing about the mongod that was to be tried. */
const SHORTAGE =
  /EMFILE|ENFILE|EAGAIN|ENOMEM|Too many open files|Resource temporarily unavailable|Cannot allocate memory/;

/** Whether a mongod could not even be tried. */
export function isShortage(reason: string): boolean {
  return SHORTAGE.test(reason);
}

const KERNEL_REFUSES = 'mongod 8 does not run on Linux 6.19 to 7.0.13';

/**
 * The version of a mongod that can serve here.
 * @throws NoLuck where it does not run, is too old, or does not run on this kernel
 */
export async function usableVersionOf(file: string, signal?: AbortSignal): Promise<string> {
  const version = await versionOf(file, signal);
  if (Number.parseInt(version, 10) >= 8) assertKernelRunsMongod8();
  return version;
}

/**
 * The version of a mongod that somebody has chosen, whatever is known about this kernel.
 * @throws NoLuck where it does not run or is too old
 */
export async function versionOf(file: string, signal?: AbortSignal): Promise<string> {
  const result = await runCommand([file, '--version'], { timeout: ANSWERS_WITHIN_MS, signal });
  const version = /^db version v(\d+\.\d+\.\d+)/m.exec(result.output)?.[1];
  if (result.code !== 0 || version === undefined) throw new NoLuck(`does not run: ${lastLineOf(result)}`);
  if (Number.parseInt(version, 10) < OLDEST_MAJOR) {
    throw new NoLuck(`is version ${version}, and ${OLDEST_MAJOR}.0 or newer is needed`);
  }
  return version;
}

/**
 * mongod 8 stops at its start, or crashes, on Linux 6.19 to 7.0.13 (its release notes: TCMalloc).
 * @throws NoLuck there
 */
export function assertKernelRunsMongod8(): void {
  if (process.platform !== 'linux') return;
  const [major = 0, minor = 0, patch = 0] = os
    .release()
    .split(/[.-]/)
    .map((part) => Number.parseInt(part, 10) || 0);
  const release = (major * 1_000 + minor) * 1_000 + patch;
  if (release >= 6_019_000 && release <= 7_000_013) throw new NoLuck(KERNEL_REFUSES);
}

/** @throws NoLuck */
export async function assertExecutable(file: string): Promise<void> {
  if (!(await isFile(file))) throw new NoLuck('no such file');
  await access(file, constants.X_OK).catch(() => {
    throw new NoLuck('is not executable');
  });
}

/** Whether there is a file, or a link to one. */
export async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isFile() ?? false;
}
