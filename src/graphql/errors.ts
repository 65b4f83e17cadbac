import { GraphQLError, type GraphQLFormattedError, Kind } from 'graphql';
import { PasswordsOverloaded } from '../auth/passwords.js';
import { RateLimited } from '../auth/sign-in-limits.js';
import { BadInput, type FieldProblem } from '../granting/bad-input.js';
import { NoSuchStudent } from '../granting/decide-group.js';
import { isTransient } from '../granting/failure-kind.js';
import { Unavailable } from '../granting/unavailable.js';
import type { GrantingOperation, ManualOperation } from '../storage/models/reward.js';
import { placeOfOnlyVariable, placeOfValue } from './value-places.js';

/** Every code that a GraphQL error of this server can have. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'
  | 'PERSISTED_QUERY_NOT_SUPPORTED'
  | 'INTERNAL_SERVER_ERROR';

const error = (code: ErrorCode, message: string): GraphQLError => new GraphQLError(message, { extensions: { code } });

export const unauthenticated = (): GraphQLError =>
  error('UNAUTHENTICATED', 'Sign in first: send the access token as "Authorization: Bearer ...".');
export const forbidden = (): GraphQLError => error('FORBIDDEN', 'Your account is not allowed to do this.');
export const notFound = (): GraphQLError =>
  error('NOT_FOUND', 'It does not exist, or your account is not allowed to see it.');

/**
 * The error for a request that the server rejects before it executes any of it.
 * @param overLimit the request is well formed but exceeds a limit
 */
export const rejectedRequest = (fields: readonly FieldProblem[], { overLimit = false } = {}): GraphQLError =>
  new GraphQLError('The server rejected the request.', {
    originalError: new BadInput(fields),
    extensions: { http: { status: 400 }, overLimit },
  });

/** Longest message that the server sends, in characters. */
const MAX_MESSAGE_LENGTH = 500;
/** A name that is too long for any query. query-limits.ts refuses these too, but sees valid queries only. */
const LONG_NAME = /\w{129,}/g;

/** Shortens a message, so that it repeats very little of what the client sent. */
function shorten(message: string): string {
  const withoutLongNames = message.replace(LONG_NAME, '…');
  if (withoutLongNames.length <= MAX_MESSAGE_LENGTH) return withoutLongNames;
  return `${withoutLongNames.slice(0, MAX_MESSAGE_LENGTH - 1)}…`;
}

/** The mutations that take an idempotency key: those that grant, and those of teachers and admins by hand. */
const WITH_KEY: Readonly<Record<GrantingOperation | ManualOperation, true>> = {
  submitAssignment: true,
  endPomodoro: true,
  grantBonus: true,
  grantBonuses: true,
  gradeSubmission: true,
  revokeReward: true,
  restoreReward: true,
  discardSubmission: true,
  extendDeadline: true,
};

/**
 * Adds to a reason how the client can retry. A mutation may have been committed although its answer is an error. Only a
 * mutation with a key can be repeated blindly: a second createCourse makes a second course.
 * @param reason a whole sentence
 * @param mutations the fields of a mutation; none for a query, or if the request was refused before it was parsed
 */
export function unavailableMessage(reason: string, mutations: readonly string[] = []): string {
  if (mutations.length === 0) return `${reason} Try again in a few seconds.`;
  if (mutations.every((field) => Object.hasOwn(WITH_KEY, field)))
    return `${reason} Try again with the same key: nothing is ever paid twice.`;
  return `${reason} It may have been done: check first, and try again if it was not.`;
}

export const unavailable = (...[reason, mutations]: Parameters<typeof unavailableMessage>): GraphQLError =>
  error('UNAVAILABLE', unavailableMessage(reason, mutations));

/** The mutation that threw the error, by its name in the schema: the path of the error has the client's alias. */
function mutationOf(thrown: unknown): string | undefined {
  const [node] = (thrown instanceof GraphQLError && thrown.path?.length === 1 && thrown.nodes) || [];
  return node?.kind === Kind.FIELD ? node.name.value : undefined;
}

/** The error as the client sees it. It contains neither the client's input nor internal details. */
export interface PublicError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fields?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
}

/**
 * Maps any error to the one that the client sees.
 * @param formatted the error as graphql-js and Apollo would send it; its message can repeat values of the input
 * @param thrown the value that was thrown
 * @param mutations the fields of the mutation that it ended: one of them, or what a field below them reads
 */
export function publicError(
  formatted: GraphQLFormattedError,
  thrown: unknown,
  mutations: readonly string[] = [],
): PublicError {
  const cause = thrown instanceof GraphQLError ? (thrown.originalError ?? thrown) : thrown;
  if (cause instanceof BadInput) return badInput(cause.fields);
  if (cause instanceof PasswordsOverloaded) return { code: 'UNAVAILABLE', message: cause.message };
  if (cause instanceof Unavailable || isTransient(cause)) {
    const reason = cause instanceof Unavailable ? cause.message : 'The database did not answer.';
    const own = mutations.filter((field) => field === mutationOf(thrown));
    return { code: 'UNAVAILABLE', message: unavailableMessage(reason, own.length > 0 ? own : mutations) };
  }
  if (cause instanceof RateLimited) {
    return { code: 'RATE_LIMITED', message: cause.message, retryAfterSeconds: cause.retryAfterSeconds };
  }
  // For a grant, the committer finds that the account does not exist: see committerChecksAccount in schema.ts.
  if (cause instanceof NoSuchStudent) return { code: 'UNAUTHENTICATED', message: unauthenticated().message };
  switch (formatted.extensions?.code) {
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
    case 'NOT_FOUND':
    case 'UNAVAILABLE':
      return { code: formatted.extensions.code, message: shorten(formatted.message) };
    case 'GRAPHQL_PARSE_FAILED':
      return badInput([{ path: 'query', message: notWellFormed(formatted) }]);
    case 'GRAPHQL_VALIDATION_FAILED':
      return badInput([{ path: placeOf(cause), message: validationProblem(formatted.message) }]);
    case 'OPERATION_RESOLUTION_FAILURE':
      return badInput([{ path: 'operationName', message: 'Set operationName to one of the operations in the query.' }]);
    default:
      return executionProblem(cause);
  }
}

function badInput(problems: readonly FieldProblem[]): PublicError & { fields: readonly FieldProblem[] } {
  const fields = problems.map(({ path, message }) => ({ path, message: shorten(message) }));
  return { code: 'BAD_USER_INPUT', message: shorten(new BadInput(fields).message), fields };
}

/**
 * Handles a variable that is null where it may only be left out. graphql-js detects this during execution, and its error
 * has no code.
 */
function executionProblem(cause: unknown): PublicError {
  const message = cause instanceof GraphQLError ? cause.message : '';
  const argument = /^Argument "(\w+)" (?:of|has invalid value) /.exec(message)?.[1];
  if (argument) {
    const path = argument + placeOfOnlyVariable(cause as GraphQLError);
    return badInput([{ path, message: 'A variable in it is null. Leave it out, or give it a value.' }]);
  }
  return { code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong on our side. Nothing was written twice.' };
}

const placeOf = (cause: unknown): string => (cause instanceof GraphQLError && placeOfValue(cause)) || 'query';

/** Rewrites graphql-js's message about a query that does not match the schema. */
function validationProblem(message: string): string {
  if (message === 'Validation aborted.') return 'The query has too many fields of one name. Request each field once.';
  return withoutValues(message) ?? message;
}

/** Rewrites graphql-js's message about a value so that it leaves out the value. Returns null for any other message. */
function withoutValues(message: string): string | null {
  const expected =
    /^(\w+) cannot represent/.exec(message)?.[1] ??
    /not a valid (\w+)/.exec(message)?.[1] ??
    /^Expected (?:value of )?(?:non-nullable )?type "([^"]+)"/.exec(message)?.[1] ??
    (/^(?:Value is not string|Can only validate strings as local dates)/.test(message) ? 'LocalDate' : undefined);
  if (expected) return useType(expected);
  return /^(Value|Enum) /.test(message) ? NOT_ALLOWED : null;
}

export const NOT_ALLOWED = 'This is not one of the allowed values.';
export const useType = (name: string): string => `Use a value of type ${name}${EXAMPLES[name.replace('!', '')] ?? ''}.`;

const EXAMPLES: Record<string, string> = {
  DateTime: ', like 2026-03-01T12:00:00.000Z',
  LocalDate: ', like 2026-03-01',
};

function notWellFormed({ message, locations }: GraphQLFormattedError): string {
  const limit = /more tha\w (\d+ (?:tokens|comments))/.exec(message)?.[1];
  if (limit) return `The query is too long: at most ${limit}.`;
  const [place] = locations ?? [];
  return `This is not well-formed GraphQL${place ? `: look at line ${place.line}, column ${place.column}` : ''}.`;
}
