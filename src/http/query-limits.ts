/** Part of http/: the limits on the size and cost of a query. May import graphql and the error codes of Apollo. */
import { ApolloServerValidationErrorCode } from '@apollo/server/errors';
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import {
  type DocumentNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type ParseOptions,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { rejectedRequest } from '../graphql/errors.js';
import { costOf, MAX_COST, type OperationCost } from './query-cost.js';

/** Tokens of a document. The largest operation of ADR 12 has 807. */
const MAX_TOKENS = 2_000;
/** Nesting of fields. The deepest operation of ADR 12, besides introspection, has 14. */
const MAX_DEPTH = 20;
/** Aliases of a document. Enough for a page that shows each student of a class under an alias. */
const MAX_ALIASES = 50;
/** Characters of a name. Generators join the names of a module, a component and a field. */
const MAX_NAME_LENGTH = 128;

/**
 * Comments do not count as tokens, but need as much memory. Locations are off, because graphql-js counts the lines of
 * the whole document for each of thousands of errors. The path of an execution error finds its place.
 */
export const parseOptions: ParseOptions = { maxTokens: MAX_TOKENS, maxComments: MAX_TOKENS, noLocation: true };

/** The error for a query that is valid GraphQL but not allowed. */
const queryError = (message: string, extensions?: { overLimit: boolean }): GraphQLError =>
  rejectedRequest([{ path: 'query', message }], extensions);

const overLimitError = (message: string): GraphQLError => queryError(message, { overLimit: true });

/** The messages of graphql-js about a query that exceeds a limit. Other messages may repeat texts of the query. */
const OVER_LIMIT_MESSAGES = /^(?:Syntax Error: Document contains more tha\w \d+ |Validation aborted\.)/;

/** @returns whether an error, as it was thrown, says that a request exceeds a limit */
export const isOverLimit = ({ extensions, message }: GraphQLError): boolean =>
  extensions.overLimit === true ||
  extensions.validationErrorCode === ApolloServerValidationErrorCode.MAX_RECURSIVE_SELECTIONS_EXCEEDED ||
  OVER_LIMIT_MESSAGES.test(message);

const reportError = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, { message }: GraphQLError) =>
      context?.reportError(overLimitError(message.replace('Syntax Error: ', ''))),
  ],
};

/** Errors and answers repeat names, so names must be short. */
const maxNameRule: ValidationRule = (context) => ({
  Name({ value }) {
    if (value.length > MAX_NAME_LENGTH) {
      context.reportError(overLimitError(`A name has ${value.length} characters: at most ${MAX_NAME_LENGTH}.`));
    }
  },
});

/**
 * Stands in for a document that has @skip or @include on the root of a subscription, which the specification forbids.
 * graphql-js 16 does not refuse that but throws: when it validates such a document, because it reads the directives
 * without the variables, and when it executes a subscription that has no field left.
 */
export const REFUSED_DOCUMENT: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] };

export const conditionalRoot = (): GraphQLError =>
  queryError('A subscription must not have @skip or @include on its root field. Leave them out.');

export const hasConditionalRoot = ({ definitions }: DocumentNode): boolean =>
  definitions.some(
    (definition) =>
      (definition.kind === Kind.OPERATION_DEFINITION &&
        definition.operation === OperationTypeNode.SUBSCRIPTION &&
        isConditional(definition.selectionSet)) ||
      (definition.kind === Kind.FRAGMENT_DEFINITION &&
        definition.typeCondition.name.value === 'Subscription' &&
        isConditional(definition.selectionSet)),
  );

const isConditional = ({ selections }: SelectionSetNode): boolean =>
  selections.some(
    (selection) =>
      selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include') ||
      (selection.kind === Kind.INLINE_FRAGMENT && isConditional(selection.selectionSet)),
  );

/**
 * Each rule reports an ordinary validation error. The depth limit ignores introspection, which GraphiQL starts with.
 */
export const queryLimits = [
  maxNameRule,
  maxDepthRule({ n: MAX_DEPTH, ignoreIntrospection: true, flattenFragments: true, ...reportError }),
  maxAliasesRule({ n: MAX_ALIASES, allowList: [], ...reportError }),
] as unknown as ValidationRule[];

/**
 * @param overSubscriptionTransport the operation came over a WebSocket or to /graphql/stream
 * @returns the cost of the operation; for a subscription, the cost of each event
 * @throws GraphQLError if this transport does not serve it, or if it costs more than MAX_COST
 */
export function assertExecutable(
  executable: Parameters<typeof costOf>[0],
  { overSubscriptionTransport }: { overSubscriptionTransport: boolean },
): OperationCost {
  const isSubscription = executable.operation.operation === OperationTypeNode.SUBSCRIPTION;
  if (isSubscription && !overSubscriptionTransport) {
    throw queryError('Send subscriptions over a WebSocket to /graphql, or with POST to /graphql/stream.');
  }
  if (!isSubscription && overSubscriptionTransport) {
    throw queryError('This transport serves only subscriptions. Send queries and mutations with POST to /graphql.');
  }
  const cost = costOrBadRequest(executable);
  const { total } = cost;
  if (total <= MAX_COST) return cost;
  const found = Number.isFinite(total) ? `, found ${total}` : '';
  throw overLimitError(
    `Query cost limit of ${MAX_COST} exceeded${found}. Ask for shorter pages, or for fewer fields of each item.`,
  );
}

/** A cost that cannot be computed is a mistake of the client. It must not count as a cost of 0. */
function costOrBadRequest(executable: Parameters<typeof costOf>[0]): OperationCost {
  try {
    return costOf(executable);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw new GraphQLError(error.message, { nodes: error.nodes, extensions: { http: { status: 400 } } });
  }
}
