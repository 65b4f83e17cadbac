/** Subscribes to the schema as a transport does, without one. Needs useDatabase(). */
import { randomUUID } from 'node:crypto';
import { type ExecutionResult, type GraphQLSchema, parse, subscribe } from 'graphql';
import { createEndedSignIns } from '../../src/auth/ended-sign-ins.js';
import type { Viewer } from '../../src/auth/policy.js';
import { createSignInLimits } from '../../src/auth/sign-in-limits.js';
import { createTokens } from '../../src/auth/tokens.js';
import { RequestContext, type Services } from '../../src/graphql/context.js';
import { createCursors } from '../../src/graphql/cursors.js';
import { createRightsChecks } from '../../src/graphql/rights-checks.js';
import { createSchema } from '../../src/graphql/schema.js';
import type { Feed } from '../../src/live/feed.js';
import { here } from './given.js';
import { JWT_SECRET } from './server.js';

export interface Subscriber {
  /** @returns the answers one after another, or the only one where the subscription is refused */
  subscribe(
    viewer: Viewer | null,
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<AsyncGenerator<ExecutionResult, void, void> | ExecutionResult>;
}

/** @param feed which has started */
export async function createSubscriber(feed: Feed, clock: () => Date = () => new Date()): Promise<Subscriber> {
  const schema: GraphQLSchema = await createSchema();
  const ended = createEndedSignIns(clock);
  const services: Services = {
    committer: here,
    tokens: createTokens(JWT_SECRET, clock, ended),
    ended,
    limits: createSignInLimits(clock, JWT_SECRET),
    clock,
    cursors: createCursors(JWT_SECRET),
    rightsChecks: createRightsChecks(() => {}),
    feed,
  };
  return {
    subscribe(viewer, query, variables = {}) {
      const request = { requestId: randomUUID(), receivedAt: clock(), clientAddress: '127.0.0.1' };
      const work = { signal: new AbortController().signal, admitOperation: async () => {} };
      return subscribe({
        schema,
        document: parse(query),
        variableValues: variables,
        contextValue: new RequestContext(services, request, viewer, { outcome: 'ok' }, work),
      });
    },
  };
}
