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

/** The server keeps the refresh token in a cookie that scripts cannot read, and gives it to no script. */
const COOKIE_MODE = { 'x-session': 'cookie' };

/** The mutations that open, renew and end a sign-in. */
export function createGate(post: Post): Gate {
  const send = <Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    accessToken: string | null = null,
  ) =>
    post<Data>({
      query: stringifyDocument(document),
      variables,
      accessToken,
      headers: COOKIE_MODE,
      // Whoever leaves the page still gets the cookie of the answer.
      keepalive: true,
    });

  async function ask<Variables>(
    document: TypedDocumentNode<{ result: SessionResult }, Variables>,
    variables: Variables,
  ): Promise<SessionResult> {
    const { data, errors } = await send(document, variables);
    if (data === null) throw new NotOpened(failureOf(errors)!);
    return data.result;
  }

  async function open<Variables>(
    document: TypedDocumentNode<{ result: SessionResult }, Variables>,
    variables: Variables,
  ): Promise<Opened> {
    const result = await ask(document, variables);
    if (result.__typename === 'Session') return toOpened(result);
    throw new NotOpened(refusedWith(result.message, fieldsOf(result)));
  }

  return {
    signIn: (input) => open(SignInDocument, { input }),
    signUp: (input) => open(SignUpDocument, { input }),
    async refresh() {
      const result = await ask(RefreshSessionDocument, {});
      return result.__typename === 'Session' ? toOpened(result) : null;
    },
    async signOut(accessToken) {
      const failure = failureOf((await send(SignOutDocument, {}, accessToken)).errors);
      // A token that is not accepted any more belongs to a sign-in that has ended.
      if (failure && failure.code !== 'UNAUTHENTICATED') throw new NotOpened(failure);
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
