/**
 * Part of http/: the rules for every operation, whoever executes it: Apollo, graphql-handler.ts or a subscription. Before
 * the execution its variables and its cost are checked; afterwards its errors, media type and status are set.
 */
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../graphql/context.js';
import { publicError } from '../graphql/errors.js';
import { coerceVariables, type Variables } from '../graphql/variables.js';
import { mediaTypeFor } from './media-type.js';
import type { OperationCost } from './query-cost.js';
import { assertExecutable, isOverLimit } from './query-limits.js';
import { RETRY_AFTER_SECONDS } from './refusals.js';
import { describeFailure } from './request-log.js';
import { SubscriptionContext } from './subscriptions/subscription-context.js';

/** An operation of a valid document, and its variables as the client sent them. */
export interface SentOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly sent: Variables | null | undefined;
}

/** An operation that may be executed as soon as there is room for it. */
export interface CheckedOperation {
  /** Coerced. */
  readonly variables: Variables;
  readonly cost: OperationCost;
}

/** Notes the operation for the log line and for its errors. @throws GraphQLError if the operation must not be executed */
export function checkOperation(
  { schema, document, operation, sent }: SentOperation,
  context: RequestContext,
): CheckedOperation {
  const fields = rootFields(operation);
  context.notes.operation = `${operation.operation} ${fields.join(',')}`;
  const variables = coerceVariables(schema, operation, sent ?? {});
  const overSubscriptionTransport = context instanceof SubscriptionContext;
  const cost = assertExecutable({ schema, document, operation, variables }, { overSubscriptionTransport });
  if (operation.operation === OperationTypeNode.MUTATION) context.mutations = fields;
  return { variables, cost };
}

/** The format of every GraphQL error that clients get. */
export function formatError(
  formatted: GraphQLFormattedError,
  thrown: unknown,
  mutations?: readonly string[],
): GraphQLFormattedError {
  const { code, message, ...extensions } = publicError(formatted, thrown, mutations);
  const { locations, path } = formatted;
  return {
    message,
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { code, ...extensions },
  };
}

/** Notes and logs the errors of an operation. @returns what the client may know about them */
export function publicErrors(
  errors: readonly GraphQLError[],
  context: RequestContext,
  log: Logger,
): readonly GraphQLFormattedError[] {
  noteErrors(errors, context, log);
  const formatted = errors.map((error) => formatError(error.toJSON(), error, context.mutations));
  return withRequestId(formatted, context.request.requestId);
}

/** @returns the errors of one answer, each with the request id */
export function withRequestId(
  errors: readonly GraphQLFormattedError[],
  requestId: string,
): readonly GraphQLFormattedError[] {
  return limitErrors(errors).map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
}

/** Errors in one answer. A page that has more repeats one error for each row. */
const MAX_ERRORS = 100;

/** An error is longer than the field that it replaces: thousands of them would exceed the size limit of an answer. */
function limitErrors(errors: readonly GraphQLFormattedError[]): readonly GraphQLFormattedError[] {
  const next = errors[MAX_ERRORS];
  if (!next) return errors;
  const message = `${errors.length - MAX_ERRORS} more errors are not listed.`;
  return [...errors.slice(0, MAX_ERRORS), { message, extensions: { code: next.extensions?.code } }];
}

function noteErrors(errors: readonly GraphQLError[], { notes, request }: RequestContext, log: Logger): void {
  const failures = new Set<unknown>();
  const reasons = new Set<unknown>();
  for (const error of errors) {
    const { code } = publicError(error.toJSON(), error);
    notes.outcome = code;
    if (code === 'INTERNAL_SERVER_ERROR') failures.add(error.originalError ?? error);
    if (code === 'UNAVAILABLE') reasons.add(error.originalError?.cause ?? error.originalError);
  }
  for (const failure of failures) log.error({ requestId: request.requestId, ...describeFailure(failure) });
  for (const reason of reasons) {
    // A request refused for lack of room or time is not a failure.
    if (reason === undefined || reason instanceof GraphQLError) continue;
    log.warn({ requestId: request.requestId, ...describeFailure(reason) });
  }
}

/** The errors of an answer: as they were thrown, and as the client gets them. */
export interface AnsweredErrors {
  readonly thrown: readonly GraphQLError[];
  readonly formatted: readonly GraphQLFormattedError[];
}

export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Chooses the media type and the status, as the GraphQL over HTTP draft says. A client that asks for application/json
 * gets 200 for every well-formed request, except for a query that exceeds a limit. The status 503 tells proxies, and
 * clients that read no bodies, that the same request may be retried.
 * @param status the one that the errors ask for
 */
export function headOf(accept: string | undefined, { thrown, formatted }: AnsweredErrors, status = 200): AnswerHead {
  const { contentType, isPlainJson } = mediaTypeFor(accept);
  const headers = { 'content-type': contentType };
  if (formatted.some(({ extensions }) => extensions?.code === 'UNAVAILABLE')) {
    return { status: 503, headers: { ...headers, 'retry-after': RETRY_AFTER_SECONDS } };
  }
  return { status: isPlainJson && status === 400 && !thrown.some(isOverLimit) ? 200 : status, headers };
}

/**
 * @returns the root fields of an operation by their schema names. Aliases are the client's input, which no log may
 * have.
 */
function rootFields({ selectionSet }: OperationDefinitionNode): string[] {
  const names = selectionSet.selections.map((field) => (field.kind === Kind.FIELD ? field.name.value : '...'));
  return [...new Set(names)];
}
