/** Part of http/: why the server closes a connection with subscriptions, and what the client does next. */
export interface CloseReason {
  /** For the log. */
  readonly name: string;
  /** The close code of a WebSocket. */
  readonly code: number;
  /** At most 123 bytes: a close frame has no room for more. */
  readonly message: string;
  /**
   * Whether the client should reconnect and resume. graphql-ws decides by the code: it reconnects after 1001, 1013,
   * 4403 and 4408, and never after 4401 and 4500. An event stream has no codes: its client reconnects if the
   * connection breaks, and never after "complete".
   */
  readonly reconnects: boolean;
}

export const CLOSE_REASONS = {
  noToken: {
    name: 'no token',
    code: 4401,
    message: 'Sign in first: send { "authorization": "Bearer ..." } in connection_init.',
    reconnects: false,
  },
  signedOut: { name: 'signed out', code: 4401, message: 'You have signed out. Sign in again.', reconnects: false },
  tokenExpired: {
    name: 'token expired',
    code: 4403,
    message: 'The access token is invalid or has expired. Refresh the session, reconnect and resume.',
    reconnects: true,
  },
  tooSlow: {
    name: 'too slow',
    code: 4408,
    message: 'The client reads more slowly than events arrive. Reconnect and resume.',
    reconnects: true,
  },
  unavailable: {
    name: 'unavailable',
    code: 1013,
    message: 'The server could not process an event in time. Reconnect and resume.',
    reconnects: true,
  },
  tooMany: {
    name: 'too many connections',
    code: 1013,
    message: 'This account or network has too many connections. Close some, or reconnect later.',
    reconnects: true,
  },
  shutdown: {
    name: 'shutdown',
    code: 1001,
    message: 'The server is stopping. Reconnect and resume.',
    reconnects: true,
  },
  internalError: {
    name: 'internal error',
    code: 4500,
    message: 'Something went wrong on our side.',
    reconnects: false,
  },
} as const satisfies Record<string, CloseReason>;
