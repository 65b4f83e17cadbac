/** Part of http/: Apollo Server over the schema, with what all answers have in common. */
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../graphql/context.js';
import { toldError } from '../graphql/errors.js';
import { MAX_TOKENS, queryLimits } from './query-limits.js';
import { describeFailure } from './request-log.js';

export function createApollo(schema: GraphQLSchema, log: Logger): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: true,
    // The process ends through main.ts alone, which drains in its own order.
    stopOnTerminationSignals: false,
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
        async didResolveOperation({ operation, contextValue }) {
          if (operation) contextValue.notes.operation = rootFields(operation);
        },
        async didEncounterErrors({ errors, contextValue }) {
          for (const error of errors) {
            const { code } = toldError(error.toJSON(), error);
            contextValue.notes.outcome = code;
            if (code !== 'INTERNAL_SERVER_ERROR') continue;
            log.error({ requestId: contextValue.request.requestId, ...describeFailure(error.originalError ?? error) });
          }
        },
        async willSendResponse({ response, contextValue }) {
          if (response.body.kind !== 'single') return;
          const { requestId } = contextValue.request;
          response.body.singleResult.errors = response.body.singleResult.errors?.map((error) => ({
            ...error,
            extensions: { ...error.extensions, requestId },
          }));
        },
      };
    },
  };
}

/** The fields that an operation asks for, as the schema names them: a name of the client's could say anything. */
function rootFields({ operation, selectionSet }: OperationDefinitionNode): string {
  const names = selectionSet.selections.map((field) => (field.kind === Kind.FIELD ? field.name.value : '...'));
  return `${operation} ${[...new Set(names)].join(',')}`;
}
