/** Part of http/: how large a query may be. May import graphql and its validation rules. */
import { costLimitRule } from '@escape.tech/graphql-armor-cost-limit';
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesRule } from '@escape.tech/graphql-armor-max-directives';
import type { GraphQLError, ValidationContext, ValidationRule } from 'graphql';

/** Tokens of a document; the largest of the web client's has a fifth of it. */
export const MAX_TOKENS = 1_000;

const reported = {
  propagateOnRejection: false,
  onReject: [(context: ValidationContext | null, error: GraphQLError) => context?.reportError(error)],
};

/** Each refuses with an ordinary validation error. Introspection, which GraphiQL starts with, has no depth or cost. */
export const queryLimits = [
  maxDepthRule({ n: 12, ignoreIntrospection: true, flattenFragments: true, ...reported }),
  maxAliasesRule({ n: 15, allowList: [], ...reported }),
  maxDirectivesRule({ n: 5, ...reported }),
  costLimitRule({ maxCost: 20_000, ignoreIntrospection: true, flattenFragments: true, ...reported }),
] as unknown as ValidationRule[];
