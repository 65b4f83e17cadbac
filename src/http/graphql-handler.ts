/** Part of http/: executes a well-formed request, and returns its answer. May import Fastify, Apollo and graphql/. */
import { type ApolloServer, HeaderMap } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../graphql/context.js';
import { executePlan } from './execution/execute.js';
import type { KnownOperation, KnownOperations } from './known-operations.js';
import { type CheckedOperation, checkOperation, headOf, publicErrors } from './operation-rules.js';
import type { GraphqlRequestBody } from './request-body.js';

export interface GraphqlHandlerOptions {
  readonly apollo: ApolloServer<RequestContext>;
  readonly known: KnownOperations;
  readonly log: Logger;
  readonly contextOf: (request: FastifyRequest, reply: FastifyReply) => RequestContext;
}

/** The headers that Apollo and its plugins read. */
const HEADERS = ['accept', 'content-type'] as const;

/**
 * Apollo executes operations that are new. It also answers known ones that are refused before their execution, so that
 * refusals have one source.
 * @returns a handler for requests whose body has been checked. It returns the answer instead of sending it, so that the
 *   execution ends before the answer is sent.
 */
export function graphqlHandler({ apollo, known, log, contextOf }: GraphqlHandlerOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const { query, operationName, variables: sent } = request.body as GraphqlRequestBody;
    const context = contextOf(request, reply);
    reply.header('cache-control', 'no-store');
    const operation = known.lookUp(query, operationName);
    const checked = operation && checkedOrNull(operation, sent, context);
    return checked ? executeKnown(operation, checked, context, reply) : askApollo(context, reply);
  };

  function checkedOrNull(
    { document, operation }: KnownOperation,
    sent: GraphqlRequestBody['variables'],
    context: RequestContext,
  ): CheckedOperation | null {
    try {
      return checkOperation({ schema: known.schema, document, operation, sent }, context);
    } catch {
      // Apollo finds the same.
      return null;
    }
  }

  async function executeKnown(
    operation: KnownOperation,
    checked: CheckedOperation,
    context: RequestContext,
    reply: FastifyReply,
  ): Promise<string> {
    const { data, errors: thrown = [] } = await resultOf(operation, checked, context);
    const formatted = publicErrors(thrown, context, log);
    const { status, headers } = headOf(reply.request.headers.accept, { thrown, formatted });
    reply.code(status).headers(headers);
    return `${JSON.stringify({ errors: formatted.length > 0 ? formatted : undefined, data })}\n`;
  }

  async function resultOf(
    { planFor }: KnownOperation,
    { variables, cost }: CheckedOperation,
    contextValue: RequestContext,
  ): Promise<ExecutionResult> {
    try {
      await contextValue.work.admitOperation(cost.memory, contextValue.mutations);
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] };
      throw error;
    }
    return executePlan(planFor(variables), { contextValue, variables });
  }

  async function askApollo(context: RequestContext, reply: FastifyReply): Promise<string> {
    const { headers: sentHeaders, body } = reply.request;
    const headers = new HeaderMap();
    for (const name of HEADERS) {
      const value = sentHeaders[name];
      if (value !== undefined) headers.set(name, value);
    }
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body },
      context: async () => context,
    });
    if (answer.body.kind !== 'complete') throw new Error('incremental delivery is not supported');
    reply.code(answer.status ?? 200).headers(Object.fromEntries(answer.headers));
    return answer.body.string;
  }
}
