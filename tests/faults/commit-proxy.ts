/**
 * A proxy between one server and its mongod. It can act when a transaction is committed and the server does not know.
 */
import { type CommandProxy, startCommandProxy, type Verdict } from './command-proxy.js';

export interface CommitProxy extends CommandProxy {
  /** The number of commits that mongod has confirmed. */
  committed(): number;
}

/**
 * @param host the node, as host:port, after user:password@ where it needs a login
 * @param onCommitted receives the number of commits before this one
 */
export async function startCommitProxy(
  host: string,
  onCommitted: (before: number) => Promise<Verdict>,
): Promise<CommitProxy> {
  let committed = 0;
  const proxy = await startCommandProxy(host, ['commitTransaction'], () => onCommitted(committed++));
  return { ...proxy, committed: () => committed };
}
