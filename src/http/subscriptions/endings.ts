/** Part of http/: why the server ends a connection with subscriptions by itself, and what its client does next. */
export interface Ending {
  /** For the log. */
  readonly name: string;
  /** The close code of a WebSocket. */
  readonly code: number;
  /** At most 123 bytes. */
  readonly reason: string;
  /**
   * Whether the client is to connect again and resume. graphql-ws decides that by the code: it comes back after 4403,
   * 4408, 1001 and 1013, and never after 4401. An event stream has no codes: its client comes back when the connection
   * is cut, and never after "complete".
   */
  readonly comesBack: boolean;
}

export const ENDINGS = {
  notSignedIn: {
    name: 'not signed in',
    code: 4401,
    reason: 'Sign in first: send { "authorization": "Bearer ..." } in connection_init.',
    comesBack: false,
  },
  signedOut: { name: 'signed out', code: 4401, reason: 'You have signed out. Sign in again.', comesBack: false },
  tokenEnded: {
    name: 'token ended',
    code: 4403,
    reason: 'The access token is not valid, or has expired. Refresh the session, connect again and resume.',
    comesBack: true,
  },
  tooSlow: {
    name: 'too slow',
    code: 4408,
    reason: 'You read more slowly than events arrive. Connect again and resume.',
    comesBack: true,
  },
  unavailable: {
    name: 'unavailable',
    code: 1013,
    reason: 'The server could not read an event in time. Connect again and resume.',
    comesBack: true,
  },
  full: {
    name: 'full',
    code: 1013,
    reason: 'There are too many connections of this account or network. Close some, or connect again later.',
    comesBack: true,
  },
  shutdown: {
    name: 'shutdown',
    code: 1001,
    reason: 'The server is stopping. Connect again and resume.',
    comesBack: true,
  },
  failed: { name: 'failed', code: 4500, reason: 'Something went wrong on our side.', comesBack: false },
} as const satisfies Record<string, Ending>;
