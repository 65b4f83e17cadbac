/**
 * The composition root: creates all parts of the server and connects them. This file and main.ts may import every
 * folder.
 */
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
import { createRightsChecks } from './graphql/rights-checks.js';
import { createSchema } from './graphql/schema.js';
import { addAcceptors } from './http/acceptors.js';
import { createMetrics, type Metrics } from './http/metrics.js';
import { describeFailure } from './http/request-log.js';
import { createHttpServer, type HttpServer } from './http/server.js';
import { createFeed } from './live/feed.js';
import { prepareCollections } from './storage/collections.js';
import { poolState } from './storage/pool-state.js';
import { limitReadTime } from './storage/read-timeout.js';
import { databaseAnswers } from './storage/readiness.js';

export interface App {
  /** Starts to accept requests. @returns the address of the server, without a path */
  listen(): Promise<string>;
  /**
   * Makes the readiness check fail, so that load balancers send no more requests. The server still answers all of them.
   */
  failReadiness(): void;
  /** @returns what all requests and subscriptions use at this moment */
  readonly resourceUsage: HttpServer['resourceUsage'];
  /** Refuses new requests and finishes running ones. Resolves when nothing is left to be written. */
  close(): Promise<void>;
}

export interface AppOptions {
  readonly config: Config;
  readonly jwtSecret: string;
  readonly logger: Logger;
  /** Read once for each request. Tests pass a clock that they can move. */
  readonly clock?: () => Date;
}

/** The built web pages: beside the built code, or in dist/ if the code runs from src/. */
const WEB_ROOT = fileURLToPath(new URL('../dist/web', import.meta.url));

/**
 * Creates the whole server on the connected database, with its collections and indexes.
 * @throws DatabaseError if the indexes of the database differ from the declared ones
 */
export async function createApp({ config, jwtSecret, logger, clock = () => new Date() }: AppOptions): Promise<App> {
  await prepareCollections();
  limitReadTime();
  const ended = createEndedSignIns(clock, (error) =>
    logger.warn({ poll: 'ended sign-ins', ...describeFailure(error) }),
  );
  const metrics: Metrics = createMetrics({
    clock,
    committer: () => committer.load(),
    connectionPool: poolState,
  });
  const committer = createCommitter(committerLimits, metrics.groupAttempt);
  const feed = createFeed({
    clock,
    observer: metrics.feed,
    onReopening: (error, historyLost) => logger.warn({ feed: 'reopened', historyLost, ...describeFailure(error) }),
    onReadFailed: (error) => logger.warn({ feed: 'read repeated', ...describeFailure(error) }),
  });
  const rightsChecks = createRightsChecks((error) =>
    logger.warn({ check: 'rights of subscriptions', ...describeFailure(error) }),
  );
  const { app, resourceUsage, failReadiness } = await createHttpServer({
    config,
    schema: await createSchema(),
    services: {
      committer,
      tokens: createTokens(jwtSecret, clock, ended),
      ended,
      limits: createSignInLimits(clock, jwtSecret),
      clock,
      cursors: createCursors(jwtSecret),
      feed,
      rightsChecks,
    },
    log: logger,
    metrics,
    maxRunningPerAccount: committerLimits.maxPendingPerStudent,
    graphiqlRoot: join(WEB_ROOT, 'graphiql'),
    webClientRoot: join(WEB_ROOT, 'app'),
    isReady: databaseAnswers,
  });
  let stopAccepting = () => {};
  return {
    failReadiness,
    resourceUsage,
    async listen() {
      await ended.start();
      rightsChecks.start();
      const address = await app.listen({ port: config.port, host: config.host, backlog: LISTEN_BACKLOG });
      stopAccepting = await addAcceptors(app.server, LISTEN_BACKLOG).catch((error) => {
        logger.warn({ start: 'more handles of the listening socket', ...describeFailure(error) });
        return () => {};
      });
      return address;
    },
    async close() {
      stopAccepting();
      await app.close();
      await feed.stop();
      // All clients have their answers. Nobody waits for a commit that is in flight to an unreachable database.
      await Promise.race([committer.idle(), sleep(committerLimits.deadlineMs, undefined, { ref: false })]);
      ended.stop();
      rightsChecks.stop();
    },
  };
}

/**
 * Connections that may wait to be accepted; the system may allow fewer. A client that finds the backlog full retries
 * only after seconds, and Node's default of 511 fills in a moment when a whole class connects at once.
 */
const LISTEN_BACKLOG = 4_096;
