/** Part of http/: the two transports of subscriptions. */
import type { ApolloServer } from '@apollo/server';
import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { networkOf } from '../../auth/network.js';
import type { RequestContext, Services } from '../../graphql/context.js';
import type { Admission } from '../admission.js';
import type { Drain } from '../drain.js';
import type { Metrics } from '../metrics.js';
import { refuseMethod, refuseTemporarily, refuseWhileClosing, unlessRefused } from '../refusals.js';
import { checkBody } from '../request-body.js';
import { refuseEncodedBody } from '../request-head.js';
import { CLOSE_REASONS } from './close-reasons.js';
import { createConnections, type Slot, type SubscriptionUsage } from './connections.js';
import { authenticateStream, eventStreamHandler } from './event-stream.js';
import { createStart } from './start.js';
import { refuseBadHandshake, refuseForeignOrigin } from './upgrade.js';
import { webSocketHandler, webSocketOptions } from './websocket.js';

export interface SubscriptionRoutesOptions {
  readonly apollo: ApolloServer<RequestContext>;
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly admission: Admission;
  readonly drain: Drain;
  /** Origins of pages that may open a WebSocket, in addition to the server's own. */
  readonly allowedOrigins: readonly string[];
}

/** Serves GET /graphql as a WebSocket, and POST /graphql/stream. @returns what all subscriptions use at a moment */
export async function addSubscriptionRoutes(
  app: FastifyInstance,
  { apollo, schema, services, log, metrics, admission, drain, allowedOrigins }: SubscriptionRoutesOptions,
): Promise<() => SubscriptionUsage> {
  const connections = createConnections(services.clock, services.ended, metrics.connections);
  const subscriptionServices = { schema, graphql: services, connections, log };
  const start = createStart(apollo, subscriptionServices);
  const slots = new WeakMap<FastifyRequest, Slot>();

  async function takeSlot(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { socket } = request.raw;
    const slot = socket.destroyed ? null : connections.open(networkOf(request.ip));
    if (!slot) return refuseTemporarily(request, reply, CLOSE_REASONS.tooMany.message);
    socket.once('close', () => slot.release());
    slots.set(request, slot);
    return undefined;
  }

  await app.register(websocket, {
    options: webSocketOptions,
    // ws itself closes the connection after a protocol error, with a code that says what was wrong.
    errorHandler: () => {},
    preClose: (done) => {
      connections.shutDown();
      done();
    },
  });
  const beforeHandshake = [
    refuseWhileClosing(drain),
    refuseForeignOrigin(allowedOrigins),
    refuseBadHandshake,
    takeSlot,
  ];
  app.route({
    method: 'GET',
    url: '/graphql',
    exposeHeadRoute: false,
    onRequest: async (request, reply) => {
      if (!request.ws) return refuseMethod(request, reply);
      for (const check of beforeHandshake) if (await check(request, reply)) return reply;
      return undefined;
    },
    handler: refuseMethod,
    wsHandler: webSocketHandler(start, subscriptionServices, (request) => slots.get(request)!),
  });

  app.decorateRequest('access', null);
  app.route({
    method: 'POST',
    url: '/graphql/stream',
    onRequest: [
      unlessRefused(refuseWhileClosing(drain), refuseEncodedBody),
      authenticateStream(services),
      unlessRefused(admission.admitRequest),
    ],
    preParsing: admission.limitBody,
    preValidation: checkBody,
    handler: eventStreamHandler(start, connections),
  });
  return connections.usage;
}
