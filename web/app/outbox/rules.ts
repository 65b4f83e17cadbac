/** What an answer means for an entry, and when to try again. Pure. */
import type { Answer, AnswerError } from '../api/post';
import type { Refused, Result } from './entry';

export type Verdict =
  | { readonly kind: 'accepted'; readonly result: Result }
  | { readonly kind: 'refused'; readonly refusal: Refused }
  /** The access token is not accepted: the same request needs another one. */
  | { readonly kind: 'unauthenticated' }
  /** Not definite: the server may have done it or not. */
  | { readonly kind: 'again'; readonly retryAfterMs: number | null };

/** Answers that every repeat would get again. Every other error may pass, also one that we do not know. */
const DEFINITE = ['BAD_USER_INPUT', 'FORBIDDEN', 'NOT_FOUND'];

export interface GrantData {
  readonly result?: (Result & { readonly code?: string; readonly message?: string }) | null;
}

export function judge({ data, errors, retryAfterMs }: Answer<GrantData>): Verdict {
  const result = data?.result ?? null;
  if (result && errors.length === 0) return judgeResult(result);
  const codes = errors.map(({ extensions }) => extensions?.code ?? '');
  if (codes.includes('UNAUTHENTICATED')) return { kind: 'unauthenticated' };
  // With a result beside it, an error is about a field of it: the mutation itself was executed.
  const refusing = result === null && errors.find((_, index) => DEFINITE.includes(codes[index]!));
  if (refusing) return { kind: 'refused', refusal: refusalOf(refusing) };
  return { kind: 'again', retryAfterMs: retryAfterMs ?? askedWaitOf(errors) };
}

function judgeResult(result: NonNullable<GrantData['result']>): Verdict {
  if (result.__typename !== 'Refusal') return { kind: 'accepted', result };
  return {
    kind: 'refused',
    refusal: { code: result.code ?? '', message: result.message ?? '', requestId: null },
  };
}

const refusalOf = ({ message, extensions }: AnswerError): Refused => ({
  code: extensions.code,
  // What is wrong with the input, without the names that the API has for it.
  message: extensions.fields?.map(({ message: wrong }) => wrong).join(' ') || message,
  requestId: extensions.requestId ?? null,
});

function askedWaitOf(errors: readonly AnswerError[]): number | null {
  const seconds = errors.find(({ extensions }) => extensions?.retryAfterSeconds !== undefined)?.extensions;
  return seconds?.retryAfterSeconds === undefined ? null : seconds.retryAfterSeconds * 1_000;
}

/** A short loss of the network is over within seconds. Milliseconds. */
const FIRST_WAIT_MS = 1_000;
/** Somebody may sit in front of the page and wait. Milliseconds. */
const LONGEST_WAIT_MS = 60_000;
/** The server never asks for more than 15 minutes; a proxy in between might ask for a day. Milliseconds. */
const LONGEST_ASKED_WAIT_MS = 15 * 60_000;

/**
 * How long to wait after a try without a definite answer: doubled with each try, and random between a half and the whole
 * of it, so that a class that was cut off does not come back in one moment. Milliseconds.
 * @param tries how often it was tried, at least 1
 * @param random from 0 to 1
 */
export const waitAfter = (tries: number, random: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1)) * (0.5 + random / 2);

/** What the server asked for, as far as it is believed. */
export const askedWait = (retryAfterMs: number | null): number =>
  Math.min(LONGEST_ASKED_WAIT_MS, Math.max(0, retryAfterMs ?? 0));
