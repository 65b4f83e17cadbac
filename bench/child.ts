import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { NODE_OPTIONS, ROOT } from './start-command.js';

/** Runs a file of bench/processes in a child process, with the product's options of node and a message channel. */
export function startChild(file: string, args: readonly string[] = []): ChildProcess {
  return fork(`${ROOT}bench/processes/${file}`, [...args], {
    execArgv: [...NODE_OPTIONS, '--import', `${ROOT}scripts/typescript.mjs`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** @returns the next message from a child @throws Error if the child ends without sending one */
export async function nextMessage<Message>(child: ChildProcess): Promise<Message> {
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

/** Sends SIGTERM and waits until the process has ended. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
