/** Part of http/: Apollo Server over the schema, with what all answers have in common. */
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
import { toldError } from '../graphql/errors.js';
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
    // The process ends through main.ts alone, which drains in its own order.
    stopOnTerminationSignals: false,
    persistedQueries: false,
    parseOptions,
    validationRules: queryLimits,
    validationOptions: { maxErrors: 5, hideSuggestions: true },
    maxRecursiveSelections: 5_000,
    logger: log,
    formatError: answeredError,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      answerPlugin(log),
    ],
  });
}

/** The one form of an error in an answer. */
export function answeredError(formatted: GraphQLFormattedError, thrown: unknown): GraphQLFormattedError {
  const { code, message, ...extensions } = toldError(formatted, thrown);
  const { locations, path } = formatted;
  return {
    message,
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { code, ...extensions },
  };
}

/** Names the request in every error, notes for its log line what became of it, and logs what went wrong on our side. */
function answerPlugin(log: Logger): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart({ request: asked }) {
      // Clients that always send a name send none where the operation has none.
      asked.operationName ||= undefined;
      return {
        async didResolveOperation({ schema, document, operation, request, contextValue }) {
          if (!operation) return;
          contextValue.notes.operation = rootFields(operation);
          const variables = coerceVariables(schema, operation, request.variables ?? {});
          const isSubscribing = contextValue instanceof SubscriptionContext;
          const cost = assertExecutable({ schema, document, operation, variables }, isSubscribing);
          await contextValue.work.admit(cost, operation.operation === OperationTypeNode.MUTATION);
          if (isSubscribing) contextValue.prepared.operation = { document, cost };
        },
        async responseForOperation({ contextValue, response }) {
          if (!(contextValue instanceof SubscriptionContext)) return null;
          // It is prepared, which is all that Apollo does for it: subscriptions/events.ts executes it.
          return { http: response.http, body: { kind: 'single', singleResult: {} } };
        },
        async didEncounterErrors({ errors, contextValue }) {
          noteErrors(errors, contextValue, log);
        },
        async willSendResponse({ request, response, errors, contextValue }) {
          if (response.body.kind !== 'single') return;
          const result = response.body.singleResult;
          const { requestId } = contextValue.request;
          result.errors = namedErrors(result.errors, requestId);
          setHead(response.http, request.http?.headers.get('accept'), errors ?? []);
          if (result.errors?.some(({ extensions }) => extensions?.code === 'UNAVAILABLE'))
            setUnavailable(response.http);
        },
      };
    },
  };
}

/** The errors of an answer, each with the id of its request. */
export function namedErrors(
  errors: readonly GraphQLFormattedError[] | undefined,
  requestId: string,
): readonly GraphQLFormattedError[] | undefined {
  return fewOf(errors)?.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
}

/** Errors in an answer: where a page has more, they are the same one, of each row. */
const MOST_ERRORS = 100;

/** An error is longer than the field that it stands for, so that thousands would be more than an answer may have. */
function fewOf(errors: readonly GraphQLFormattedError[] | undefined): readonly GraphQLFormattedError[] | undefined {
  const next = errors?.[MOST_ERRORS];
  if (!errors || !next) return errors;
  const message = `${errors.length - MOST_ERRORS} further errors are left out.`;
  return [...errors.slice(0, MOST_ERRORS), { message, extensions: { code: next.extensions?.code } }];
}

export function noteErrors(errors: readonly GraphQLError[], { notes, request }: RequestContext, log: Logger): void {
  const failures = new Set<unknown>();
  const reasons = new Set<unknown>();
  for (const error of errors) {
    const { code } = toldError(error.toJSON(), error);
    notes.outcome = code;
    if (code === 'INTERNAL_SERVER_ERROR') failures.add(error.originalError ?? error);
    if (code === 'UNAVAILABLE') reasons.add(error.originalError?.cause ?? error.originalError);
  }
  for (const failure of failures) log.error({ requestId: request.requestId, ...describeFailure(failure) });
  for (const reason of reasons) {
    // What was refused for want of room or time has not failed.
    if (reason === undefined || reason instanceof GraphQLError) continue;
    log.warn({ requestId: request.requestId, ...describeFailure(reason) });
  }
}

/**
 * The media type and the status, by the draft of GraphQL over HTTP. A client of application/json gets 200 for every
 * well-formed request, but where the query is larger than it may be.
 */
function setHead(http: HTTPGraphQLHead, accept: string | undefined, errors: readonly GraphQLError[]): void {
  const { contentType, isPlainJson } = mediaTypeFor(accept);
  http.headers.set('content-type', contentType);
  if (isPlainJson && http.status === 400 && !errors.some(isOverLimit)) http.status = 200;
}

/** Whoever stands in between, or does not look into bodies, is told as well that the same request may be sent again. */
function setUnavailable(http: HTTPGraphQLHead): void {
  http.status = 503;
  http.headers.set('retry-after', RETRY_AFTER_SECONDS);
}

/** The fields that an operation asks for, as the schema names them: a name of the client's could say anything. */
function rootFields({ operation, selectionSet }: OperationDefinitionNode): string {
  const names = selectionSet.selections.map((field) => (field.kind === Kind.FIELD ? field.name.value : '...'));
  return `${operation} ${[...new Set(names)].join(',')}`;
}
