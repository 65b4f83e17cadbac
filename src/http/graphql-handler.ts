/** Part of http/: hands a request that has the form of one to Apollo, and Apollo's answer to the client. */
import { type ApolloServer, HeaderMap } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestContext } from '../graphql/context.js';

/** The headers that Apollo and its plugins look at. */
const HEADERS = ['accept', 'content-type'] as const;

/**
 * @returns a handler for requests whose body has been checked. It returns the answer instead of sending it: the
 * execution is over before the answer is sent.
 */
export function graphqlHandler(
  apollo: ApolloServer<RequestContext>,
  contextOf: (request: FastifyRequest) => RequestContext,
) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    // A hash of the query beside the query itself says nothing new.
    const { extensions: _, ...body } = request.body as Record<string, unknown>;
    const headers = new HeaderMap();
    for (const name of HEADERS) {
      const value = request.headers[name];
      if (value !== undefined) headers.set(name, value);
    }
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body },
      context: async () => contextOf(request),
    });
    if (answer.body.kind !== 'complete') throw new Error('nobody asked for an answer in parts');
    for (const [name, value] of answer.headers) reply.header(name, value);
    reply.code(answer.status ?? 200).header('cache-control', 'no-store');
    return answer.body.string;
  };
}
