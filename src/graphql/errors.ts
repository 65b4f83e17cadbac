import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError, type VariableDefinitionNode } from 'graphql';
import { BadInput, type FieldProblem } from '../actions/bad-input.js';
import { isPassing } from '../actions/failure-kind.js';
import { Unavailable } from '../actions/unavailable.js';
import { PasswordsOverloaded } from '../auth/passwords.js';
import { RateLimited } from '../auth/sign-in-limits.js';

/** Every code that a GraphQL error of ours may have. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

const error = (code: ErrorCode, message: string): GraphQLError => new GraphQLError(message, { extensions: { code } });

export const unauthenticated = (): GraphQLError =>
  error('UNAUTHENTICATED', 'Sign in first: send the access token as "Authorization: Bearer ...".');
export const forbidden = (): GraphQLError => error('FORBIDDEN', 'This is not for you.');
export const notFound = (): GraphQLError => error('NOT_FOUND', 'There is no such thing, or it is not for you.');

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
  const cause = unwrapResolverError(thrown);
  if (cause instanceof BadInput) return badInput(cause.fields);
  if (cause instanceof Unavailable || cause instanceof PasswordsOverloaded) {
    return { code: 'UNAVAILABLE', message: cause.message };
  }
  if (isPassing(cause)) {
    return { code: 'UNAVAILABLE', message: 'The database did not answer. Try again in a few seconds.' };
  }
  if (cause instanceof RateLimited) {
    return { code: 'RATE_LIMITED', message: cause.message, retryAfterSeconds: cause.retryAfterSeconds };
  }
  switch (formatted.extensions?.code) {
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
    case 'NOT_FOUND':
    case 'UNAVAILABLE':
      return { code: formatted.extensions.code, message: formatted.message };
    case 'BAD_USER_INPUT':
      return badInput([variableProblem(thrown)]);
    case 'GRAPHQL_PARSE_FAILED':
      return badInput([{ path: 'query', message: notWellFormed(formatted) }]);
    case 'GRAPHQL_VALIDATION_FAILED':
      return badInput([{ path: 'query', message: withoutValues(formatted.message) ?? formatted.message }]);
    case 'OPERATION_RESOLUTION_FAILURE':
      return badInput([{ path: 'operationName', message: 'Name one of the operations that the query has.' }]);
    case 'PERSISTED_QUERY_NOT_SUPPORTED':
      return badInput([{ path: 'extensions.persistedQuery', message: 'There are none here. Send the query itself.' }]);
    default:
      return executionProblem(cause);
  }
}

function badInput(fields: readonly FieldProblem[]): ToldError & { fields: readonly FieldProblem[] } {
  const message = fields.map((field) => `${field.path}: ${field.message}`).join(' ');
  return { code: 'BAD_USER_INPUT', message, fields };
}

/** Variables are judged before anything is executed, with an error for each problem: all of them told in one. */
export function toldTogether(errors: readonly GraphQLFormattedError[]): GraphQLFormattedError[] {
  const [first] = errors;
  if (!first || errors.length === 1) return [...errors];
  const fields = errors.flatMap(({ extensions }) => (extensions?.fields ?? []) as FieldProblem[]);
  return [{ ...first, message: badInput(fields).message, extensions: { ...first.extensions, fields } }];
}

/** graphql-js finds out late, and without a code, that a variable is null where it may only be absent. */
function executionProblem(cause: unknown): ToldError {
  const said = cause instanceof GraphQLError ? cause.message : '';
  const argument = /^Argument "(\w+)" (?:of|has invalid value) /.exec(said)?.[1];
  if (argument) {
    return badInput([{ path: argument, message: 'A variable in it is null. Leave it out, or give it a value.' }]);
  }
  if (said.startsWith('Too many errors processing variables')) {
    return badInput([{ path: 'variables', message: 'More is wrong with them than can be listed.' }]);
  }
  return { code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong on our side. Nothing was written twice.' };
}

/** A variable that does not fit its type: graphql-js prints the whole value before the path and the reason. */
function variableProblem(thrown: unknown): FieldProblem {
  if (!(thrown instanceof GraphQLError)) return { path: 'query', message: 'It could not be understood.' };
  const definition = thrown.nodes?.[0] as VariableDefinitionNode | undefined;
  const variable = definition?.variable?.name.value ?? 'variables';
  const reason = thrown.originalError?.message ?? '';
  if (/^Variable "\$\w+" of (?:required|non-null) type/.test(reason))
    return { path: variable, message: 'It is required.' };
  const beforeReason = thrown.message.slice(0, -`; ${reason}`.length);
  const path = / at "([^"]*)"$/.exec(beforeReason)?.[1] ?? variable;
  const missing = /^Field "(\w+)" of required type/.exec(reason)?.[1];
  if (missing) return { path: `${path}.${missing}`, message: 'It is required.' };
  if (/^Field ".*" is not defined by type/s.test(reason)) return unknownField(path, reason);
  return { path, message: withoutValues(reason) ?? 'It could not be understood.' };
}

/** The name is told where it could be one in GraphQL: the caller may have sent anything for a name. */
function unknownField(path: string, reason: string): FieldProblem {
  const name = /^Field "(\w{1,64})" /.exec(reason)?.[1];
  if (name) return { path: `${path}.${name}`, message: 'There is no such field.' };
  return { path, message: 'It has a field that does not exist.' };
}

/** What graphql-js says of a value, without the value; null where it says something else. */
function withoutValues(message: string): string | null {
  const expected =
    /^(\w+) cannot represent/.exec(message)?.[1] ??
    /not a valid (\w+)/.exec(message)?.[1] ??
    /^Expected (?:value of )?(?:non-nullable )?type "([^"]+)"/.exec(message)?.[1] ??
    (/^(?:Value is not string|Can only validate strings as local dates)/.test(message) ? 'LocalDate' : undefined);
  if (expected) return `Use a value of type ${expected}${EXAMPLES[expected.replace('!', '')] ?? ''}.`;
  return /^(Value|Enum) /.test(message) ? 'It is none of the allowed values.' : null;
}

const EXAMPLES: Record<string, string> = {
  DateTime: ', like 2026-03-01T12:00:00.000Z',
  LocalDate: ', like 2026-03-01',
};

function notWellFormed({ message, locations }: GraphQLFormattedError): string {
  const most = /more tha\w (\d+) tokens/.exec(message)?.[1];
  if (most) return `The query is too long: at most ${most} tokens.`;
  const [place] = locations ?? [];
  return `This is not well-formed GraphQL${place ? `: look at line ${place.line}, column ${place.column}` : ''}.`;
}
