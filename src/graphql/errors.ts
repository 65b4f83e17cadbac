import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { PasswordsOverloaded } from '../auth/passwords.js';
import { RateLimited } from '../auth/sign-in-limits.js';
import { BadInput, type FieldProblem } from '../granting/bad-input.js';
import { NoSuchStudent } from '../granting/decide-group.js';
import { isTransient } from '../granting/failure-kind.js';
import { Unavailable } from '../granting/unavailable.js';

/** Every code that a GraphQL error of ours may have. */
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
export const forbidden = (): GraphQLError => error('FORBIDDEN', 'This is not for you.');
export const notFound = (): GraphQLError => error('NOT_FOUND', 'There is no such thing, or it is not for you.');

/**
 * For a request that is refused before anything of it is executed.
 * @param overLimit the request is well formed, and larger than it may be
 */
export const refusedInput = (fields: readonly FieldProblem[], { overLimit = false } = {}): GraphQLError =>
  new GraphQLError('The request is refused.', {
    originalError: new BadInput(fields),
    extensions: { http: { status: 400 }, overLimit },
  });

/** Characters of the longest message that is sent. */
const LONGEST_MESSAGE = 500;
/** A name that the caller made up, and that no query may have: query-limits.ts looks at valid ones only. */
const LONG_NAME = /\w{129,}/g;

/** A message that repeats next to nothing of what was sent. */
function short(message: string): string {
  const told = message.replace(LONG_NAME, '…');
  return told.length > LONGEST_MESSAGE ? `${told.slice(0, LONGEST_MESSAGE - 1)}…` : told;
}

/** What follows on the reason for an UNAVAILABLE. */
export const TRY_AGAIN = 'Try again with the same key: nothing is ever paid twice.';
/** @param reason a sentence */
export const unavailable = (reason: string): GraphQLError => error('UNAVAILABLE', `${reason} ${TRY_AGAIN}`);

/** What the caller is told of an error: its code, and nothing of its input or of our inside. */
export interface ToldError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly fields?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
}

/**
 * @param formatted as graphql-js and Apollo would send it, which echoes values of the input
 * @param thrown what was thrown
 */
export function toldError(formatted: GraphQLFormattedError, thrown: unknown): ToldError {
  const cause = thrown instanceof GraphQLError ? (thrown.originalError ?? thrown) : thrown;
  if (cause instanceof BadInput) return badInput(cause.fields);
  if (cause instanceof Unavailable || cause instanceof PasswordsOverloaded) {
    return { code: 'UNAVAILABLE', message: cause.message };
  }
  if (isTransient(cause)) {
    return { code: 'UNAVAILABLE', message: 'The database did not answer. Try again in a few seconds.' };
  }
  if (cause instanceof RateLimited) {
    return { code: 'RATE_LIMITED', message: cause.message, retryAfterSeconds: cause.retryAfterSeconds };
  }
  // The committer looks for the student anyway: a grant needs no command of its own for this.
  if (cause instanceof NoSuchStudent) return { code: 'UNAUTHENTICATED', message: unauthenticated().message };
  switch (formatted.extensions?.code) {
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
    case 'NOT_FOUND':
    case 'UNAVAILABLE':
      return { code: formatted.extensions.code, message: short(formatted.message) };
    case 'GRAPHQL_PARSE_FAILED':
      return badInput([{ path: 'query', message: notWellFormed(formatted) }]);
    case 'GRAPHQL_VALIDATION_FAILED':
      return badInput([{ path: 'query', message: validationProblem(formatted.message) }]);
    case 'OPERATION_RESOLUTION_FAILURE':
      return badInput([{ path: 'operationName', message: 'Name one of the operations that the query has.' }]);
    default:
      return executionProblem(cause);
  }
}

function badInput(problems: readonly FieldProblem[]): ToldError & { fields: readonly FieldProblem[] } {
  const fields = problems.map(({ path, message }) => ({ path, message: short(message) }));
  return { code: 'BAD_USER_INPUT', message: short(new BadInput(fields).message), fields };
}

/** graphql-js finds out late, and without a code, that a variable is null where it may only be absent. */
function executionProblem(cause: unknown): ToldError {
  const said = cause instanceof GraphQLError ? cause.message : '';
  const argument = /^Argument "(\w+)" (?:of|has invalid value) /.exec(said)?.[1];
  if (argument) {
    return badInput([{ path: argument, message: 'A variable in it is null. Leave it out, or give it a value.' }]);
  }
  return { code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong on our side. Nothing was written twice.' };
}

/** What graphql-js says of a query that does not fit the schema. */
function validationProblem(message: string): string {
  if (message === 'Validation aborted.') return 'The query has too many fields of one name. Ask for each of them once.';
  return withoutValues(message) ?? message;
}

/** What graphql-js says of a value, without the value; null where it says something else. */
function withoutValues(message: string): string | null {
  const expected =
    /^(\w+) cannot represent/.exec(message)?.[1] ??
    /not a valid (\w+)/.exec(message)?.[1] ??
    /^Expected (?:value of )?(?:non-nullable )?type "([^"]+)"/.exec(message)?.[1] ??
    (/^(?:Value is not string|Can only validate strings as local dates)/.test(message) ? 'LocalDate' : undefined);
  if (expected) return useType(expected);
  return /^(Value|Enum) /.test(message) ? NOT_ALLOWED : null;
}

export const NOT_ALLOWED = 'It is none of the allowed values.';
export const useType = (name: string): string => `Use a value of type ${name}${EXAMPLES[name.replace('!', '')] ?? ''}.`;

const EXAMPLES: Record<string, string> = {
  DateTime: ', like 2026-03-01T12:00:00.000Z',
  LocalDate: ', like 2026-03-01',
};

function notWellFormed({ message, locations }: GraphQLFormattedError): string {
  const most = /more tha\w (\d+ (?:tokens|comments))/.exec(message)?.[1];
  if (most) return `The query is too long: at most ${most}.`;
  const [place] = locations ?? [];
  return `This is not well-formed GraphQL${place ? `: look at line ${place.line}, column ${place.column}` : ''}.`;
}
