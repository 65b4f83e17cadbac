import {
  Client,
  cacheExchange,
  type Exchange,
  makeErrorResult,
  makeResult,
  type Operation,
  type OperationResult,
  stringifyDocument,
} from '@urql/core';
import { filter, fromPromise, merge, mergeMap, pipe, takeUntil } from 'wonka';
import type { Post } from './post';

/**
 * urql with its document cache. Requests go through our own `post`, so they share its tokens, timeout and clock with
 * all others.
 */
export const createClient = (post: Post): Client =>
  new Client({ url: '/graphql', preferGetMethod: false, exchanges: [cacheExchange, postExchange(post)] });

const postExchange =
  (post: Post): Exchange =>
  ({ forward }) =>
  (operations) =>
    merge([
      pipe(
        operations,
        filter(({ kind }) => kind !== 'teardown'),
        mergeMap((operation) => {
          const isOver = pipe(
            operations,
            filter(({ kind, key }) => kind === 'teardown' && key === operation.key),
          );
          return pipe(fromPromise(send(post, operation)), takeUntil(isOver));
        }),
      ),
      pipe(
        operations,
        filter(({ kind }) => kind === 'teardown'),
        forward,
      ),
    ]);

async function send(post: Post, operation: Operation): Promise<OperationResult> {
  try {
    const { data, errors } = await post<Record<string, unknown>>({
      query: stringifyDocument(operation.query),
      variables: operation.variables,
    });
    return makeResult(operation, { data, ...(errors.length > 0 && { errors: errors.map((error) => ({ ...error })) }) });
  } catch (error) {
    return makeErrorResult(operation, error as Error);
  }
}
