/** Part of http/: starts a subscription from either transport, under the limits of every other operation. */
import type { ApolloServer, GraphQLResponse } from '@apollo/server';
import { createSourceEventStream, type GraphQLFormattedError } from 'graphql';
import type { RequestContext, RequestNotes } from '../../graphql/context.js';
import { unavailable } from '../../graphql/errors.js';
import { publicErrors } from '../operation-rules.js';
import { OVERLOADED } from '../reservation.js';
import { EventResults, reservationFor, type SubscriptionRequest, type SubscriptionServices } from './event-results.js';
import { SubscriptionContext } from './subscription-context.js';

/** Either the results of the events, or the errors that refuse the subscription. */
export type Started =
  | { readonly kind: 'started'; readonly results: EventResults }
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLFormattedError[]; readonly notes: RequestNotes };

export type Start = (request: SubscriptionRequest) => Promise<Started>;

/**
 * Apollo prepares the operation as it prepares every query: token limit, validation, depth, aliases, variables, cost,
 * admission, error format, log. Apollo cannot execute subscriptions, so that is done here and in event-results.ts.
 */
export function createStart(apollo: ApolloServer<RequestContext>, services: SubscriptionServices): Start {
  const { schema, log, connections } = services;

  async function start(request: SubscriptionRequest, context: SubscriptionContext): Promise<Started> {
    const { query, variables, operationName } = request;
    const startedAt = performance.now();
    const response = await apollo.executeOperation({ query, variables, operationName }, { contextValue: context });
    const { notes } = context;
    const { operation } = context.prepared;
    if (!operation) return { kind: 'refused', errors: errorsOf(response), notes };
    const source = await createSourceEventStream({
      schema,
      document: operation.document,
      contextValue: context,
      operationName,
      variableValues: variables,
    });
    if (!(Symbol.asyncIterator in source)) {
      return { kind: 'refused', errors: publicErrors(source.errors ?? [], context, log), notes };
    }
    const subscription = { request, ...operation, source: source[Symbol.asyncIterator](), notes, startedAt };
    return { kind: 'started', results: new EventResults(subscription, services) };
  }

  return async (request) => {
    const { access, requestId, clientAddress, bytes } = request;
    const reservation = reservationFor(request, connections);
    const facts = { requestId, clientAddress, receivedAt: services.graphql.clock() };
    const context = new SubscriptionContext(services.graphql, facts, access.viewer, { outcome: 'ok' }, reservation);
    try {
      if (reservation.arrive(bytes) && reservation.begin()) return await start(request, context);
      return { kind: 'refused', errors: publicErrors([unavailable(OVERLOADED)], context, log), notes: context.notes };
    } finally {
      reservation.end();
      reservation.answerSent();
    }
  };
}

const errorsOf = ({ body }: GraphQLResponse): readonly GraphQLFormattedError[] =>
  (body.kind === 'single' && body.singleResult.errors) || [];

/** @returns whether the same subscription may succeed a moment later */
export const isTemporary = (errors: readonly GraphQLFormattedError[]): boolean =>
  errors.some(({ extensions }) => extensions?.code === 'UNAVAILABLE');
