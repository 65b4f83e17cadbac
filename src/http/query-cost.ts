/** Part of http/: what an operation may cost at most. May import graphql and its complexity estimators. */
import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
  getNullableType,
  getVariableValues,
  isListType,
  type OperationDefinitionNode,
} from 'graphql';
import { type ComplexityEstimatorArgs, getComplexity } from 'graphql-query-complexity';

/** How long a list is reckoned to be whose length nobody asks for: badges, courses, lines of a reward. */
const TYPICAL_LIST = 5;
const LONGEST_PAGE = 100;
const MOST_DAYS = 366;
const DAY_MS = 86_400_000;

interface Asked {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/**
 * How many fields an operation may make the server resolve. Pages are as long as they are asked to be, in the query, by
 * a variable or by default: a limit that knows literals only is none.
 * @param asked a document that is valid
 * @throws GraphQLError where fragments repeat so many fields that they cannot even be counted
 */
export function costOf({ schema, document, operation, variables = {} }: Asked): number {
  // Variables that do not fit are refused before anything is resolved.
  if (getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors) return 0;
  return getComplexity({
    schema,
    query: document,
    variables: { ...variables },
    ...(operation.name && { operationName: operation.name.value }),
    // The edges are counted with their page: what is selected of an edge, once for each.
    estimators: [
      ({ field, args, childComplexity }) =>
        field.name === 'edges' ? childComplexity : 1 + itemsOf(field, args) * childComplexity,
    ],
  });
}

/** How often what is selected inside a field is resolved. A page counts where its length is asked for. */
function itemsOf(field: GraphQLField<unknown, unknown>, { first, from, to }: ComplexityEstimatorArgs['args']): number {
  if (typeof first === 'number') return between(1, first, LONGEST_PAGE);
  if (typeof from === 'string' && typeof to === 'string') {
    return between(1, (Date.parse(to) - Date.parse(from)) / DAY_MS + 1, MOST_DAYS);
  }
  return isListType(getNullableType(field.type)) ? TYPICAL_LIST : 1;
}

const between = (least: number, value: number, most: number): number => Math.min(Math.max(least, value), most);
