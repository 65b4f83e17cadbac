import type { Connection } from './connection';
import type { ServerClock } from './server-clock';

export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR';

export interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: ErrorCode;
    readonly requestId?: string;
    readonly fields?: readonly { readonly path: string; readonly message: string }[];
    readonly retryAfterSeconds?: number;
  };
}

/** What the server answered: data, errors, or both. */
export interface Answer<Data = unknown> {
  readonly data: Data | null;
  readonly errors: readonly AnswerError[];
  /** The status of HTTP. */
  readonly status: number;
  /** How long the server asks to wait before the next try, in milliseconds; null if it does not say. */
  readonly retryAfterMs: number | null;
}

export interface GraphqlRequest {
  readonly query: string;
  readonly variables?: unknown;
  readonly accessToken?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Finish the request even if the page is left meanwhile. */
  readonly keepalive?: boolean;
}

/**
 * Sends one operation.
 * @throws Unreachable if no GraphQL answer came: the server may or may not have executed the operation
 */
export type Post = <Data>(request: GraphqlRequest) => Promise<Answer<Data>>;

/** No answer came, or none from our server (a proxy's error page). */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** A request without an answer for so long is given up. The server answers within 15 s or refuses. Milliseconds. */
const ANSWERED_WITHIN_MS = 20_000;

export interface PostOptions {
  readonly clock: ServerClock;
  readonly connection: Connection;
  readonly fetch?: typeof fetch;
  /** The device's clock, in milliseconds since 1970. */
  readonly deviceNow?: () => number;
}

/** The only place that sends operations: the session, urql and the outbox all use it. */
export function createPost({ clock, connection, ...options }: PostOptions): Post {
  const { fetch = (input, init) => globalThis.fetch(input, init), deviceNow = Date.now } = options;

  return async <Data>({ query, variables, accessToken, headers, signal, keepalive }: GraphqlRequest) => {
    const timeout = AbortSignal.timeout(ANSWERED_WITHIN_MS);
    const sentAt = deviceNow();
    try {
      const response = await fetch('/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json',
          ...(accessToken && { authorization: `Bearer ${accessToken}` }),
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        ...(keepalive && { keepalive }),
      });
      clock.observe(response.headers.get('date'), sentAt, deviceNow());
      const answer = await readAnswer<Data>(response);
      connection.report(true);
      return answer;
    } catch (error) {
      if (signal?.aborted) throw error;
      connection.report(false);
      throw new Unreachable('The server did not answer.', { cause: error });
    }
  };
}

async function readAnswer<Data>(response: Response): Promise<Answer<Data>> {
  const { data = null, errors = [] } = (await response.json()) as { data?: Data | null; errors?: AnswerError[] };
  if (data === null && errors.length === 0) throw new TypeError('This is no GraphQL answer.');
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return { data, errors, status: response.status, retryAfterMs: Number.isNaN(seconds) ? null : seconds * 1_000 };
}

export const hasCode = (answer: Answer, code: ErrorCode): boolean =>
  answer.errors.some(({ extensions }) => extensions?.code === code);
