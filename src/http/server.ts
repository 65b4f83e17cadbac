/**
 * The edge of the process: Fastify with Apollo, GraphiQL and health. May import graphql/ and auth/, and is put
 * together by app.ts.
 */
import { fastifyApolloHandler } from '@as-integrations/fastify';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { Types } from 'mongoose';
import type { Logger } from 'pino';
import type { Viewer } from '../auth/policy.js';
import type { Tokens } from '../auth/tokens.js';
import { RequestContext, type Services } from '../graphql/context.js';
import { type Admission, admission, LARGEST_BODY } from './admission.js';
import { createApollo } from './apollo.js';
import { limitConnections } from './connections.js';
import { type Drain, drainOnClose } from './drain.js';
import { graphiqlPage } from './graphiql.js';
import {
  answerFailure,
  RETRY_AFTER_SECONDS,
  refuseBrokenHttp,
  refuseMethod,
  refuseRoute,
  refuseWhileClosing,
} from './refusals.js';
import { createRequestLog, requestIdOf } from './request-log.js';

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

/** What a request to GraphQL has the form of; an array, which would be several in one, has not. */
const GRAPHQL_REQUEST = {
  type: 'object',
  required: ['query'],
  properties: {
    query: { type: 'string', minLength: 1 },
    operationName: { type: 'string', nullable: true },
    variables: { type: 'object', nullable: true },
    extensions: { type: 'object', nullable: true },
  },
};

/** A server that does not listen yet; closing it lets running requests finish. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { config, services, log } = options;
  const requestLog = createRequestLog(log, services.clock);
  const answerError = answerFailure(log);
  const app = Fastify({
    logger: false,
    trustProxy: trusted(config.trustProxy),
    bodyLimit: LARGEST_BODY,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: INACTIVITY_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: CHECKED_EVERY_MS },
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    // Refused in our own form.
    return503OnClosing: false,
    ajv: { customOptions: { coerceTypes: false, allErrors: true } },
    clientErrorHandler: refuseBrokenHttp(log),
    // An address that cannot be decoded: no hook runs for it.
    frameworkErrors: (error, request, reply) => {
      requestLog.begin(request, reply);
      request.isAnswered = true;
      answerError(error, request, reply);
    },
  });
  requestLog.follow(app);
  const drain = drainOnClose(app);
  limitConnections(app, drain.running);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(refuseRoute);
  // A form on any page can send text/plain without asking first.
  app.removeContentTypeParser('text/plain');
  await app.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'self'"] } } });
  await app.register(cors, {
    origin: config.corsOrigins.length > 0 ? [...config.corsOrigins] : false,
    exposedHeaders: ['x-request-id'],
  });
  await app.register(async (scope) => {
    await graphiqlPage(scope, { root: options.graphiqlRoot });
  });
  health(app, options, drain);
  const admitted = await graphql(app, options, drain);
  app.get('/', async (_request, reply) => reply.redirect('/graphiql/'));
  return { app, admission: admitted, leave: drain.leave };
}

/** Fastify takes a number for nobody: here it is how many proxies stand in front, each of which adds an address. */
function trusted(
  trustProxy: boolean | number | string,
): boolean | string | ((address: string, hop: number) => boolean) {
  return typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy;
}

async function graphql(
  app: FastifyInstance,
  { schema, services, log, runningOfOne }: HttpServerOptions,
  drain: Drain,
): Promise<Admission> {
  const apollo = createApollo(schema, log);
  await apollo.start();
  const execute = fastifyApolloHandler(apollo, { context: async (request) => contextOf(request, services) });
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
      async (request) => {
        request.viewer = await viewerOf(request.headers.authorization, services.tokens);
      },
      admitted.letIn,
    ],
    preParsing: admitted.limitBody,
    onSend: admitted.weighAnswer,
    handler: admitted.executing(async (request, reply) => execute.call(app, request, reply)),
  });
  app.route({ method: ['GET', 'OPTIONS'], url: '/graphql', handler: refuseMethod });
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
