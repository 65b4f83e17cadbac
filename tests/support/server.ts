import pino, { type DestinationStream } from 'pino';
import { type App, createApp } from '../../src/app.js';
import { seedDemonstration } from '../../src/cli/demonstration.js';
import { readConfig } from '../../src/config.js';
import { createCommitter } from '../../src/granting/committer.js';

/** The secret that signs the tokens of every server under test. */
export const JWT_SECRET = 'a secret of the tests, long enough for HS256';

export interface RunningServer {
  /** The address without a path. */
  readonly url: string;
  /** What all requests use at this moment. */
  resourceUsage: App['resourceUsage'];
  failReadiness: App['failReadiness'];
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Whether to create the demonstration class. Default: true. */
  readonly demonstration?: boolean;
  readonly clock?: () => Date;
  /** The destination of the log. Absent: the server logs nothing. */
  readonly log?: DestinationStream;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts the complete server over HTTP, on the database that the test file is connected to. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const { demonstration = true, clock = () => new Date(), log, env = {} } = options;
  const app = await createApp({
    config: readConfig({ ...env, PORT: '0' }),
    jwtSecret: JWT_SECRET,
    clock,
    logger: log ? pino({ level: 'info' }, log) : pino({ level: 'silent' }),
  });
  if (demonstration) await seedDemonstration(createCommitter(), clock, () => {});
  return {
    url: await app.listen(),
    resourceUsage: app.resourceUsage,
    failReadiness: app.failReadiness,
    close: () => app.close(),
  };
}
