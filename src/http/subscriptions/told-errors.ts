/** Part of http/: errors of a subscription, in the one form of all errors. */
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../../graphql/context.js';
import { answeredError, namedErrors, noteErrors } from '../apollo.js';

/** What a client is told of these errors. What went wrong on our side is logged. */
export function toldErrors(
  errors: readonly GraphQLError[],
  context: RequestContext,
  log: Logger,
): readonly GraphQLFormattedError[] {
  noteErrors(errors, context, log);
  const told = errors.map((error) => answeredError(error.toJSON(), error));
  return namedErrors(told, context.request.requestId) ?? [];
}
