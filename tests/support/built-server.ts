import path from 'node:path';

/**
 * @returns a file of the built server in this project, or in a copy of it. jest's global setup has built the server.
 * @throws Error if the build failed: then dist has an older version or none
 */
export function builtServer(root: string, file: string): string {
  const problem = process.env.AURALEDGER_SERVER_PROBLEM;
  if (problem !== undefined) throw new Error(`The server was not built: ${problem}`);
  return path.join(root, 'dist', file);
}
