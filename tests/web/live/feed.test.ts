/** The feed against a real WebSocket server of graphql-ws, which is told how to behave. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocket, WebSocketServer } from 'ws';
import { createFeed, type Feed } from '../../../web/app/live/feed.js';
import { until } from '../../support/until.js';

const schema = buildSchema(`
  type Query { ok: Boolean }
  type Subscription { reward(after: Int): Int }
`);

let http: Server;
let sockets: WebSocketServer;
let feed: Feed;
let inits: unknown[];
let accepts: (authorization: string) => boolean;
/** At what a connection hangs without a sign; null: it does not. */
let hangsAt: 'its opening' | 'its acknowledgement' | null;
/** How many connections hung. */
let hung: number;
let connections: Socket[];
/** Sends its reward to each subscriber that is there. */
let last: number;
let arrivals: (() => void)[];
let tokens: string[];
let replaced: string[];

beforeEach(async () => {
  [inits, arrivals, tokens, replaced, last] = [[], [], ['t1'], [], 0];
  accepts = () => true;
  [hangsAt, hung, connections] = [null, 0, []];
  http = createServer();
  http.on('connection', (connection) => connections.push(connection));
  sockets = new WebSocketServer({
    server: http,
    path: '/graphql',
    verifyClient(_, accept) {
      if (hangsAt === 'its opening') hung += 1;
      else accept(true);
    },
  });
  useServer(
    {
      schema,
      onConnect({ connectionParams, extra }) {
        const authorization = String(connectionParams?.authorization);
        inits.push(authorization);
        if (!accepts(authorization)) extra.socket.close(4403, 'The access token has expired.');
        if (hangsAt !== 'its acknowledgement') return true;
        hung += 1;
        return new Promise(() => {});
      },
      roots: { subscription: { reward: ({ after }: { after?: number }) => rewards(after ?? 0) } },
    },
    sockets,
  );
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
});

async function* rewards(after: number) {
  for (let sequence = after + 1; ; sequence++) {
    while (sequence > last) await new Promise<void>((resolve) => arrivals.push(resolve));
    yield { reward: sequence };
  }
}

function pay(): void {
  last += 1;
  for (const arrive of arrivals.splice(0)) arrive();
}

afterEach(async () => {
  feed?.close();
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  for (const connection of connections) connection.destroy();
  http.close();
  await once(http, 'close');
});

/** In a browser, an error that nobody listens to is none. */
class QuietWebSocket extends WebSocket {
  constructor(...parameters: ConstructorParameters<typeof WebSocket>) {
    super(...parameters);
    this.on('error', () => {});
  }
}

function open(timing = {}): Feed {
  const { port } = http.address() as AddressInfo;
  feed = createFeed({
    url: `ws://127.0.0.1:${port}/graphql`,
    accountId: 'ada',
    tokens: {
      tokenOf: async () => tokens.at(-1) ?? null,
      async replace(_, refused) {
        replaced.push(refused);
        tokens.push(`t${tokens.length + 1}`);
        return tokens.at(-1)!;
      },
    },
    now: () => 1_000,
    webSocket: QuietWebSocket,
    timing: { firstWait: 20, longestWait: 60, begin: 60_000, ...timing },
  });
  return feed;
}

/** Subscribes as a page does that knows the last sequence it has. */
function follow(): { seen: number[]; resumed: () => number; end: () => void } {
  const seen: number[] = [];
  let resumed = 0;
  const end = feed.subscribe<{ reward: number }>({
    query: 'subscription ($after: Int) { reward(after: $after) }',
    variables: {
      get after() {
        return seen.at(-1) ?? 0;
      },
    },
    next: ({ reward }) => seen.push(reward),
    resumed: () => {
      resumed += 1;
    },
  });
  return { seen, resumed: () => resumed, end };
}

const cut = (code?: number) => {
  for (const socket of sockets.clients) code === undefined ? socket.terminate() : socket.close(code);
};
const isLive = () => feed.status().kind === 'live';

test('resumes where the page is, after each way of losing the socket', async () => {
  open();
  const { seen, resumed } = follow();
  pay();
  await until(() => seen.length === 1);
  expect(isLive()).toBe(true);
  for (const code of [undefined, 1001, 1011, 1012, 1013, 4408]) {
    const before = seen.length;
    cut(code);
    await until(() => feed.status().kind === 'lost');
    pay();
    pay();
    await until(() => seen.length === before + 2);
  }
  expect(seen).toEqual(Array.from({ length: 13 }, (_, index) => index + 1));
  expect(resumed()).toBe(6);
});

test('asks for the state once the subscriptions of a connection have begun', async () => {
  open({ begin: 20 });
  const { resumed } = follow();
  await until(() => resumed() === 1);
  cut();
  // At once after the loss, and again once they have begun.
  await until(() => resumed() === 3);
});

test('comes back after a fault of the server, which graphql-ws takes for final', async () => {
  open();
  const { seen } = follow();
  await until(isLive);
  cut(4500);
  await until(() => feed.status().kind === 'lost');
  pay();
  await until(() => seen.length === 1);
});

test('a token that has ended is replaced, and the feed comes back with the new one', async () => {
  accepts = (authorization) => authorization !== 'Bearer t1';
  open();
  const { seen } = follow();
  pay();
  await until(() => seen.length === 1);
  expect(inits).toEqual(['Bearer t1', 'Bearer t2']);
  expect(replaced).toEqual(['t1']);
});

test('a sign-in that has ended is final: the session finds out, and nobody knocks any more', async () => {
  open();
  follow();
  await until(isLive);
  cut(4401);
  await until(() => replaced.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(inits).toHaveLength(1);
  expect(feed.status().kind).toBe('lost');
});

test('a socket that is open but dead is noticed by its missing pong', async () => {
  open({ ping: 50, pong: 50 });
  const { seen } = follow();
  pay();
  await until(() => seen.length === 1);
  const [frozen] = [...sockets.clients];
  // Nothing that the client sends is read any more: neither answers nor a close.
  frozen!.pause();
  await until(() => inits.length === 2);
  pay();
  await until(() => seen.length === 2);
  expect(seen).toEqual([1, 2]);
  frozen!.terminate();
});

test.each(['its opening', 'its acknowledgement'] as const)('a connection that hangs at %s is given up', async (at) => {
  hangsAt = at;
  // A ping is answered before the acknowledgement as well.
  open({ connect: 100, ping: 20 });
  const { seen } = follow();
  await until(() => hung === 2);
  hangsAt = null;
  pay();
  await until(() => seen.length === 1);
});

test.each(['its opening', 'its acknowledgement'] as const)(
  'the network is back: a connection that hangs at %s is begun anew',
  async (at) => {
    hangsAt = at;
    open();
    const { seen } = follow();
    await until(() => hung === 1);
    hangsAt = null;
    feed.reconnect();
    pay();
    await until(() => seen.length === 1);
  },
);

test('the network is back: it connects at once, however long it would have waited', async () => {
  open({ firstWait: 600_000, longestWait: 600_000 });
  const { seen } = follow();
  await until(isLive);
  cut();
  await until(() => feed.status().kind === 'lost');
  pay();
  feed.reconnect();
  await until(() => seen.length === 1);
});

test('a socket that lives is left alone when the person looks at the page again, and renewed when the network changes', async () => {
  open();
  const { seen } = follow();
  await until(isLive);
  feed.check();
  pay();
  await until(() => seen.length === 1);
  expect(inits).toHaveLength(1);
  feed.reconnect();
  await until(() => inits.length === 2);
  pay();
  await until(() => seen.length === 2);
});

test('subscriptions share one socket; the next page finds it; none is left when all have ended, and nothing is lost', async () => {
  open({ linger: 200 });
  const [one, other] = [follow(), follow()];
  await until(isLive);
  pay();
  await until(() => one.seen.length === 1 && other.seen.length === 1);
  expect(sockets.clients.size).toBe(1);
  one.end();
  other.end();
  const next = follow();
  pay();
  await until(() => next.seen.length === 2);
  expect(inits).toHaveLength(1);
  next.end();
  await until(() => sockets.clients.size === 0 && feed.status().kind !== 'live');
  expect(feed.status().kind).toBe('connecting');
});
