/** Part of http/: what an operation may cost at most. May import graphql and its complexity estimators. */
import {
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
  getNullableType,
  getVariableValues,
  isListType,
  Kind,
  type OperationDefinitionNode,
  print,
  visit,
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

/** Of operations that cost the same whatever their variables say: Apollo keeps one document for all who send its text. */
const fixedCosts = new WeakMap<OperationDefinitionNode, number>();

/**
 * How many fields an operation may make the server resolve. Pages are as long as they are asked to be, in the query, by
 * a variable or by default: a limit that knows literals only is none.
 * @param asked a document that is valid
 * @throws GraphQLError where fragments repeat so many fields that they cannot even be counted
 */
export function costOf({ schema, document, operation, variables = {} }: Asked): number {
  const fixed = fixedCosts.get(operation);
  if (fixed !== undefined) return fixed;
  // Variables that do not fit are refused before anything is resolved.
  if (getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors) return 0;
  const cost = getComplexity({
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
  if (!dependsOnVariables(document)) fixedCosts.set(operation, cost);
  return cost;
}

/** Whether a variable tells how long a page is, or (in a directive) whether a field is wanted at all. */
function dependsOnVariables(document: DocumentNode): boolean {
  let depends = false;
  visit(document, {
    enter(node) {
      const tells = node.kind === Kind.DIRECTIVE || (node.kind === Kind.ARGUMENT && SIZES.includes(node.name.value));
      if (tells && print(node).includes('$')) depends = true;
    },
  });
  return depends;
}

/** The arguments that itemsOf looks at. */
const SIZES = ['first', 'from', 'to'];

/** How often what is selected inside a field is resolved. A page counts where its length is asked for. */
function itemsOf(field: GraphQLField<unknown, unknown>, { first, from, to }: ComplexityEstimatorArgs['args']): number {
  if (typeof first === 'number') return between(1, first, LONGEST_PAGE);
  if (typeof from === 'string' && typeof to === 'string') {
    return between(1, (Date.parse(to) - Date.parse(from)) / DAY_MS + 1, MOST_DAYS);
  }
  return isListType(getNullableType(field.type)) ? TYPICAL_LIST : 1;
}

const between = (least: number, value: number, most: number): number => Math.min(Math.max(least, value), most);
