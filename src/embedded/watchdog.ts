import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Part of the watchdog's command line, so that it can be recognised in a process list. */
export const WATCHDOG = 'auraledger-watchdog';
/** mongod exits within 2 s. After this time it is killed, which is safe thanks to its journal. Milliseconds. */
const ENDS_WITHIN_MS = 20_000;

/**
 * stdin is a pipe that only the server holds. The operating system closes it when the server dies for any reason, also
 * if the server is a zombie or its process ID has been reused.
 */
const SCRIPT = `
  const pid = Number(process.argv[2]);
  const send = (signal) => { try { process.kill(pid, signal); } catch { process.exit(); } };
  process.stdin.resume().on('error', () => {}).once('close', () => {
    send('SIGTERM');
    setInterval(send, 200, 0);
    setTimeout(() => { send('SIGKILL'); process.exit(); }, ${ENDS_WITHIN_MS});
  });
`;

/**
 * Starts a process that ends a mongod when this process dies. It has its own process group, so Ctrl-C does not reach
 * it.
 */
export function launchWatchdog(mongodPid: number): ChildProcess {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const watchdog = spawn(process.execPath, ['-e', SCRIPT, WATCHDOG, String(mongodPid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  });
  watchdog.on('error', () => {});
  watchdog.unref();
  const pipe = watchdog.stdin as Socket | null;
  pipe?.on('error', () => {});
  pipe?.unref();
  return watchdog;
}

/** Kills a watchdog and waits until it has exited. */
export async function endWatchdog(watchdog: ChildProcess | null): Promise<void> {
  if (watchdog?.pid === undefined || watchdog.exitCode !== null || watchdog.signalCode !== null) return;
  watchdog.ref();
  const exit = new Promise((resolve) => watchdog.once('exit', resolve));
  watchdog.kill('SIGKILL');
  await exit;
}
