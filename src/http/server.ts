/** The HTTP server: Fastify with Apollo Server, GraphiQL and the health checks. */
import { IncomingMessage, METHODS, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import cors, { type FastifyCorsOptions } from '@fastify/cors';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type HTTPMethods } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Viewer } from '../auth/policy.js';
import type { Identity, Tokens } from '../auth/tokens.js';
import type { Config } from '../config.js';
import { RequestContext, type Services } from '../graphql/context.js';
import { accessTokenOf, toViewer } from './access-token.js';
import { createAdmission, MAX_BODY_BYTES, type ResourceUsage } from './admission.js';
import { createApollo } from './apollo.js';
import { normalizeForwardedFor, trustProxyOption } from './client-address.js';
import { limitConnections } from './connections.js';
import { type Drain, drainOnClose } from './drain.js';
import { graphiqlPage } from './graphiql.js';
import { graphqlHandler } from './graphql-handler.js';
import { KnownOperations } from './known-operations.js';
import { addMetricsRoute, type Metrics } from './metrics.js';
import { refreshCookieOf } from './refresh-cookie.js';
import {
  handleError,
  ignoreLateRequests,
  RETRY_AFTER_SECONDS,
  refuseBrokenHttp,
  refuseMethod,
  refuseRoute,
  refuseWhileClosing,
  UNDECODABLE_URL,
  unlessRefused,
} from './refusals.js';
import { checkBody, readJsonOnly } from './request-body.js';
import { refuseBadHead, refuseEncodedBody } from './request-head.js';
import { logRequests, requestIdOf } from './request-log.js';
import type { SubscriptionUsage } from './subscriptions/connections.js';
import { addSubscriptionRoutes } from './subscriptions/routes.js';
import { UpgradableRequest } from './subscriptions/upgrade.js';
import { webClient } from './web-client.js';

declare module 'fastify' {
  interface FastifyRequest {
    viewer: Viewer | null;
  }
}

export interface HttpServerOptions {
  readonly config: Pick<Config, 'trustProxy' | 'corsOrigins' | 'metricsToken'>;
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly maxRunningPerAccount: number;
  /** The folder of the built GraphiQL page. */
  readonly graphiqlRoot: string;
  /** The folder of the built web client. */
  readonly webClientRoot: string;
  /** @returns whether the database answers */
  readonly isReady: () => Promise<boolean>;
}

export interface HttpServer {
  readonly app: FastifyInstance;
  /** @returns what all requests and subscriptions use at this moment */
  resourceUsage(): ResourceUsage & SubscriptionUsage;
  /** Makes the readiness check fail from now on. The server still answers all requests. */
  failReadiness(): void;
}

/** A whole request must arrive within this time: enough for the largest at 0.3 Mbit/s. */
const REQUEST_TIMEOUT_MS = 30_000;
/** The head of a request, a few kilobytes, must arrive within this time. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How often Node checks the two timeouts above. */
const TIMEOUT_CHECK_INTERVAL_MS = 2_000;
/** A connection is closed if data is due on it and none moves for this long: twice what an operation may take. */
const INACTIVITY_TIMEOUT_MS = 30_000;

function haveNoSchema(): never {
  throw new Error('Routes have no JSON schema here: a hook checks the request.');
}

/** @returns a server that does not listen yet. Closing it lets running requests finish. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { config, services, log, metrics } = options;
  const lastAcceptHeader = new WeakMap<Duplex, string | undefined>();
  const refuseBroken = refuseBrokenHttp(log, (connection) => lastAcceptHeader.get(connection));
  const app = Fastify({
    logger: false,
    trustProxy: trustProxyOption(config.trustProxy),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: INACTIVITY_TIMEOUT_MS,
    http: {
      IncomingMessage: UpgradableRequest,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      // refuseBadHead checks it, and answers in our own form.
      requireHostHeader: false,
    },
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    // refuseWhileClosing answers in our own form.
    return503OnClosing: false,
    // Without it, Fastify loads two compilers of JSON schemas. They take 5 MB.
    schemaController: { compilersFactory: { buildValidator: haveNoSchema, buildSerializer: haveNoSchema } },
    clientErrorHandler: refuseBroken,
    // Fastify runs no hook for a URL that it cannot decode.
    frameworkErrors: (_error, { raw }, reply) => {
      raw.url = UNDECODABLE_URL;
      app.routing(raw, reply.raw);
    },
  });
  // By default Node silently drops every header after the 1,000th. The size limit of a head still applies.
  app.server.maxHeadersCount = 0;
  app.server.on('connect', (_request, connection) => {
    // Node no longer handles this socket: without a listener, a reset by the client would end the process.
    connection.on('error', () => connection.destroy());
    refuseBroken(new Error('CONNECT is for proxies'), connection);
  });
  app.server.on('checkExpectation', app.routing);
  // Asynchronous, unlike the other hooks: what arrived with the head is parsed first. If that is broken, only
  // refuseBroken answers.
  app.addHook('onRequest', async ({ raw, headers }) => void lastAcceptHeader.set(raw.socket, headers.accept));
  logRequests(app, log, services.clock, metrics);
  const drain = drainOnClose(app);
  limitConnections(app, drain.requestsByConnection);
  if (config.trustProxy !== false) normalizeForwardedFor(app);
  app.setErrorHandler(handleError(log));
  app.setNotFoundHandler(refuseRoute);
  readJsonOnly(app);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(SECURITY_HEADERS);
    done();
  });
  if (config.corsOrigins.length > 0) {
    const origin = [...config.corsOrigins];
    await app.register(cors, {
      delegator: async (request: FastifyRequest) => ({ ...CORS, origin, ...preflight(request) }),
    });
  }
  app.addHook('onRequest', unlessRefused(refuseBadHead));
  app.addHook('preHandler', ignoreLateRequests);
  await app.register(async (scope) => {
    await graphiqlPage(scope, { root: options.graphiqlRoot });
  });
  await app.register(async (scope) => {
    await webClient(scope, { root: options.webClientRoot });
  });
  addHealthRoutes(app, options, drain);
  addMetricsRoute(app, metrics, config.metricsToken);
  const resourceUsage = await addGraphqlRoutes(app, options, drain);
  return { app, resourceUsage, failReadiness: drain.failReadiness };
}

/** Those of helmet, which would compute the same ones for each answer. Pages replace the content security policy. */
const SECURITY_HEADERS = headersSetBy(
  helmet({
    // For this host only: the server does not decide for other hosts of its domain.
    strictTransportSecurity: { includeSubDomains: false },
  }),
);

function headersSetBy(middleware: ReturnType<typeof helmet>): Record<string, string> {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  middleware(response.req, response, () => {});
  return response.getHeaders() as Record<string, string>;
}

const CORS: FastifyCorsOptions = { exposedHeaders: ['x-request-id', 'retry-after'] };

/** The CORS plugin answers real preflights only. The routes refuse any other OPTIONS request in our own form. */
const preflight = ({ headers }: FastifyRequest) => ({
  preflight: headers.origin !== undefined && headers['access-control-request-method'] !== undefined,
});

async function addGraphqlRoutes(
  app: FastifyInstance,
  { config, schema, services, log, metrics, maxRunningPerAccount }: HttpServerOptions,
  drain: Drain,
): Promise<HttpServer['resourceUsage']> {
  const known = new KnownOperations(schema);
  const apollo = createApollo(schema, log, known);
  await apollo.start();
  const admission = createAdmission(maxRunningPerAccount);
  app.addHook('onClose', async () => {
    await drain.allConnectionsClosed();
    await apollo.stop();
  });
  app.decorateRequest('viewer', null);
  app.decorateRequest('reservation', null);
  app.route({
    method: 'POST',
    url: '/graphql',
    onRequest: [
      unlessRefused(refuseWhileClosing(drain), refuseEncodedBody),
      findViewer(services.tokens),
      unlessRefused(admission.admitRequest),
    ],
    preParsing: admission.limitBody,
    preValidation: checkBody,
    onSend: admission.reserveAnswer,
    handler: admission.limitExecution(
      graphqlHandler({ apollo, known, log, contextOf: (request, reply) => contextOf(request, reply, services) }),
    ),
  });
  for (const method of METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
  const others = app.supportedMethods.filter((method) => method !== 'POST');
  const refuse = { onRequest: refuseMethod, handler: refuseMethod };
  app.route({ method: others.filter((method) => method !== 'GET') as HTTPMethods[], url: '/graphql', ...refuse });
  app.route({ method: others as HTTPMethods[], url: '/graphql/stream', ...refuse });
  const subscriptionUsage = await addSubscriptionRoutes(app, {
    apollo,
    admission,
    drain,
    schema,
    services,
    log,
    metrics,
    allowedOrigins: config.corsOrigins,
  });
  return () => ({ ...admission.usage(), ...subscriptionUsage() });
}

function contextOf(request: FastifyRequest, reply: FastifyReply, services: Services): RequestContext {
  const { id: requestId, receivedAt, ip: clientAddress, viewer, notes, reservation } = request;
  if (!reservation) throw new TypeError('a request must be admitted before it is executed');
  const refreshCookie = refreshCookieOf(request, reply);
  const facts = { requestId, receivedAt, clientAddress, ...(refreshCookie && { refreshCookie }) };
  return new RequestContext(services, facts, viewer, notes, reservation);
}

/** Finds the account that the Authorization header identifies; none without a token that is valid now. */
function findViewer(tokens: Tokens) {
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    const setViewer = (identity: Identity | null) => {
      request.viewer = identity && toViewer(identity);
      done();
    };
    const token = accessTokenOf(request.headers.authorization);
    const identity = token === null ? null : tokens.verifyAccess(token);
    if (identity instanceof Promise) identity.then(setViewer, done);
    else setViewer(identity);
  };
}

function addHealthRoutes(app: FastifyInstance, { isReady }: HttpServerOptions, drain: Drain): void {
  app.get('/health/live', async () => ({ status: 'ok' }));
  app.get('/health/ready', async (request, reply) => {
    if (!drain.isReadinessFailing && (await isReady())) return { status: 'ready' };
    request.notes.outcome = 'UNAVAILABLE';
    return reply.code(503).header('retry-after', RETRY_AFTER_SECONDS).send({ status: 'not ready' });
  });
}
