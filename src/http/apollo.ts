/** Part of http/: Apollo Server for the schema. It gets to know which documents come again. */
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { RequestContext } from '../graphql/context.js';
import { noteValuePlaces } from '../graphql/value-places.js';
import type { KnownOperations } from './known-operations.js';
import { checkOperation, formatError, headOf, publicErrors } from './operation-rules.js';
import { conditionalRoot, hasConditionalRoot, parseOptions, queryLimits, REFUSED_DOCUMENT } from './query-limits.js';
import { SubscriptionContext } from './subscriptions/subscription-context.js';

export function createApollo(schema: GraphQLSchema, log: Logger, known: KnownOperations): ApolloServer<RequestContext> {
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
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      answerPlugin(log, known),
    ],
  });
}

/** Applies the rules of operation-rules.ts. */
function answerPlugin(log: Logger, known: KnownOperations): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart({ request: incoming }) {
      // Some clients always send an operation name: an empty one for an anonymous operation.
      incoming.operationName ||= undefined;
      let isFirstTime = false;
      return {
        async parsingDidStart() {
          isFirstTime = true;
        },
        async validationDidStart(validated) {
          if (hasConditionalRoot(validated.document)) Object.assign(validated, { document: REFUSED_DOCUMENT });
          return async (errors) => noteValuePlaces(validated.document, (errors ?? []) as readonly GraphQLError[]);
        },
        async didResolveOperation({ schema, source, document, operation, request, contextValue }) {
          if (document === REFUSED_DOCUMENT) throw conditionalRoot();
          // Apollo has kept the document since it came before.
          if (!isFirstTime) known.add(source, document);
          if (!operation) return;
          const { cost } = checkOperation({ schema, document, operation, sent: request.variables }, contextValue);
          await contextValue.work.admitOperation(cost.memory, contextValue.mutations);
          if (contextValue instanceof SubscriptionContext) contextValue.prepared.operation = { document, cost };
        },
        async responseForOperation({ contextValue, response }) {
          // Without an operation of that name, Apollo answers as it does for a query.
          if (!(contextValue instanceof SubscriptionContext && contextValue.prepared.operation)) return null;
          // Apollo only prepares a subscription. subscriptions/start.ts and event-results.ts execute it.
          return { http: response.http, body: { kind: 'single', singleResult: {} } };
        },
        async willSendResponse({ request, response, errors: thrown = [], contextValue }) {
          if (response.body.kind !== 'single') return;
          const formatted = publicErrors(thrown, contextValue, log);
          if (thrown.length > 0) response.body.singleResult.errors = formatted;
          const answered = { thrown, formatted };
          const head = headOf(request.http?.headers.get('accept'), answered, response.http.status);
          response.http.status = head.status;
          for (const [name, value] of Object.entries(head.headers)) response.http.headers.set(name, value);
        },
      };
    },
  };
}
