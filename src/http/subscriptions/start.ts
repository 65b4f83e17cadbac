/** Part of http/: starts a subscription, however it came, within the limits of every other request. */
import type { ApolloServer, GraphQLResponse } from '@apollo/server';
import { createSourceEventStream, type GraphQLFormattedError } from 'graphql';
import type { RequestContext, RequestNotes } from '../../graphql/context.js';
import { unavailable } from '../../graphql/errors.js';
import { FULL, Holding } from '../holding.js';
import { Answers, type Asked, type Surroundings } from './answers.js';
import { ENDINGS } from './endings.js';
import { SubscriptionContext } from './subscription-context.js';
import { toldErrors } from './told-errors.js';

/** Either the answers, or why there are none. */
export type Started =
  | { readonly kind: 'started'; readonly answers: Answers }
  | { readonly kind: 'refused'; readonly errors: readonly GraphQLFormattedError[]; readonly notes: RequestNotes };

export type Start = (asked: Asked) => Promise<Started>;

/**
 * Apollo prepares the operation exactly as it prepares queries: tokens, validation, depth, aliases, variables, cost and
 * room, the form of errors, and the log. Apollo cannot execute a subscription: that is done here.
 */
export function createStart(apollo: ApolloServer<RequestContext>, around: Surroundings): Start {
  const { schema, services, subscribers, log } = around;

  async function start(asked: Asked, context: SubscriptionContext): Promise<Started> {
    const { query, variables, operationName } = asked;
    const startedAt = performance.now();
    const prepared = await apollo.executeOperation({ query, variables, operationName }, { contextValue: context });
    const {
      notes,
      prepared: { operation },
    } = context;
    if (!operation) return { kind: 'refused', errors: errorsOf(prepared), notes };
    const source = await createSourceEventStream({
      schema,
      document: operation.document,
      contextValue: context,
      operationName,
      variableValues: variables,
    });
    if (!(Symbol.asyncIterator in source)) {
      return { kind: 'refused', errors: toldErrors(source.errors ?? [], context, log), notes };
    }
    const subscription = { asked, ...operation, source: source[Symbol.asyncIterator](), notes, startedAt };
    return { kind: 'started', answers: new Answers(subscription, around) };
  }

  return async (asked) => {
    const { access, requestId, clientAddress, peer, bytes } = asked;
    const party = access.viewer.accountId.toHexString();
    const holding = new Holding(subscribers.kind, party, { destroy: () => peer.end(ENDINGS.tooSlow) });
    const facts = { requestId, clientAddress, receivedAt: services.clock() };
    const context = new SubscriptionContext(services, facts, access.viewer, { outcome: 'ok' }, holding);
    try {
      if (holding.arrive(bytes) && holding.begin()) return await start(asked, context);
      return { kind: 'refused', errors: toldErrors([unavailable(FULL)], context, log), notes: context.notes };
    } finally {
      holding.end();
      holding.isAnswered();
    }
  };
}

const errorsOf = ({ body }: GraphQLResponse): readonly GraphQLFormattedError[] =>
  (body.kind === 'single' && body.singleResult.errors) || [];

/** Whether the same subscription may well be started a moment later. */
export const isPassing = (errors: readonly GraphQLFormattedError[]): boolean =>
  errors.some(({ extensions }) => extensions?.code === 'UNAVAILABLE');
