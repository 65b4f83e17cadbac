/** Part of http/: how large a query may be. May import graphql and its validation rules. */
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import { GraphQLError, OperationTypeNode, type ValidationContext, type ValidationRule } from 'graphql';
import { costOf } from './query-cost.js';

/** Tokens of a document; the largest of the web client's has a fifth of it. */
export const MAX_TOKENS = 1_000;
/** Fields that an operation may make the server resolve: about a tenth of a second of its time. */
const MAX_COST = 50_000;

/** A query that is valid GraphQL, and refused all the same. */
const refused = (message: string, more: { overLimit?: true } = {}): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'GRAPHQL_VALIDATION_FAILED', http: { status: 400 }, ...more } });

const overLimit = (message: string): GraphQLError => refused(message, { overLimit: true });

/** Whether an error, as it was thrown, says that a query is larger than it may be. */
export const isOverLimit = ({ extensions, message }: GraphQLError): boolean =>
  extensions.overLimit === true || /^Syntax Error: Document contains more tha\w \d+ tokens/.test(message);

const reported = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, { message }: GraphQLError) =>
      context?.reportError(overLimit(message.replace('Syntax Error: ', ''))),
  ],
};

/** Each refuses with an ordinary validation error. Introspection, which GraphiQL starts with, has no depth. */
export const queryLimits = [
  maxDepthRule({ n: 12, ignoreIntrospection: true, flattenFragments: true, ...reported }),
  maxAliasesRule({ n: 15, allowList: [], ...reported }),
  maxDirectivesRule({ n: 5, ...reported }),
] as unknown as ValidationRule[];

/**
 * @returns what the operation costs, in points
 * @throws GraphQLError where an operation is not for this way, or costs more than any may
 */
export function assertExecutable(asked: Parameters<typeof costOf>[0]): number {
  if (asked.operation.operation === OperationTypeNode.SUBSCRIPTION) {
    throw refused('A subscription is not answered over POST, which has one answer.');
  }
  const cost = reckoned(asked);
  if (cost <= MAX_COST) return cost;
  throw overLimit(
    `Query cost limit of ${MAX_COST} exceeded, found ${cost}. Ask for shorter pages, or for less of each.`,
  );
}

/** What cannot be reckoned is a mistake of the caller's, and not to be taken for one that costs nothing. */
function reckoned(asked: Parameters<typeof costOf>[0]): number {
  try {
    return costOf(asked);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (error.message.startsWith('Query exceeds')) throw overLimit('The query has too many fields to be counted.');
    throw new GraphQLError(error.message, { nodes: error.nodes, extensions: { http: { status: 400 } } });
  }
}
