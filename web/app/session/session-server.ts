import { stringifyDocument, type TypedDocumentNode } from '@urql/core';
import { type Failure, failureOf, refusedWith } from '../api/failure';
import {
  type OpenedSessionFragment,
  RefreshSessionDocument,
  SignInDocument,
  type SignInInput,
  SignOutDocument,
  SignUpDocument,
  type SignUpInput,
} from '../api/generated/session';
import type { Post } from '../api/post';
import type { Opened, SessionServer } from './session';

interface Refusal {
  readonly __typename: 'Refusal';
  readonly code: string;
  readonly message: string;
}
type SessionResult = Refusal | ({ readonly __typename: 'Session' } & OpenedSessionFragment);

/** A sign-in that did not succeed: in the form of a failure, because the form shows both in the same way. */
export class NotOpened extends Error {
  constructor(readonly failure: Failure) {
    super(failure.message ?? failure.code);
  }
}

export interface Gate extends SessionServer {
  /** @throws NotOpened or Unreachable */
  signIn(input: SignInInput): Promise<Opened>;
  /** @throws NotOpened or Unreachable */
  signUp(input: SignUpInput): Promise<Opened>;
}

/** The browser keeps the refresh token in a cookie that scripts cannot read. */
const COOKIE_MODE = { 'x-session': 'cookie' };

/** The mutations that open, renew and end a sign-in. */
export function createGate(post: Post): Gate {
  // Empty in cookie mode: the server takes the cookie.
  let refreshToken = '';

  async function ask<Variables>(
    document: TypedDocumentNode<{ result: SessionResult }, Variables>,
    variables: Variables,
  ) {
    const { data, errors } = await post<{ result: SessionResult }>({
      query: stringifyDocument(document),
      variables,
      headers: COOKIE_MODE,
      // A refresh that is cut off by leaving the page would still use the token up.
      keepalive: true,
    });
    if (data === null) throw new NotOpened(failureOf(errors)!);
    if (data.result.__typename === 'Session') refreshToken = data.result.refreshToken;
    return data.result;
  }

  async function open<Variables>(
    document: TypedDocumentNode<{ result: SessionResult }, Variables>,
    variables: Variables,
  ) {
    const result = await ask(document, variables);
    if (result.__typename === 'Session') return toOpened(result);
    throw new NotOpened(refusedWith(result.message, fieldsOf(result)));
  }

  return {
    signIn: (input) => open(SignInDocument, { input }),
    signUp: (input) => open(SignUpDocument, { input }),
    async refresh() {
      const result = await ask(RefreshSessionDocument, { refreshToken });
      return result.__typename === 'Session' ? toOpened(result) : null;
    },
    async signOut(accessToken) {
      const { errors } = await post({ query: stringifyDocument(SignOutDocument), accessToken, headers: COOKIE_MODE });
      const failure = failureOf(errors);
      // A token that is not accepted any more belongs to a sign-in that has ended.
      if (failure && failure.code !== 'UNAUTHENTICATED') throw new NotOpened(failure);
      refreshToken = '';
    },
  };
}

const toOpened = ({ accessToken, expiresAt, user }: OpenedSessionFragment): Opened => ({
  account: { id: user.id, displayName: user.displayName, role: user.role },
  accessToken,
  expiresAt: Date.parse(expiresAt),
});

/** The form shows a taken address at its field. */
const fieldsOf = ({ code, message }: Refusal): Record<string, string> =>
  code === 'EMAIL_TAKEN' ? { email: message } : {};
