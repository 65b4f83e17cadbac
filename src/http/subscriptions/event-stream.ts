/** Part of http/: a subscription as server-sent events, each on a connection of its own. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHandler } from 'graphql-sse';
import Negotiator from 'negotiator';
import { networkOf } from '../../auth/network.js';
import { FULL } from '../holding.js';
import { refuse, refuseForNow, refuseToken } from '../refusals.js';
import { accessOf } from './access.js';
import type { Answers, Asked, DeliveringPeer, Surroundings } from './answers.js';
import { ENDINGS, type Ending } from './endings.js';
import { isPassing, type Start, type Started } from './start.js';
import { type Access, LARGEST_MESSAGE } from './subscribers.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks for an event stream. */
    access: Access | null;
  }
}

/** How long a client may take to read the end of its stream. Milliseconds. */
const END_MS = 2_000;

const TYPE = 'text/event-stream';

/** To be called before the body is read. */
export function refuseStrangers({ services }: Surroundings) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { accept, authorization } = request.headers;
    if (new Negotiator({ headers: { accept: accept?.toLowerCase() } }).mediaType([TYPE]) === undefined) {
      const message = `The answer is a stream of events. Send "accept: ${TYPE}".`;
      return refuse(request, reply, { status: 406, code: 'BAD_USER_INPUT', message, paths: ['accept'] });
    }
    const access = await accessOf(authorization, services);
    if ('code' in access) return refuseToken(request, reply);
    request.access = access;
    request.viewer = access.viewer;
    return undefined;
  };
}

interface GraphqlRequest {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null;
  readonly operationName?: string | null;
}

/** What graphql-sse is told of a request besides the request itself. */
interface Told {
  readonly started: Started;
}

export function eventStreamHandler(start: Start, { subscribers }: Surroundings) {
  const handle = createHandler<FastifyRequest, Told>({
    // Null: each stream has a connection of its own, and one operation.
    authenticate: () => null,
    onSubscribe: ({ context: { started } }) =>
      started.kind === 'started' ? started.answers : answerOnce({ errors: started.errors as never }),
  });

  async function answer(request: FastifyRequest, reply: FastifyReply, stream: Stream): Promise<unknown> {
    const started = await start({ ...askedIn(request), peer: stream });
    if (started.kind === 'refused') {
      Object.assign(request.notes, started.notes);
      if (isPassing(started.errors)) return refuseForNow(request, reply, FULL);
      request.isAnswered = true;
    } else {
      stream.answers = started.answers;
    }
    reply.hijack();
    const [body] = await handle({
      method: 'POST',
      url: request.url,
      headers: { get: (name) => HEADERS[name] },
      body: request.body as Record<string, unknown>,
      raw: request,
      context: { started },
    });
    if (body === null || typeof body === 'string') throw new TypeError('the form of the body has been checked');
    return stream.write(reply.getHeaders() as OutgoingHttpHeaders, body);
  }

  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    // Its body is read: what it holds from now on is what its subscription holds.
    request.holding?.isAnswered();
    const place = subscribers.enter(networkOf(request.ip));
    const stream = new Stream(reply.raw);
    place?.opened(stream);
    try {
      if (place?.signIn(request.access as Access)) return await answer(request, reply, stream);
      return refuseForNow(request, reply, ENDINGS.full.reason);
    } finally {
      place?.leave();
    }
  };
}

/** What graphql-sse looks at. */
const HEADERS: Record<string, string> = { accept: TYPE, 'content-type': 'application/json' };

function askedIn({ id: requestId, ip: clientAddress, access, body, headers }: FastifyRequest): Omit<Asked, 'peer'> {
  const { query, variables, operationName } = body as GraphqlRequest;
  return {
    query,
    variables: variables ?? undefined,
    operationName: operationName ?? undefined,
    bytes: Number(headers['content-length'] ?? LARGEST_MESSAGE),
    requestId,
    clientAddress,
    access: access as Access,
  };
}

async function* answerOnce<Answer>(answer: Answer): AsyncGenerator<Answer> {
  yield answer;
}

class Stream implements DeliveringPeer {
  readonly transport = 'sse';
  answers: Answers | null = null;
  private ending: Ending | null = null;
  private written = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly raw: ServerResponse) {}

  end(ending: Ending): void {
    if (this.ending) return;
    this.ending = ending;
    if (ending.comesBack) {
      this.raw.destroy();
      return;
    }
    // An iterator that ends makes graphql-sse say "complete", after which no client comes back.
    void this.answers?.return();
    setTimeout(() => this.raw.destroy(), END_MS).unref();
  }

  /** graphql-sse writes a comment every twelve seconds. A client that is gone without a word has its token's time. */
  ping(): void {}

  /** graphql-sse takes events as fast as they come, and keeps what is not written yet. */
  async delivered(events: number): Promise<void> {
    while (this.written < events && !this.raw.destroyed) {
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  async write(headers: OutgoingHttpHeaders, chunks: AsyncGenerator<string>): Promise<void> {
    const { raw } = this;
    const leave = () => void chunks.return(undefined);
    raw.once('close', leave);
    try {
      if (this.ending) await this.answers?.return();
      if (!raw.destroyed) raw.writeHead(200, { ...headers, ...STREAM_HEADERS });
      for await (const chunk of chunks) {
        if (!(await this.writeChunk(chunk))) break;
        if (chunk.startsWith('event: next')) this.written += 1;
        this.wake();
      }
    } finally {
      raw.off('close', leave);
      this.wake();
      raw.end();
    }
  }

  private writeChunk(chunk: string): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.raw.writable && !this.raw.destroyed) this.raw.write(chunk, (error) => resolve(!error));
      else resolve(false);
    });
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}

const STREAM_HEADERS = {
  'content-type': `${TYPE}; charset=utf-8`,
  'cache-control': 'no-store',
  // nginx would collect events before it hands them on.
  'x-accel-buffering': 'no',
};
