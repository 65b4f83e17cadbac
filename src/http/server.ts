/**
 * The edge of the process: Fastify with Apollo, GraphiQL and health. May import graphql/ and auth/, and is put
 * together by app.ts.
 */
import { fastifyApolloHandler } from '@as-integrations/fastify';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { Types } from 'mongoose';
import type { Logger } from 'pino';
import type { Viewer } from '../auth/policy.js';
import type { Tokens } from '../auth/tokens.js';
import { RequestContext, type Services } from '../graphql/context.js';
import type { ErrorCode } from '../graphql/errors.js';
import { createApollo } from './apollo.js';
import { graphiqlPage } from './graphiql.js';
import { describeFailure, logRequests, requestIdOf } from './request-log.js';

export interface HttpServerOptions {
  readonly config: { readonly trustProxy: boolean | string; readonly corsOrigins: readonly string[] };
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly log: Logger;
  /** The folder of the built GraphiQL page. */
  readonly graphiqlRoot: string;
  /** Whether the database answers. */
  readonly isReady: () => Promise<boolean>;
}

/** Bytes of a request. The longest text has 20,000 characters of at most 4 bytes, escaped in JSON 12. */
const BODY_LIMIT = 1_048_576;
/** How long a whole request may take to arrive, in milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

/** A server that does not listen yet; closing it lets running requests finish. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { config, services, log } = options;
  const app = Fastify({
    logger: false,
    trustProxy: config.trustProxy,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    forceCloseConnections: 'idle',
  });
  logRequests(app, log, services.clock);
  app.setErrorHandler(answerFailure(log));
  await app.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'self'"] } } });
  await app.register(cors, { origin: config.corsOrigins.length > 0 ? [...config.corsOrigins] : false });
  await app.register(async (scope) => graphiqlPage(scope, { root: options.graphiqlRoot }));
  health(app, options);

  const apollo = createApollo(options.schema, log);
  await apollo.start();
  app.addHook('onClose', async () => apollo.stop());
  app.route({
    method: ['GET', 'POST', 'OPTIONS'],
    url: '/graphql',
    handler: fastifyApolloHandler(apollo, { context: (request) => contextOf(request, services) }),
  });
  app.get('/', async (_request, reply) => reply.redirect('/graphiql/'));
  return app;
}

async function contextOf(request: FastifyRequest, services: Services): Promise<RequestContext> {
  const { id: requestId, receivedAt, ip: clientAddress, notes } = request;
  const viewer = await viewerOf(request.headers.authorization, services.tokens);
  return new RequestContext(services, { requestId, receivedAt, clientAddress }, viewer, notes);
}

/** Who sends this header; null where it is nobody, or a token that is not good any more. */
async function viewerOf(authorization: string | undefined, tokens: Tokens): Promise<Viewer | null> {
  const token = /^Bearer ([\w.-]+)$/i.exec(authorization ?? '')?.[1];
  const identity = token === undefined ? null : await tokens.verifyAccess(token);
  return identity && { ...identity, accountId: new Types.ObjectId(identity.accountId) };
}

function health(app: FastifyInstance, { isReady }: HttpServerOptions): void {
  app.get('/health/live', async () => ({ status: 'ok' }));
  app.get('/health/ready', async (_request, reply) => {
    if (await isReady()) return { status: 'ready' };
    return reply.code(503).header('retry-after', '1').send({ status: 'not ready' });
  });
}

/** What never reaches GraphQL, malformed JSON for example, is answered in the same form; nothing of it is echoed. */
function answerFailure(log: Logger) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const status = error.statusCode ?? 500;
    const isOurs = status >= 500;
    if (isOurs) log.error({ requestId: request.id, ...describeFailure(error) });
    const code: ErrorCode = isOurs ? 'INTERNAL_SERVER_ERROR' : 'BAD_USER_INPUT';
    request.notes.outcome = code;
    const message = isOurs ? 'Something went wrong on our side.' : (BAD_REQUESTS[error.code] ?? 'Bad request.');
    const fields = isOurs ? {} : { fields: [{ path: 'body', message }] };
    return reply.code(status).send({ errors: [{ message, extensions: { code, ...fields, requestId: request.id } }] });
  };
}

const BAD_REQUESTS: Record<string, string> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not well-formed JSON.',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty. Send {"query": "...", "variables": {...}}.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send the body as application/json.',
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is too large: at most 1 MiB.',
};
