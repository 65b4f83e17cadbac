/** Part of http/: Apollo Server for the schema. Here each answer gets its errors, request id, media type and status. */
import { ApolloServer, type ApolloServerPlugin, type HTTPGraphQLHead } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import {
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
import { coerceVariables } from '../graphql/variables.js';
import { mediaTypeFor } from './media-type.js';
import { assertExecutable, isOverLimit, parseOptions, queryLimits } from './query-limits.js';
import { RETRY_AFTER_SECONDS } from './refusals.js';
import { describeFailure } from './request-log.js';
import { SubscriptionContext } from './subscriptions/subscription-context.js';

export function createApollo(schema: GraphQLSchema, log: Logger): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: true,
    // Only main.ts ends the process: it drains connections in its own order.
    stopOnTerminationSignals: false,
    persistedQueries: false,
    parseOptions,
    validationRules: queryLimits,
    validationOptions: { maxErrors: 5, hideSuggestions: true },
    maxRecursiveSelections: 5_000,
    logger: log,
    formatError,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      answerPlugin(log),
    ],
  });
}

/** The format of every GraphQL error that clients get. */
export function formatError(formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError {
  const { code, message, ...extensions } = publicError(formatted, thrown);
  const { locations, path } = formatted;
  return {
    message,
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { code, ...extensions },
  };
}

/** Adds the request id to every error, notes the outcome for the log line, and logs failures of the server. */
function answerPlugin(log: Logger): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart({ request: incoming }) {
      // Some clients always send an operation name: an empty one for an anonymous operation.
      incoming.operationName ||= undefined;
      return {
        async didResolveOperation({ schema, document, operation, request, contextValue }) {
          if (!operation) return;
          const fields = rootFields(operation);
          contextValue.notes.operation = `${operation.operation} ${fields.join(',')}`;
          const variables = coerceVariables(schema, operation, request.variables ?? {});
          const overSubscriptionTransport = contextValue instanceof SubscriptionContext;
          const cost = assertExecutable({ schema, document, operation, variables }, { overSubscriptionTransport });
          await contextValue.work.admitOperation(
            cost,
            operation.operation === OperationTypeNode.MUTATION ? fields : [],
          );
          if (overSubscriptionTransport) contextValue.prepared.operation = { document, cost };
        },
        async responseForOperation({ contextValue, response }) {
          if (!(contextValue instanceof SubscriptionContext)) return null;
          // Apollo only prepares a subscription. subscriptions/start.ts and event-results.ts execute it.
          return { http: response.http, body: { kind: 'single', singleResult: {} } };
        },
        async didEncounterErrors({ errors, contextValue }) {
          noteErrors(errors, contextValue, log);
        },
        async willSendResponse({ request, response, errors, contextValue }) {
          if (response.body.kind !== 'single') return;
          const result = response.body.singleResult;
          const { requestId } = contextValue.request;
          result.errors = withRequestId(result.errors, requestId);
          setContentTypeAndStatus(response.http, request.http?.headers.get('accept'), errors ?? []);
          if (result.errors?.some(({ extensions }) => extensions?.code === 'UNAVAILABLE'))
            setUnavailable(response.http);
        },
      };
    },
  };
}

/** @returns the errors of one answer, each with the request id */
export function withRequestId(
  errors: readonly GraphQLFormattedError[] | undefined,
  requestId: string,
): readonly GraphQLFormattedError[] | undefined {
  return limitErrors(errors)?.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
}

/** Errors in one answer. A page that has more repeats one error for each row. */
const MAX_ERRORS = 100;

/** An error is longer than the field that it replaces: thousands of them would exceed the size limit of an answer. */
function limitErrors(
  errors: readonly GraphQLFormattedError[] | undefined,
): readonly GraphQLFormattedError[] | undefined {
  const next = errors?.[MAX_ERRORS];
  if (!errors || !next) return errors;
  const message = `${errors.length - MAX_ERRORS} more errors are not listed.`;
  return [...errors.slice(0, MAX_ERRORS), { message, extensions: { code: next.extensions?.code } }];
}

export function noteErrors(errors: readonly GraphQLError[], { notes, request }: RequestContext, log: Logger): void {
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

/**
 * Sets the media type and the status, as the GraphQL over HTTP draft says. A client that asks for application/json gets
 * 200 for every well-formed request, except for a query that exceeds a limit.
 */
function setContentTypeAndStatus(
  http: HTTPGraphQLHead,
  accept: string | undefined,
  errors: readonly GraphQLError[],
): void {
  const { contentType, isPlainJson } = mediaTypeFor(accept);
  http.headers.set('content-type', contentType);
  if (isPlainJson && http.status === 400 && !errors.some(isOverLimit)) http.status = 200;
}

/** Tells proxies and clients that read no bodies as well that the same request may be retried. */
function setUnavailable(http: HTTPGraphQLHead): void {
  http.status = 503;
  http.headers.set('retry-after', RETRY_AFTER_SECONDS);
}

/**
 * @returns the root fields of an operation by their schema names. Aliases are the client's input, which no log may
 * have.
 */
function rootFields({ selectionSet }: OperationDefinitionNode): string[] {
  const names = selectionSet.selections.map((field) => (field.kind === Kind.FIELD ? field.name.value : '...'));
  return [...new Set(names)];
}
