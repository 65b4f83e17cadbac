/**
 * The edge of the process: Fastify with Apollo, GraphiQL and health. May import graphql/ and auth/, and is put
 * together by app.ts.
 */
import { METHODS } from 'node:http';
import type { Duplex } from 'node:stream';
import cors, { type FastifyCorsOptions } from '@fastify/cors';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance, type FastifyRequest, type HTTPMethods } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { Types } from 'mongoose';
import type { Logger } from 'pino';
import type { Viewer } from '../auth/policy.js';
import type { Tokens } from '../auth/tokens.js';
import { RequestContext, type Services } from '../graphql/context.js';
import { type Admission, admission, LARGEST_BODY } from './admission.js';
import { createApollo } from './apollo.js';
import { readForwardedAddresses, trusted } from './client-address.js';
import { limitConnections } from './connections.js';
import { type Drain, drainOnClose } from './drain.js';
import { graphiqlPage } from './graphiql.js';
import { graphqlHandler } from './graphql-handler.js';
import {
  answerFailure,
  NO_ADDRESS,
  RETRY_AFTER_SECONDS,
  refuseBrokenHttp,
  refuseMethod,
  refuseRoute,
  refuseWhileClosing,
} from './refusals.js';
import { GRAPHQL_REQUEST, readJsonOnly, refuseHashAlone } from './request-body.js';
import { refuseBadHead, refuseEncodedBody } from './request-head.js';
import { followRequests, requestIdOf } from './request-log.js';
import { webClient } from './web-client.js';

declare module 'fastify' {
  interface FastifyRequest {
    viewer: Viewer | null;
  }
}

export interface HttpServerOptions {
  readonly config: { readonly trustProxy: boolean | number | string; readonly corsOrigins: readonly string[] };
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly log: Logger;
  /** How many requests of one account may run at once. */
  readonly runningOfOne: number;
  /** The folder of the built GraphiQL page. */
  readonly graphiqlRoot: string;
  /** The folder of the built web client. */
  readonly webClientRoot: string;
  /** Whether the database answers. */
  readonly isReady: () => Promise<boolean>;
}

export interface HttpServer {
  readonly app: FastifyInstance;
  readonly admission: Admission;
  /** From now on readiness is refused, and everything served. */
  leave(): void;
}

/** How long a whole request may take to arrive: the largest at 0.3 Mbit/s. Milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How long the head of a request may take to arrive, which is some kilobytes. Milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How often the two above are looked after. Milliseconds. */
const CHECKED_EVERY_MS = 2_000;
/** A connection on which nothing was read or written for so long while something is to be. Milliseconds; twice what an operation may take. */
const INACTIVITY_MS = 30_000;

/** A server that does not listen yet; closing it lets running requests finish. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { config, services, log } = options;
  const accepted = new WeakMap<Duplex, string | undefined>();
  const refuseBroken = refuseBrokenHttp(log, (connection) => accepted.get(connection));
  const app = Fastify({
    logger: false,
    trustProxy: trusted(config.trustProxy),
    bodyLimit: LARGEST_BODY,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: INACTIVITY_MS,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECKED_EVERY_MS,
      // Refused in our own form, by refuseBadHead.
      requireHostHeader: false,
    },
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    // Refused in our own form.
    return503OnClosing: false,
    ajv: { customOptions: { coerceTypes: false, allErrors: true } },
    clientErrorHandler: refuseBroken,
    // An address that cannot be decoded: no hook runs for it.
    frameworkErrors: (_error, { raw }, reply) => {
      raw.url = NO_ADDRESS;
      app.routing(raw, reply.raw);
    },
  });
  // Node would drop what comes after the 1,000th, whatever it says. The bytes of a head are bounded all the same.
  app.server.maxHeadersCount = 0;
  app.server.on('connect', (_request, connection) => {
    // Node has let go of it: without this, a client that is gone would end the process.
    connection.on('error', () => connection.destroy());
    refuseBroken(new Error('CONNECT is for proxies'), connection);
  });
  app.server.on('checkExpectation', app.routing);
  app.addHook('onRequest', async ({ raw, headers }) => void accepted.set(raw.socket, headers.accept));
  followRequests(app, log, services.clock);
  const drain = drainOnClose(app);
  limitConnections(app, drain.running);
  if (config.trustProxy !== false) readForwardedAddresses(app);
  app.setErrorHandler(answerFailure(log));
  app.setNotFoundHandler(refuseRoute);
  readJsonOnly(app);
  await app.register(helmet, {
    contentSecurityPolicy: { directives: { defaultSrc: ["'self'"] } },
    // For this host alone: what else its domain has is not ours to decide.
    strictTransportSecurity: { includeSubDomains: false },
  });
  const origin = config.corsOrigins.length > 0 ? [...config.corsOrigins] : false;
  await app.register(cors, {
    delegator: async (request: FastifyRequest) => ({ ...CORS, origin, ...preflight(request) }),
  });
  app.addHook('onRequest', refuseBadHead);
  await app.register(async (scope) => {
    await graphiqlPage(scope, { root: options.graphiqlRoot });
  });
  await app.register(async (scope) => {
    await webClient(scope, { root: options.webClientRoot });
  });
  health(app, options, drain);
  const admitted = await graphql(app, options, drain);
  return { app, admission: admitted, leave: drain.leave };
}

const CORS: FastifyCorsOptions = { exposedHeaders: ['x-request-id', 'retry-after'] };

/** Any other OPTIONS request is for the routes, which refuse it in our form. */
const preflight = ({ headers }: FastifyRequest) => ({
  preflight: headers.origin !== undefined && headers['access-control-request-method'] !== undefined,
});

async function graphql(
  app: FastifyInstance,
  { schema, services, log, runningOfOne }: HttpServerOptions,
  drain: Drain,
): Promise<Admission> {
  const apollo = createApollo(schema, log);
  await apollo.start();
  const admitted = admission(runningOfOne);
  app.addHook('onClose', async () => {
    await drain.allAreGone();
    await apollo.stop();
  });
  app.decorateRequest('viewer', null);
  app.decorateRequest('holding', null);
  app.route({
    method: 'POST',
    url: '/graphql',
    schema: { body: GRAPHQL_REQUEST },
    onRequest: [
      refuseWhileClosing(drain),
      refuseEncodedBody,
      async (request) => {
        request.viewer = await viewerOf(request.headers.authorization, services.tokens);
      },
      admitted.letIn,
    ],
    preParsing: admitted.limitBody,
    preValidation: refuseHashAlone,
    onSend: admitted.weighAnswer,
    handler: admitted.executing(graphqlHandler(apollo, (request) => contextOf(request, services))),
  });
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  const others = app.supportedMethods.filter((method) => method !== 'POST');
  app.route({ method: others as HTTPMethods[], url: '/graphql', onRequest: refuseMethod, handler: refuseMethod });
  return admitted;
}

function contextOf(request: FastifyRequest, services: Services): RequestContext {
  const { id: requestId, receivedAt, ip: clientAddress, viewer, notes, holding } = request;
  if (!holding) throw new TypeError('a request is let in before it is executed');
  return new RequestContext(services, { requestId, receivedAt, clientAddress }, viewer, notes, holding);
}

/** Who sends this header; null where it is nobody, or a token that is not good any more. */
async function viewerOf(authorization: string | undefined, tokens: Tokens): Promise<Viewer | null> {
  const token = /^Bearer ([\w.-]+)$/i.exec(authorization ?? '')?.[1];
  const identity = token === undefined ? null : await tokens.verifyAccess(token);
  return identity && { ...identity, accountId: new Types.ObjectId(identity.accountId) };
}

function health(app: FastifyInstance, { isReady }: HttpServerOptions, drain: Drain): void {
  app.get('/health/live', async () => ({ status: 'ok' }));
  app.get('/health/ready', async (request, reply) => {
    if (!drain.isLeaving && (await isReady())) return { status: 'ready' };
    request.notes.outcome = 'UNAVAILABLE';
    return reply.code(503).header('retry-after', RETRY_AFTER_SECONDS).send({ status: 'not ready' });
  });
}
