import { ClientError, GraphQLClient } from 'graphql-request';
import { useServer } from '../support/client.js';
import { type ClientResult, OPERATIONS, playStory, type RealClient } from './story.js';

playStory(useServer(), (url, token) => {
  const client = new GraphQLClient(`${url}/graphql`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
  const answerTo = async (...[operation, variables]: Parameters<RealClient['ask']>) => {
    try {
      return { data: await client.request(OPERATIONS[operation], variables) };
    } catch (error) {
      if (error instanceof ClientError) return error.response;
      throw error;
    }
  };
  const toResult = ({ data, errors = [] }: Awaited<ReturnType<typeof answerTo>> & { errors?: unknown }) =>
    ({ data, errors }) as ClientResult;
  return {
    ask: async (...asked) => toResult(await answerTo(...asked)),
    async askAgain(operation, variables, wait) {
      const answer = await answerTo(operation, variables);
      if (!('status' in answer) || answer.status !== 503) return toResult(answer);
      const headers = answer.headers as Headers;
      await wait(Number(headers.get('retry-after')));
      return toResult(await answerTo(operation, variables));
    },
  };
});
