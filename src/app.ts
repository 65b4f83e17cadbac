/** The composition root: everything is put together here, with its clock. It alone may import every folder. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { createEndedSignIns } from './auth/ended-sign-ins.js';
import { createSignInLimits } from './auth/sign-in-limits.js';
import { createTokens } from './auth/tokens.js';
import type { Config } from './config.js';
import { committerLimits, createCommitter } from './granting/committer.js';
import { createCursors } from './graphql/cursors.js';
import { createSchema } from './graphql/schema.js';
import { addAcceptors } from './http/acceptors.js';
import type { Held } from './http/admission.js';
import { describeFailure } from './http/request-log.js';
import { createHttpServer } from './http/server.js';
import { prepareCollections } from './storage/collections.js';
import { boundReads } from './storage/read-time.js';
import { databaseAnswers } from './storage/readiness.js';

export interface App {
  /** Takes requests from now on. @returns the address of the server, without a path */
  listen(): Promise<string>;
  /** From now on readiness is refused, so that nobody sends requests here any more; everything is served. */
  leave(): void;
  /** What all requests hold at this moment. */
  held(): Held;
  /** Takes no more requests, finishes those that run, and resolves when nothing is left to be written. */
  close(): Promise<void>;
}

export interface AppOptions {
  readonly config: Config;
  readonly jwtSecret: string;
  readonly logger: Logger;
  /** Read once for each request; a test's own may be moved. */
  readonly clock?: () => Date;
}

/** The built pages lie beside the built code, and in dist/ for code that runs from src/. */
const WEB_ROOT = fileURLToPath(new URL('../dist/web', import.meta.url));

/**
 * The whole server on the connected database. Collections and indexes are there when it resolves.
 * @throws DatabaseError where the database has other indexes than the declared ones
 */
export async function createApp({ config, jwtSecret, logger, clock = () => new Date() }: AppOptions): Promise<App> {
  await prepareCollections();
  boundReads();
  const ended = createEndedSignIns(clock, (error) =>
    logger.warn({ poll: 'ended sign-ins', ...describeFailure(error) }),
  );
  const committer = createCommitter();
  const { app, admission, leave } = await createHttpServer({
    config,
    schema: await createSchema(),
    services: {
      committer,
      tokens: createTokens(jwtSecret, clock, ended),
      ended,
      limits: createSignInLimits(clock, jwtSecret),
      clock,
      cursors: createCursors(jwtSecret),
    },
    log: logger,
    runningOfOne: committerLimits.maxPendingPerStudent,
    graphiqlRoot: join(WEB_ROOT, 'graphiql'),
    webClientRoot: join(WEB_ROOT, 'app'),
    isReady: databaseAnswers,
  });
  let stopAccepting = () => {};
  return {
    leave,
    held: admission.held,
    async listen() {
      await ended.start();
      const address = await app.listen({ port: config.port, host: config.host, backlog: MOST_CONNECTING });
      stopAccepting = await addAcceptors(app.server, MOST_CONNECTING).catch((error) => {
        logger.warn({ start: 'further handles of the listening socket', ...describeFailure(error) });
        return () => {};
      });
      return address;
    },
    async close() {
      stopAccepting();
      await app.close();
      // Everybody has been answered by then: what a database that is away still keeps in flight is nobody's promise.
      await Promise.race([committer.idle(), sleep(committerLimits.deadlineMs, undefined, { ref: false })]);
      ended.stop();
    },
  };
}

/**
 * Connections that wait to be taken up; the system may allow fewer. Who finds no place waits for seconds before the
 * next try, and Node's 511 are as many as come within a moment when a class is dismissed.
 */
const MOST_CONNECTING = 4_096;
