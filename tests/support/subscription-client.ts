/** The real clients of both transports, as one. */
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWebSocketClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { AnsweredError, Data } from './client.js';

export type Transport = 'websocket' | 'sse';
export const TRANSPORTS: Transport[] = ['websocket', 'sse'];

export interface Asked {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
}

export interface SubscribersAnswer {
  readonly data?: Data;
  readonly errors?: readonly AnsweredError[];
}

export interface Subscriber {
  readonly answers: readonly SubscribersAnswer[];
  /** How often a connection was opened. */
  readonly connected: number;
  /** The codes with which a WebSocket was closed. */
  readonly closeCodes: readonly number[];
  /** The subscription is over for the client, with this error or without one. */
  readonly ended: Promise<unknown>;
  readonly isEnded: boolean;
  leave(): void;
}

export interface SubscriberOptions {
  readonly retryAttempts?: number;
  readonly headers?: Record<string, string>;
}

const open = new Set<Subscriber>();

export function leaveAll(): void {
  for (const subscriber of open) subscriber.leave();
}

/** The errors that it is refused with. */
export async function refusalOf(subscriber: Subscriber): Promise<readonly AnsweredError[]> {
  const error = await subscriber.ended;
  return subscriber.answers[0]?.errors ?? (error as AnsweredError[]);
}

/** Begins a subscription. @param token asked for at each connection */
export function subscribeBy(
  transport: Transport,
  url: string,
  asked: Asked,
  token: () => string | undefined,
  { retryAttempts = 5, headers = {} }: SubscriberOptions = {},
): Subscriber {
  const answers: SubscribersAnswer[] = [];
  const closeCodes: number[] = [];
  let connected = 0;
  let isEnded = false;
  const authorization = (): Record<string, string> => {
    const good = token();
    return good === undefined ? {} : { authorization: `Bearer ${good}` };
  };
  const onConnected = () => {
    connected += 1;
  };
  const retry = { retryAttempts, retryWait: async () => {} };
  const client =
    transport === 'websocket'
      ? createWebSocketClient({
          url: `${url.replace('http', 'ws')}/graphql`,
          webSocketImpl: class extends WebSocket {
            constructor(address: string, protocol: string) {
              super(address, protocol, { headers });
            }
          },
          connectionParams: authorization,
          ...retry,
          shouldRetry: () => true,
          on: { connected: onConnected, closed: (event) => closeCodes.push((event as { code: number }).code) },
        })
      : createSseClient({
          url: `${url}/graphql/stream`,
          headers: () => ({ ...headers, ...authorization() }),
          retryAttempts,
          retry: async () => {},
          on: { connected: onConnected },
        });
  let leave = () => {};
  const ended = new Promise<unknown>((resolve) => {
    const end = (error: unknown) => {
      isEnded = true;
      resolve(error);
    };
    leave = client.subscribe(asked as never, {
      next: (answer) => answers.push(answer as SubscribersAnswer),
      error: end,
      complete: () => end(undefined),
    });
  });
  const subscriber: Subscriber = {
    answers,
    closeCodes,
    ended,
    get connected() {
      return connected;
    },
    get isEnded() {
      return isEnded;
    },
    leave() {
      leave();
      void client.dispose();
      open.delete(subscriber);
    },
  };
  open.add(subscriber);
  return subscriber;
}
