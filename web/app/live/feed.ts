/** Subscriptions over one WebSocket: they come back after every loss, and a dead socket is noticed. */
import { type Client, createClient, type FormattedExecutionResult } from 'graphql-ws';
import type { AccountTokens } from '../api/account-tokens';

export interface Subscription<Data> {
  /** The text of the GraphQL subscription. */
  readonly query: string;
  /**
   * Read again at each connection: `{ get afterSequence() { return last; } }` resumes where the page is.
   */
  readonly variables?: object;
  readonly next: (data: Data) => void;
  /**
   * Events without a sequence may have been missed, so ask for the state: at once after a loss, and at each connection
   * once its subscriptions have begun.
   */
  readonly resumed?: () => void;
}

/** since: when it became so, by the server's clock, in milliseconds since 1970. */
export interface LiveStatus {
  readonly kind: 'connecting' | 'live' | 'lost';
  readonly since: number;
}

export interface Feed {
  /** @returns a function that ends it */
  subscribe<Data>(subscription: Subscription<Data>): () => void;
  status(): LiveStatus;
  onStatus(listener: () => void): () => void;
  /** The network may be back: the socket that was there may be dead without a sign of it. */
  reconnect(): void;
  /** The person looks at the page again. A socket that was heard of lately is left alone. */
  check(): void;
  close(): void;
}

export interface FeedOptions {
  readonly url: string;
  readonly accountId: string;
  readonly tokens: AccountTokens;
  /** The server's clock, in milliseconds since 1970. */
  readonly now: () => number;
  readonly webSocket?: unknown;
  readonly timing?: Partial<typeof TIMING>;
}

/** Milliseconds. */
const TIMING = {
  /** A sign of life is asked for when there was none for so long. Proxies cut silent connections after 30 s or more. */
  ping: 12_000,
  /** A socket that does not answer a ping within this is dead. */
  pong: 5_000,
  /** A connection that is not there within this is given up: without a sign of a loss, the browser waits for minutes. */
  connect: 20_000,
  /** The next page subscribes again: its socket is still there. */
  linger: 3_000,
  /** The server has begun the subscriptions of a new connection within this. Nothing tells the page when. */
  begin: 2_000,
  /** The first wait before the next connection; doubled each time. */
  firstWait: 500,
  /** Somebody looks at the page. */
  longestWait: 30_000,
};

/** The sign-in has ended. Every other close is one to come back from. */
const SIGNED_OUT = 4401;
const TOKEN_ENDED = 4403;

export function createFeed({ url, accountId, tokens, now, webSocket, ...options }: FeedOptions): Feed {
  const timing = { ...TIMING, ...options.timing };
  const subscribers = new Set<Subscription<never>>();
  const status = createStatus(now);
  const waits = createWaits(timing);
  const token = tokenSource(accountId, tokens);
  let socket: WebSocket | null = null;
  let isClosed = false;
  let wasLive = false;
  const connecting = createTimer(timing.connect, () => client.terminate());
  const watchdog = createTimer(timing.pong, () => client.terminate());
  const beginning = createTimer(timing.begin, resume);
  let heardAt = performance.now();

  const client: Client = createClient({
    url,
    webSocketImpl: webSocket,
    connectionParams: async () => ({ authorization: `Bearer ${await token.next()}` }),
    keepAlive: timing.ping,
    lazyCloseTimeout: timing.linger,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: () => !isClosed,
    retryWait: waits.next,
    on: {
      // The option connectionAckWaitTimeout of graphql-ws begins later, when the socket is open.
      connecting: connecting.start,
      opened(opened) {
        socket = opened as WebSocket;
      },
      connected() {
        connecting.stop();
        waits.reset();
        status.set('live');
        if (wasLive) resume();
        wasLive = true;
        beginning.start();
      },
      message() {
        heardAt = performance.now();
      },
      ping(isReceived) {
        if (!isReceived) watchdog.start();
      },
      pong: watchdog.stop,
      closed(event) {
        for (const timer of [connecting, watchdog, beginning]) timer.stop();
        // A socket that was given up may come back to life and bring events that the next one has brought already.
        if (socket) socket.onmessage = null;
        if ((event as CloseEvent).code === TOKEN_ENDED) token.refused();
        // Without a subscription it closes by itself, and nothing is lost.
        status.set(subscribers.size === 0 ? 'connecting' : 'lost');
      },
    },
  });

  function resume(): void {
    for (const { resumed } of subscribers) resumed?.();
  }

  function reconnect(): void {
    waits.reset();
    waits.interrupt();
    client.terminate();
  }

  return {
    subscribe(subscription) {
      subscribers.add(subscription as Subscription<never>);
      const end = keepSubscribed(client, subscription, { wait: waits.next, signedOut: token.signedOut });
      return () => {
        subscribers.delete(subscription as Subscription<never>);
        end();
      };
    },
    status: status.now,
    onStatus: status.listen,
    reconnect,
    check() {
      waits.interrupt();
      if (performance.now() - heardAt > timing.ping + timing.pong) reconnect();
    },
    close() {
      isClosed = true;
      waits.interrupt();
      client.terminate();
      Promise.resolve(client.dispose()).catch(() => {});
    },
  };
}

/** Subscribes again when the client gave up for a reason that may pass: the server's fault, or too many connections. */
function keepSubscribed<Data>(
  client: Client,
  { query, variables, next }: Subscription<Data>,
  { wait, signedOut }: { wait: () => Promise<void>; signedOut: () => void },
): () => void {
  let isOver = false;
  let end = () => {};
  function begin(): void {
    end = client.subscribe<Data>(
      { query, variables: variables as Record<string, unknown> },
      {
        next({ data, errors }: FormattedExecutionResult<Data>) {
          if (data && !errors) next(data);
        },
        complete() {},
        async error(error) {
          if ((error as CloseEvent).code === SIGNED_OUT) signedOut();
          if (isOver || !isPassing(error)) return;
          await wait();
          if (!isOver) begin();
        },
      },
    );
  }
  begin();
  return () => {
    isOver = true;
    end();
  };
}

/** Errors of GraphQL come as a list. */
function isPassing(error: unknown): boolean {
  if (!Array.isArray(error)) return (error as CloseEvent).code !== SIGNED_OUT;
  const codes = error.map(({ extensions }) => extensions?.code);
  return !codes.some((code) => ['BAD_USER_INPUT', 'FORBIDDEN', 'NOT_FOUND', 'UNAUTHENTICATED'].includes(code));
}

function createStatus(now: () => number) {
  const listeners = new Set<() => void>();
  let status: LiveStatus = { kind: 'connecting', since: now() };
  return {
    now: () => status,
    set(kind: LiveStatus['kind']): void {
      if (status.kind === kind) return;
      status = { kind, since: now() };
      for (const listener of listeners) listener();
    },
    listen(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Calls once, unless it is stopped before. */
function createTimer(ms: number, call: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  function stop(): void {
    clearTimeout(timer);
    timer = undefined;
  }
  return {
    start(): void {
      stop();
      timer = setTimeout(call, ms);
    },
    stop,
  };
}

/** Waits between connections: doubled up to the longest, and random, so that a class does not come back together. */
function createWaits({ firstWait, longestWait }: { firstWait: number; longestWait: number }) {
  const waiting = new Set<() => void>();
  let tries = 0;
  return {
    next: () =>
      new Promise<void>((resolve) => {
        const longest = Math.min(longestWait, firstWait * 2 ** tries);
        tries += 1;
        const end = () => {
          clearTimeout(timer);
          waiting.delete(end);
          resolve();
        };
        const timer = setTimeout(end, longest * (0.5 + Math.random() / 2));
        waiting.add(end);
      }),
    reset() {
      tries = 0;
    },
    interrupt() {
      for (const end of [...waiting]) end();
    },
  };
}

/** The token of each connection. After a close for the token's sake, it is another one. */
function tokenSource(accountId: string, tokens: AccountTokens) {
  let last: string | null = null;
  let isRefused = false;
  return {
    async next(): Promise<string> {
      const token =
        isRefused && last !== null ? await tokens.replace(accountId, last) : await tokens.tokenOf(accountId);
      isRefused = false;
      if (token === null) throw new Error('This account is not signed in.');
      last = token;
      return token;
    },
    refused(): void {
      isRefused = true;
    },
    /** Lets the session find out that it has ended. */
    signedOut(): void {
      if (last !== null) tokens.replace(accountId, last).catch(() => {});
    },
  };
}
