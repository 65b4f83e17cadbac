/** Part of http/: the two ways to subscribe. */
import type { ApolloServer } from '@apollo/server';
import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { networkOf } from '../../auth/network.js';
import type { RequestContext } from '../../graphql/context.js';
import type { Admission } from '../admission.js';
import type { Drain } from '../drain.js';
import { refuseForNow, refuseMethod, refuseWhileClosing } from '../refusals.js';
import { GRAPHQL_REQUEST, refuseHashAlone } from '../request-body.js';
import { refuseEncodedBody } from '../request-head.js';
import type { Surroundings } from './answers.js';
import { ENDINGS } from './endings.js';
import { eventStreamHandler, refuseStrangers } from './event-stream.js';
import { createStart } from './start.js';
import { createSubscribers, type HeldBySubscriptions, type Place } from './subscribers.js';
import { refuseBadHandshake, refuseOtherOrigins } from './upgrade.js';
import { webSocketHandler, webSocketOptions } from './websocket.js';

export interface SubscriptionRoutes extends Omit<Surroundings, 'subscribers'> {
  readonly apollo: ApolloServer<RequestContext>;
  readonly admitted: Admission;
  readonly drain: Drain;
  /** Of pages that may connect besides our own. */
  readonly origins: readonly string[];
}

/** Serves subscriptions at GET /graphql, as a WebSocket, and at POST /graphql/stream. @returns what they hold */
export async function subscriptionRoutes(
  app: FastifyInstance,
  { apollo, admitted, drain, origins, ...others }: SubscriptionRoutes,
): Promise<() => HeldBySubscriptions> {
  const { clock, ended } = others.services;
  const subscribers = createSubscribers(clock, ended);
  const around: Surroundings = { ...others, subscribers };
  const start = createStart(apollo, around);
  const places = new WeakMap<FastifyRequest, Place>();

  async function enter(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { socket } = request.raw;
    const place = socket.destroyed ? null : subscribers.enter(networkOf(request.ip));
    if (!place) return refuseForNow(request, reply, ENDINGS.full.reason);
    socket.once('close', () => place.leave());
    places.set(request, place);
    return undefined;
  }

  await app.register(websocket, {
    options: webSocketOptions,
    // ws has told the client what is wrong, and closes the connection.
    errorHandler: () => {},
    preClose: (done) => {
      subscribers.shutDown();
      done();
    },
  });
  const whoConnects = [refuseWhileClosing(drain), refuseOtherOrigins(origins), refuseBadHandshake, enter];
  app.route({
    method: 'GET',
    url: '/graphql',
    exposeHeadRoute: false,
    onRequest: async (request, reply) => {
      if (!request.ws) return refuseMethod(request, reply);
      for (const step of whoConnects) {
        await step(request, reply);
        if (reply.sent) return reply;
      }
      return undefined;
    },
    handler: refuseMethod,
    wsHandler: webSocketHandler(start, around, (request) => places.get(request)!),
  });

  app.decorateRequest('access', null);
  app.route({
    method: 'POST',
    url: '/graphql/stream',
    schema: { body: GRAPHQL_REQUEST },
    onRequest: [refuseWhileClosing(drain), refuseEncodedBody, refuseStrangers(around), admitted.letIn],
    preParsing: admitted.limitBody,
    preValidation: refuseHashAlone,
    handler: eventStreamHandler(start, around),
  });
  return subscribers.held;
}
