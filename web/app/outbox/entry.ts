/** A request of a person that must reach the server: stored before it is sent, and kept until it has an outcome. */
export interface Entry {
  /** Also the request key: the server pays a key once, however often it arrives. */
  readonly id: string;
  /** Who clicked. The entry is never sent as anybody else. */
  readonly accountId: string;
  /** The text of the GraphQL mutation, which answers under the alias `result`. */
  readonly query: string;
  /** With the request key in them. They never change. */
  readonly variables: unknown;
  /** What the request is about, for instance "assignment:<id>". One request for each may wait at a time. */
  readonly subject: string;
  /** What the request does, in words for people. */
  readonly label: string;
  /** The address of the page where the person clicked. */
  readonly href: string;
  /** The draft that this request sends. It is deleted when the server has accepted it. */
  readonly draft: string | null;
  /**
   * What its page wants to know when the outcome comes, for instance what would undo it. The outbox does not look at it.
   * Absent: nothing.
   */
  readonly memo?: unknown;
  /**
   * Counts the entries of this browser, in the order of the clicks. The clock cannot tell it: it may be set back.
   * Absent: an earlier version of this client stored it.
   */
  readonly sequence?: number;
  /** By the server's clock, in milliseconds since 1970. */
  readonly createdAt: number;
  /** How often it has been sent. Each time it may have reached the server. */
  readonly attempts: number;
  readonly outcome: Outcome;
}

export type Outcome =
  /** No definite answer yet. */
  | { readonly kind: 'waiting' }
  /** Done: paid now, or paid before (`replayed`). */
  | { readonly kind: 'accepted'; readonly result: Result; readonly at: number }
  /** The server has written nothing. */
  | { readonly kind: 'refused'; readonly refusal: Refused; readonly at: number }
  /** The person gave it up. That can be undone until it is cleared away. */
  | { readonly kind: 'dropped'; readonly at: number; readonly was: Undecided };

/** What the person can give up. */
export type Undecided = Extract<Outcome, { kind: 'waiting' | 'refused' }>;

/** The payload under the alias `result`. */
export interface Result {
  readonly __typename: string;
}

export interface Refused {
  /** A code of Refusal, or of a GraphQL error. */
  readonly code: string;
  /** The server's own words. */
  readonly message: string;
  /** What support needs to find the request in the log; null for a Refusal, which is no error. */
  readonly requestId: string | null;
}

/** What a page puts into the outbox. */
export type Request = Pick<Entry, 'query' | 'subject' | 'label' | 'href' | 'draft' | 'memo'> & {
  readonly accountId: string;
  /** The variables with the request key in them. */
  readonly variables: (requestKey: string) => unknown;
};
