/** Part of http/: subscriptions over a WebSocket, by the protocol graphql-transport-ws. */
import type { FastifyRequest } from 'fastify';
import { type ExecutionArgs, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { type Context, handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import type { Logger } from 'pino';
import type { ServerOptions, WebSocket } from 'ws';
import { refusedInput } from '../../graphql/errors.js';
import { answeredError, namedErrors } from '../apollo.js';
import { describeFailure } from '../request-log.js';
import { accessOf } from './access.js';
import type { Answers, DeliveringPeer, Surroundings } from './answers.js';
import { ENDINGS, type Ending } from './endings.js';
import { isPassing, type Start } from './start.js';
import { type Access, LARGEST_MESSAGE, type Place } from './subscribers.js';

/** How long a client may take to send connection_init. Milliseconds. */
const INIT_MS = 3_000;
/** How long a client may take to answer the close frame. Milliseconds. */
const CLOSE_MS = 2_000;
/** A page with a course in each of its tabs has some. */
const MOST_OF_CONNECTION = 32;
/** Answers to pings and refusals that a client has not read, in bytes. Events wait for each other and are not many. */
const MOST_UNREAD = 4 * 1_048_576;
/** Characters of the id of an operation, which comes back with each event. */
const LONGEST_ID = 128;

export const webSocketOptions: Pick<
  ServerOptions,
  'maxPayload' | 'handleProtocols' | 'perMessageDeflate' | 'clientTracking'
> = {
  maxPayload: LARGEST_MESSAGE,
  handleProtocols,
  // It takes some hundred kilobytes for each connection.
  perMessageDeflate: false,
  clientTracking: false,
};

type WebSocketHandler = (socket: WebSocket, request: FastifyRequest) => void;

/** @param placeOf the place that a connection has taken */
export function webSocketHandler(
  start: Start,
  { services, log, schema, subscribers }: Surroundings,
  placeOf: (request: FastifyRequest) => Place,
): WebSocketHandler {
  const server = makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: INIT_MS,

    async onConnect({ connectionParams, extra: connection }) {
      const access = await accessOf(connectionParams?.authorization, services);
      if ('code' in access) connection.end(access);
      else if (!connection.place.signIn(access)) connection.end(ENDINGS.full);
      return connection.ending === null;
    },

    async onSubscribe({ extra: connection }, id, payload) {
      const started = await connection.subscribe(id, payload, start);
      if (!('answers' in started)) return started.errors.map((error) => new ToldError(error));
      const { document, operationName } = started.answers;
      return { schema, document, operationName, contextValue: started.answers };
    },

    // The context of the operation: what onSubscribe has started.
    subscribe: ({ contextValue }: ExecutionArgs) => contextValue as Answers,
    onNext: (_context, _id, _payload, _args, answer) => answer as never,
    onComplete: ({ extra: connection }: Context<Record<string, unknown>, Connection>) => {
      connection.running -= 1;
    },
  });

  return (socket, request) => {
    const connection = new Connection(socket, request, placeOf(request), log);
    connection.open(server.opened);
    if (subscribers.isShutDown) connection.end(ENDINGS.shutdown);
  };
}

/** An error in the form in which it is told. */
class ToldError extends GraphQLError {
  constructor(private readonly told: GraphQLFormattedError) {
    super(told.message);
  }

  override toJSON(): GraphQLFormattedError {
    return this.told;
  }
}

type Opened = ReturnType<typeof makeServer<Record<string, unknown>, Connection>>['opened'];

class Connection implements DeliveringPeer {
  readonly transport = 'websocket';
  /** Why the server has ended it. */
  ending: Ending | null = null;
  /** Subscriptions that have begun and have not ended. */
  running = 0;
  private started = 0;
  private messageBytes = 0;
  private isAlive = true;
  private terminating: NodeJS.Timeout | undefined;
  /** Ends what graphql-ws keeps of it, the iterators among it. */
  private closed: ReturnType<Opened> = async () => {};

  constructor(
    private readonly socket: WebSocket,
    private readonly request: FastifyRequest,
    readonly place: Place,
    private readonly log: Logger,
  ) {}

  open(opened: Opened): void {
    const { socket, request } = this;
    const openedAt = performance.now();
    this.place.opened(this);
    socket.on('pong', () => {
      this.isAlive = true;
    });
    socket.on('ping', () => this.boundUnread());
    socket.once('close', (code, reason) => {
      clearTimeout(this.terminating);
      void this.closed(code, reason.toString());
      this.log.info({
        requestId: request.id,
        operation: 'GET /graphql',
        outcome: this.ending?.name ?? 'ok',
        transport: this.transport,
        closeCode: code,
        durationMs: Math.round((performance.now() - openedAt) * 10) / 10,
      });
    });
    this.closed = opened(
      {
        protocol: socket.protocol,
        send: (data) => this.send(data),
        close: (code, reason) => this.close(code, reason),
        onMessage: (handle) => socket.on('message', (data) => void this.receive(`${data}`, handle)),
      },
      this,
    );
  }

  end(ending: Ending): void {
    if (this.ending) return;
    this.ending = ending;
    // In this order: an iterator that ends on an open connection tells the client that its subscription is over.
    this.close(ending.code, ending.reason);
    void this.closed(ending.code, ending.reason);
  }

  ping(): void {
    if (!this.isAlive) this.socket.terminate();
    else if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
    this.isAlive = false;
  }

  /** graphql-ws asks for the next event when the one before has been sent. */
  async delivered(): Promise<void> {}

  async subscribe(id: string, payload: SubscribePayload, start: Start) {
    this.started += 1;
    const requestId = `${this.request.id}.${this.started}`;
    if (id.length > LONGEST_ID) return this.refuse('id', `Use at most ${LONGEST_ID} characters.`, requestId);
    if (payload.query === '') return this.refuse('query', 'It is empty. Write a subscription.', requestId);
    if (this.running >= MOST_OF_CONNECTION) {
      const message = `One connection has at most ${MOST_OF_CONNECTION} subscriptions. Complete one, or open another connection.`;
      return this.refuse('query', message, requestId);
    }
    this.running += 1;
    const asked = {
      query: payload.query,
      variables: payload.variables ?? undefined,
      operationName: payload.operationName ?? undefined,
      bytes: this.messageBytes,
      requestId,
      clientAddress: this.request.ip,
      access: this.place.access as Access,
      peer: this,
    };
    const started = await start(asked);
    if (started.kind === 'started') return started;
    this.running -= 1;
    this.log.info({ requestId, operation: 'subscription', transport: this.transport, ...started.notes });
    if (isPassing(started.errors)) this.end(ENDINGS.unavailable);
    return started;
  }

  private refuse(path: string, message: string, requestId: string) {
    const error = refusedInput([{ path, message }]);
    const errors = namedErrors([answeredError(error.toJSON(), error)], requestId) ?? [];
    this.log.info({ requestId, operation: 'subscription', transport: this.transport, outcome: 'BAD_USER_INPUT' });
    return { errors };
  }

  private async receive(message: string, handle: (message: string) => Promise<void>): Promise<void> {
    if (this.socket.readyState !== this.socket.OPEN || !this.boundUnread()) return;
    this.messageBytes = Buffer.byteLength(message);
    try {
      await handle(message);
    } catch (error) {
      this.log.error({ requestId: this.request.id, ...describeFailure(error) });
      this.end(ENDINGS.failed);
    }
  }

  /** Ends the connection of a client that asks and does not read. @returns whether it may go on */
  private boundUnread(): boolean {
    if (this.socket.bufferedAmount <= MOST_UNREAD) return true;
    this.end(ENDINGS.tooSlow);
    return false;
  }

  /** Resolves when the message is on its way, or never will be. */
  private send(data: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.readyState === this.socket.OPEN) this.socket.send(data, () => resolve());
      else resolve();
    });
  }

  private close(code: number = ENDINGS.failed.code, reason = ''): void {
    // A longer one, which may have the id of an operation in it, cannot be sent.
    this.socket.close(code, Buffer.byteLength(reason) > LONGEST_REASON ? '' : reason);
    this.terminating ??= setTimeout(() => this.socket.terminate(), CLOSE_MS).unref();
  }
}

/** Bytes of the reason in a close frame. */
const LONGEST_REASON = 123;
