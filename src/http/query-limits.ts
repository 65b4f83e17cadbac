/** Part of http/: how large a query may be. May import graphql and its validation rules. */
import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import {
  GraphQLError,
  OperationTypeNode,
  type ParseOptions,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { refusedInput } from '../graphql/errors.js';
import { costOf, MAX_COST } from './query-cost.js';

/** Tokens of a document. A generated dashboard of 40 fragments has half of it: see ADR 12. */
const MAX_TOKENS = 2_000;
/** Fields inside each other: a fifth more than the deepest dashboard of that ADR. */
const MAX_DEPTH = 20;
/** Of a document: a page that shows each student of a class, each under a name of its own. */
const MAX_ALIASES = 50;
/** Characters of a name: what a generator makes of the names of a module, a component and a field. */
const MAX_NAME = 128;

/**
 * Comments are no tokens, and need as much memory. Errors of execution are found by their path: graphql-js would count
 * the lines of the whole text for each of thousands of errors.
 */
export const parseOptions: ParseOptions = { maxTokens: MAX_TOKENS, maxComments: MAX_TOKENS, noLocation: true };

/** A query that is valid GraphQL, and refused all the same. */
const refused = (message: string, more?: { overLimit: boolean }): GraphQLError =>
  refusedInput([{ path: 'query', message }], more);

const overLimit = (message: string): GraphQLError => refused(message, { overLimit: true });

/** What graphql-js and Apollo say of a query that is larger than it may be. */
const LARGER =
  /^Syntax Error: Document contains more tha\w \d+ |recursively requests too many selections|^Validation aborted\.$/;

/** Whether an error, as it was thrown, says that a request is larger than it may be. */
export const isOverLimit = ({ extensions, message }: GraphQLError): boolean =>
  extensions.overLimit === true || LARGER.test(message);

const reported = {
  propagateOnRejection: false,
  onReject: [
    (context: ValidationContext | null, { message }: GraphQLError) =>
      context?.reportError(overLimit(message.replace('Syntax Error: ', ''))),
  ],
};

/** Whatever is made of a name afterwards, in errors and in answers, is short. */
const maxNameRule: ValidationRule = (context) => ({
  Name({ value }) {
    if (value.length > MAX_NAME) {
      context.reportError(overLimit(`A name has ${value.length} characters: at most ${MAX_NAME}.`));
    }
  },
});

/** Each refuses with an ordinary validation error. Introspection, which GraphiQL starts with, has no depth. */
export const queryLimits = [
  maxNameRule,
  maxDepthRule({ n: MAX_DEPTH, ignoreIntrospection: true, flattenFragments: true, ...reported }),
  maxAliasesRule({ n: MAX_ALIASES, allowList: [], ...reported }),
] as unknown as ValidationRule[];

/**
 * @param isSubscribing it came over a WebSocket or to /graphql/stream, which are for subscriptions only
 * @returns what the operation costs, in points; a subscription, what each of its events costs
 * @throws GraphQLError where it is not for this way, or costs more than any may
 */
export function assertExecutable(asked: Parameters<typeof costOf>[0], isSubscribing: boolean): number {
  const isSubscription = asked.operation.operation === OperationTypeNode.SUBSCRIPTION;
  if (isSubscription && !isSubscribing) {
    throw refused('Send a subscription over a WebSocket to /graphql, or by POST to /graphql/stream.');
  }
  if (!isSubscription && isSubscribing) {
    throw refused('Only subscriptions are served here. Send queries and mutations by POST to /graphql.');
  }
  const cost = reckoned(asked);
  if (cost <= MAX_COST) return cost;
  const found = Number.isFinite(cost) ? `, found ${cost}` : '';
  throw overLimit(`Query cost limit of ${MAX_COST} exceeded${found}. Ask for shorter pages, or for less of each.`);
}

/** What cannot be reckoned is a mistake of the caller's, and not to be taken for one that costs nothing. */
function reckoned(asked: Parameters<typeof costOf>[0]): number {
  try {
    return costOf(asked);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw new GraphQLError(error.message, { nodes: error.nodes, extensions: { http: { status: 400 } } });
  }
}
