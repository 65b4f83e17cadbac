/** Part of http/: subscriptions as server-sent events, one on each connection. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHandler } from 'graphql-sse';
import Negotiator from 'negotiator';
import { networkOf } from '../../auth/network.js';
import type { Services } from '../../graphql/context.js';
import { unauthenticated } from '../../graphql/errors.js';
import { refuse, refuseInvalidToken, refuseTemporarily } from '../refusals.js';
import { onRequestEnd } from '../request-end.js';
import { OVERLOADED } from '../reservation.js';
import { accessOf } from './access.js';
import { CLOSE_REASONS, type CloseReason } from './close-reasons.js';
import { type Access, type Connections, MAX_MESSAGE_BYTES } from './connections.js';
import {
  type EventResults,
  operationOf,
  type SentSubscription,
  type SubscriptionPeer,
  type SubscriptionRequest,
} from './event-results.js';
import { isTemporary, type Start, type Started } from './start.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null except for an authenticated request for an event stream. */
    access: Access | null;
  }
}

/** How long a client may take to read the end of its stream. */
const END_TIMEOUT_MS = 2_000;

const EVENT_STREAM = 'text/event-stream';

/** Runs before the body is read. */
export function authenticateStream(services: Services) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { accept, authorization } = request.headers;
    if (new Negotiator({ headers: { accept: accept?.toLowerCase() } }).mediaType([EVENT_STREAM]) === undefined) {
      const message = `The answer is a stream of events. Send the header "accept: ${EVENT_STREAM}".`;
      return refuse(request, reply, { status: 406, code: 'BAD_USER_INPUT', message, paths: ['accept'] });
    }
    const access = await accessOf(authorization, services);
    if (access === CLOSE_REASONS.noToken) {
      return refuse(request, reply, { status: 401, code: 'UNAUTHENTICATED', message: unauthenticated().message });
    }
    if ('code' in access) return refuseInvalidToken(request, reply);
    request.access = access;
    request.viewer = access.viewer;
    return undefined;
  };
}

/** What graphql-sse passes on to onSubscribe. */
interface SseContext {
  readonly started: Started;
}

/** The headers that graphql-sse reads. */
const SSE_HEADERS: Record<string, string> = { accept: EVENT_STREAM, 'content-type': 'application/json' };

export function eventStreamHandler(start: Start, connections: Connections) {
  const handle = createHandler<FastifyRequest, SseContext>({
    // No token: each stream has a connection of its own, for one operation.
    authenticate: () => null,
    onSubscribe: ({ context: { started } }) =>
      started.kind === 'started' ? started.results : once({ errors: started.errors as never }),
  });

  async function subscribe(request: FastifyRequest, reply: FastifyReply, stream: EventStream): Promise<unknown> {
    const started = await start(subscriptionRequest(request, stream));
    if (started.kind === 'refused') {
      Object.assign(request.notes, started.notes);
      if (isTemporary(started.errors)) return refuseTemporarily(request, reply, OVERLOADED);
      // A hijacked reply has no onSend hook: this makes it write its log line.
      request.isAnswered = true;
    } else {
      stream.results = started.results;
    }
    reply.hijack();
    const [chunks] = await handle({
      method: 'POST',
      url: request.url,
      headers: { get: (name) => SSE_HEADERS[name] },
      body: request.body as Record<string, unknown>,
      raw: request,
      context: { started },
    });
    if (chunks === null || typeof chunks === 'string') throw new TypeError('the route has validated the body');
    return stream.write(reply.getHeaders() as OutgoingHttpHeaders, chunks);
  }

  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    // The body is read. From now on the quotas of subscriptions apply.
    request.reservation?.answerSent();
    const slot = connections.open(networkOf(request.ip));
    try {
      if (!slot?.signIn(request.access as Access)) {
        return refuseTemporarily(request, reply, CLOSE_REASONS.tooMany.message);
      }
      const stream = new EventStream(request, reply);
      slot.attach(stream);
      return await subscribe(request, reply, stream);
    } finally {
      slot?.release();
    }
  };
}

function subscriptionRequest(
  { id, ip, access, body, headers }: FastifyRequest,
  peer: SubscriptionPeer,
): SubscriptionRequest {
  return {
    ...operationOf(body as SentSubscription),
    bytes: Number(headers['content-length'] ?? MAX_MESSAGE_BYTES),
    requestId: id,
    clientAddress: ip,
    access: access as Access,
    peer,
  };
}

async function* once<Value>(value: Value): AsyncGenerator<Value> {
  yield value;
}

class EventStream implements SubscriptionPeer {
  readonly transport = 'sse';
  results: EventResults | null = null;
  closeReason: CloseReason | null = null;
  private readonly raw: ServerResponse;
  private readonly socket: Socket;
  /** The stream is at its end, or its connection has closed. */
  private isOver = false;
  private stop = () => {};
  private abandonChunk = () => {};
  private writtenResults = 0;
  private readonly wakeUps = new Set<() => void>();

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.raw = reply.raw;
    this.socket = request.raw.socket;
    onRequestEnd(request, reply, () => {
      this.isOver = true;
      this.stop();
      this.abandonChunk();
      this.wake();
    });
  }

  close(reason: CloseReason): void {
    if (this.closeReason) return;
    this.closeReason = reason;
    if (reason.reconnects) {
      this.socket.destroy();
      return;
    }
    // When the results end, graphql-sse sends "complete", and the client does not reconnect.
    void this.results?.return();
    setTimeout(() => this.socket.destroy(), END_TIMEOUT_MS).unref();
  }

  /** graphql-sse sends a comment every 12 s. A client that vanished is noticed at the latest when its token expires. */
  ping(): void {}

  /** graphql-sse asks for the next result at once, and keeps in memory what is not written yet. */
  async written(results: number): Promise<void> {
    while (this.writtenResults < results && !this.isOver) {
      await new Promise<void>((resolve) => this.wakeUps.add(resolve));
    }
  }

  async write(headers: OutgoingHttpHeaders, chunks: AsyncGenerator<string>): Promise<void> {
    const { raw } = this;
    this.stop = () => void chunks.return(undefined);
    try {
      if (this.closeReason) await this.results?.return();
      if (!this.isOver) raw.writeHead(200, { ...headers, ...STREAM_HEADERS });
      for await (const chunk of chunks) {
        if (!(await this.writeChunk(chunk))) break;
        if (chunk.startsWith('event: next')) this.writtenResults += 1;
        this.wake();
      }
    } finally {
      raw.end();
    }
  }

  /** @returns false if the connection has closed */
  private writeChunk(chunk: string): Promise<boolean> {
    if (this.isOver) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.abandonChunk = () => resolve(false);
      this.raw.write(chunk, (error) => resolve(!error));
    });
  }

  private wake(): void {
    for (const resolve of this.wakeUps) resolve();
    this.wakeUps.clear();
  }
}

const STREAM_HEADERS = {
  'content-type': `${EVENT_STREAM}; charset=utf-8`,
  'cache-control': 'no-store',
  // Without it nginx would buffer the events.
  'x-accel-buffering': 'no',
};
