import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { NODE_OPTIONS, ROOT } from './start-command.js';

/** Runs one of bench/processes as a process of its own, with node's options of the product; both may send messages. */
export function startChild(file: string, args: readonly string[] = []): ChildProcess {
  return fork(`${ROOT}bench/processes/${file}`, [...args], {
    execArgv: [...NODE_OPTIONS, '--import', `${ROOT}scripts/typescript.mjs`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** The next message of a child. @throws Error where it ends without one */
export async function messageFrom<Message>(child: ChildProcess): Promise<Message> {
  const ending = new AbortController();
  const { signal } = ending;
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${child.spawnargs.at(-1)} ended with ${code}`);
      }),
    ]);
    return message as Message;
  } finally {
    ending.abort();
  }
}

/** Ends a process with SIGTERM and waits until it has ended. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
