/**
 * A proxy between one server and its mongod. It can act when a transaction is committed and the server does not know.
 */
import { type CommandProxy, startCommandProxy, type Verdict } from './command-proxy.js';
import { beginsTransaction, commandNameOf } from './wire-messages.js';

/** A command of a transaction: the one that begins it, or the one that commits it. */
export type Step = 'begin' | 'commit';

export interface CommitProxy extends CommandProxy {
  /** The number of commits that mongod has confirmed. */
  committed(): number;
}

const COMMIT = 'commitTransaction';

/**
 * @param host the node, as host:port, after user:password@ where it needs a login
 * @param onCommitted receives the number of commits before this one
 * @param beforeStep each of these commands is passed on when this resolves
 */
export async function startCommitProxy(
  host: string,
  onCommitted: (before: number) => Promise<Verdict>,
  beforeStep: (step: Step) => Promise<void> = async () => {},
): Promise<CommitProxy> {
  let committed = 0;
  const proxy = await startCommandProxy(
    host,
    [COMMIT],
    () => onCommitted(committed++),
    async (message) => {
      if (commandNameOf(message) === COMMIT) await beforeStep('commit');
      else if (beginsTransaction(message)) await beforeStep('begin');
    },
  );
  return { ...proxy, committed: () => committed };
}
