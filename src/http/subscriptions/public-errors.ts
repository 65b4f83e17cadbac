/** Part of http/: the errors of a subscription in the format of all GraphQL errors. */
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../../graphql/context.js';
import { formatError, noteErrors, withRequestId } from '../apollo.js';

/** Logs failures of the server. @returns what the client may know about the errors */
export function publicErrors(
  errors: readonly GraphQLError[],
  context: RequestContext,
  log: Logger,
): readonly GraphQLFormattedError[] {
  noteErrors(errors, context, log);
  const formatted = errors.map((error) => formatError(error.toJSON(), error));
  return withRequestId(formatted, context.request.requestId) ?? [];
}
