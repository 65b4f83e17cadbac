/** Part of http/: passes a well-formed request to Apollo, and Apollo's answer to the client. */
import { type ApolloServer, HeaderMap } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestContext } from '../graphql/context.js';

/** The headers that Apollo and its plugins read. */
const HEADERS = ['accept', 'content-type'] as const;

/**
 * @returns a handler for requests whose body has been checked. It returns the answer instead of sending it, so that the
 * execution ends before the answer is sent.
 */
export function graphqlHandler(
  apollo: ApolloServer<RequestContext>,
  contextOf: (request: FastifyRequest, reply: FastifyReply) => RequestContext,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    // The extensions may hold a hash of the query, which is redundant beside the query.
    const { extensions: _, ...body } = request.body as Record<string, unknown>;
    const headers = new HeaderMap();
    for (const name of HEADERS) {
      const value = request.headers[name];
      if (value !== undefined) headers.set(name, value);
    }
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body },
      context: async () => contextOf(request, reply),
    });
    if (answer.body.kind !== 'complete') throw new Error('incremental delivery is not supported');
    for (const [name, value] of answer.headers) reply.header(name, value);
    reply.code(answer.status ?? 200).header('cache-control', 'no-store');
    return answer.body.string;
  };
}
