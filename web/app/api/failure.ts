import type { CombinedError } from '@urql/core';
import { type AnswerError, type ErrorCode, Unreachable } from './post';

/** Why an operation has no answer, in the form in which pages show it. */
export interface Failure {
  /** OFFLINE: the server did not answer. REFUSED: it answered with a Refusal. */
  readonly code: ErrorCode | 'OFFLINE' | 'REFUSED';
  /** The server's own words; null where it said nothing. */
  readonly message: string | null;
  /** What support needs to find the request in the log. */
  readonly requestId: string | null;
  /** What is wrong with each input field, by its name. */
  readonly fields: Readonly<Record<string, string>>;
  /** How long the server refuses it; absent: it does not say. */
  readonly retryAfterSeconds?: number;
}

const OFFLINE: Failure = { code: 'OFFLINE', message: null, requestId: null, fields: {} };

/** @param fields the fields that the refusal is about, by name */
export const refusedWith = (message: string, fields: Failure['fields'] = {}): Failure => ({
  code: 'REFUSED',
  message,
  requestId: null,
  fields,
});

export function failureOf(errors: readonly AnswerError[]): Failure | null {
  const [first] = errors;
  if (!first) return null;
  const { code, requestId, fields = [], retryAfterSeconds } = first.extensions;
  return {
    code,
    message: first.message,
    requestId: requestId ?? null,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    // "input.email" is the field "email" of the form.
    fields: Object.fromEntries(fields.map(({ path, message }) => [path.split('.').at(-1) ?? path, message])),
  };
}

/** For what `post` and urql throw or return. */
export function failureFrom(error: CombinedError | unknown): Failure {
  if (error instanceof Unreachable) return OFFLINE;
  const { graphQLErrors, networkError } = error as Partial<CombinedError>;
  if (networkError) return OFFLINE;
  const failure = graphQLErrors && failureOf(graphQLErrors as unknown as AnswerError[]);
  if (failure) return failure;
  throw error;
}
