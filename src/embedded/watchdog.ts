import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Stands in the command line of a watchdog, so that a person can tell what it is. */
export const WATCHDOG = 'auraledger-watchdog';
/** mongod ends within 2 s; one that does not is killed, which its journal survives. Milliseconds. */
const ENDS_WITHIN_MS = 20_000;

/**
 * Its stdin is a pipe that only the server holds: the system closes it when the server is gone, however that came, also
 * where the server is a zombie or its number is another's by now.
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

/** Starts a process that ends a mongod when this process is gone; in a group of its own, where Ctrl-C does not reach it. */
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

/** Ends a watchdog, and waits until it is gone. */
export async function endWatchdog(watchdog: ChildProcess | null): Promise<void> {
  if (watchdog?.pid === undefined || watchdog.exitCode !== null || watchdog.signalCode !== null) return;
  watchdog.ref();
  const exit = new Promise((resolve) => watchdog.once('exit', resolve));
  watchdog.kill('SIGKILL');
  await exit;
}
