/** Part of http/: Apollo Server over the schema, with what all answers have in common. */
import { ApolloServer, type ApolloServerPlugin, type HTTPGraphQLHead } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLSchema, Kind, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../graphql/context.js';
import { toldError, toldTogether } from '../graphql/errors.js';
import { assertExecutable, isOverLimit, MAX_TOKENS, queryLimits } from './query-limits.js';
import { RETRY_AFTER_SECONDS } from './refusals.js';
import { describeFailure } from './request-log.js';

export function createApollo(schema: GraphQLSchema, log: Logger): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: true,
    // The process ends through main.ts alone, which drains in its own order.
    stopOnTerminationSignals: false,
    persistedQueries: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    validationRules: queryLimits,
    validationOptions: { maxErrors: 5 },
    maxRecursiveSelections: 5_000,
    logger: log,
    formatError: (formatted, thrown) => {
      const { code, message, ...extensions } = toldError(formatted, thrown);
      const { locations, path } = formatted;
      return {
        message,
        ...(locations && { locations }),
        ...(path && { path }),
        extensions: { code, ...extensions },
      };
    },
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      answerPlugin(log),
    ],
  });
}

/** Names the request in every error, notes for its log line what became of it, and logs what went wrong on our side. */
function answerPlugin(log: Logger): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ schema, document, operation, request, contextValue }) {
          if (!operation) return;
          contextValue.notes.operation = rootFields(operation);
          const cost = assertExecutable({ schema, document, operation, variables: request.variables });
          await contextValue.work.admit(cost, operation.operation === OperationTypeNode.MUTATION);
        },
        async didEncounterErrors({ errors, contextValue }) {
          noteErrors(errors, contextValue, log);
        },
        async willSendResponse({ request, response, operation, errors, contextValue }) {
          if (response.body.kind !== 'single') return;
          const result = response.body.singleResult;
          const hasRun = result.data !== undefined;
          const told = operation && !hasRun ? toldTogether(result.errors ?? []) : result.errors;
          const { requestId } = contextValue.request;
          result.errors = told?.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
          setHead(response.http, request.http?.headers.get('accept') ?? '', errors ?? []);
          if (told?.some(({ extensions }) => extensions?.code === 'UNAVAILABLE')) setUnavailable(response.http);
        },
      };
    },
  };
}

function noteErrors(errors: readonly GraphQLError[], { notes, request }: RequestContext, log: Logger): void {
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
 * The media type and the status, by the draft of GraphQL over HTTP. What cannot be accepted is answered in JSON: by now
 * it has been executed, and Apollo's 406 would say that it had not. A client of application/json gets 200 for every
 * well-formed request, but where the query is larger than it may be.
 */
function setHead(http: HTTPGraphQLHead, accept: string, errors: readonly GraphQLError[]): void {
  const mediaType = /\bapplication\/(?:graphql-response\+)?json\b/.exec(accept)?.[0];
  http.headers.set('content-type', `${mediaType ?? 'application/json'}; charset=utf-8`);
  if (mediaType === 'application/json' && http.status === 400 && !errors.some(isOverLimit)) http.status = 200;
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
