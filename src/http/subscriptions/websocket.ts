/** Part of http/: subscriptions over a WebSocket, with the protocol graphql-transport-ws. */
import type { FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import type { Logger } from 'pino';
import type { ServerOptions, WebSocket } from 'ws';
import type { RequestNotes } from '../../graphql/context.js';
import { rejectedRequest } from '../../graphql/errors.js';
import { millisecondsSince } from '../milliseconds-since.js';
import { formatError, withRequestId } from '../operation-rules.js';
import { excessOf } from '../request-body.js';
import { describeFailure } from '../request-log.js';
import { accessOf } from './access.js';
import { CLOSE_REASONS, type CloseReason } from './close-reasons.js';
import { type Access, MAX_MESSAGE_BYTES, type Slot } from './connections.js';
import { type EventResults, operationOf, type SubscriptionPeer, type SubscriptionServices } from './event-results.js';
import { isTemporary, type Start } from './start.js';

/** A client must send connection_init within this time. */
export const INIT_TIMEOUT_MS = 3_000;
/** A client must answer a close frame within this time. */
const CLOSE_TIMEOUT_MS = 2_000;
/** A teacher's page subscribes to each of some courses. */
const MAX_PER_CONNECTION = 32;
/** Bytes that wait to be sent: pongs and refusals. Each subscription has at most one result among them. */
const MAX_BUFFERED_BYTES = 4 * 1_048_576;
/** Characters of the id of an operation: each event repeats it. */
const MAX_ID_LENGTH = 128;
/** Bytes of the reason in a close frame. */
const MAX_REASON_BYTES = 123;

export const webSocketOptions = {
  maxPayload: MAX_MESSAGE_BYTES,
  handleProtocols,
  // Compression would take several hundred kilobytes for each connection.
  perMessageDeflate: false,
  clientTracking: false,
} satisfies ServerOptions;

type GraphqlServer = ReturnType<typeof makeServer<Record<string, unknown>, WebSocketPeer>>;

/** @param slotOf the slot that the upgrade request has taken */
export function webSocketHandler(
  start: Start,
  services: SubscriptionServices,
  slotOf: (request: FastifyRequest) => Slot,
): (socket: WebSocket, request: FastifyRequest) => void {
  const { graphql, log, schema, connections } = services;
  const server: GraphqlServer = makeServer({
    connectionInitWaitTimeout: INIT_TIMEOUT_MS,

    async onConnect({ connectionParams, extra: peer }) {
      const access = await accessOf(authorizationOf(connectionParams, peer), graphql);
      if ('code' in access) peer.close(access);
      else if (!peer.slot.signIn(access)) peer.close(CLOSE_REASONS.tooMany);
      return peer.closeReason === null;
    },

    async onSubscribe({ extra: peer }, id, payload) {
      const started = await peer.subscribe(id, payload, start);
      if ('errors' in started) return started.errors.map((error) => new FormattedError(error));
      const { document, operationName } = started.results;
      return { schema, document, operationName, contextValue: started.results };
    },

    subscribe: ({ contextValue: results }) => results as EventResults,
    onNext: (_context, _id, _payload, _args, result) => result as never,
    onComplete: ({ extra: peer }) => peer.subscriptionEnded(),
  });

  return (socket, request) => {
    const peer = new WebSocketPeer(socket, request, slotOf(request), log);
    peer.open(server);
    if (connections.isShutDown) peer.close(CLOSE_REASONS.shutdown);
  };
}

/**
 * From the payload of connection_init, in upper or lower case; without it, from the upgrade: browsers cannot send it there.
 */
function authorizationOf(params: Record<string, unknown> | undefined, { request }: WebSocketPeer): unknown {
  const name = Object.keys(params ?? {}).find((key) => key.toLowerCase() === 'authorization');
  return name === undefined ? request.headers.authorization : params?.[name];
}

/** An error that is formatted already. */
class FormattedError extends GraphQLError {
  constructor(private readonly formatted: GraphQLFormattedError) {
    super(formatted.message);
  }

  override toJSON(): GraphQLFormattedError {
    return this.formatted;
  }
}

class WebSocketPeer implements SubscriptionPeer {
  readonly transport = 'websocket';
  closeReason: CloseReason | null = null;
  private requests = 0;
  /** Subscriptions that start or run. */
  private subscriptions = 0;
  private messageBytes = 0;
  private isAlive = true;
  private terminateTimer: NodeJS.Timeout | undefined;
  /** Ends the subscriptions. */
  private endAll: ReturnType<GraphqlServer['opened']> = async () => {};

  constructor(
    private readonly socket: WebSocket,
    readonly request: FastifyRequest,
    readonly slot: Slot,
    private readonly log: Logger,
  ) {}

  open(server: GraphqlServer): void {
    const { socket } = this;
    const openedAt = performance.now();
    this.slot.attach(this);
    socket.on('pong', () => {
      this.isAlive = true;
    });
    socket.on('ping', () => this.checkBuffer());
    socket.once('close', (code) => {
      clearTimeout(this.terminateTimer);
      void this.endAll(code);
      this.writeLogLine(openedAt, code);
    });
    const adapter = {
      protocol: socket.protocol,
      send: (data: string) => this.send(data),
      close: (code?: number, reason?: string) => this.sendClose(code, reason),
      onMessage: (handle: (message: string) => Promise<void>) =>
        socket.on('message', (data) => void this.receive(`${data}`, handle)),
    };
    this.endAll = server.opened(adapter, this);
  }

  close(reason: CloseReason): void {
    if (this.closeReason) return;
    this.closeReason = reason;
    // The order matters: a subscription that ends on an open connection tells the client that it is complete.
    this.sendClose(reason.code, reason.message);
    void this.endAll(reason.code);
  }

  ping(): void {
    if (!this.isAlive) this.socket.terminate();
    else if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
    this.isAlive = false;
  }

  /** graphql-ws asks for the next result only when the one before is sent. */
  async written(): Promise<void> {}

  async subscribe(
    id: string,
    payload: SubscribePayload,
    start: Start,
  ): Promise<{ results: EventResults } | { errors: readonly GraphQLFormattedError[] }> {
    this.requests += 1;
    const startedAt = performance.now();
    const requestId = `${this.request.id}.${this.requests}`;
    const problem = this.problemOf(id, payload);
    if (problem) return this.refuse(requestId, problem, startedAt);
    this.subscriptions += 1;
    const started = await start({
      ...operationOf(payload),
      bytes: this.messageBytes,
      requestId,
      clientAddress: this.request.ip,
      access: this.slot.access as Access,
      peer: this,
    });
    if (started.kind === 'started') return started;
    this.subscriptionEnded();
    this.logRefusal(requestId, startedAt, started.notes);
    if (isTemporary(started.errors)) this.close(CLOSE_REASONS.unavailable);
    return { errors: started.errors };
  }

  subscriptionEnded(): void {
    this.subscriptions -= 1;
  }

  private problemOf(id: string, { query, variables }: SubscribePayload): { path: string; message: string } | null {
    if (id.length > MAX_ID_LENGTH) return { path: 'id', message: `Use at most ${MAX_ID_LENGTH} characters.` };
    if (query === '') return { path: 'query', message: 'It is empty. Send a subscription.' };
    const excess = excessOf(variables);
    if (excess !== null) return { path: 'variables', message: excess };
    if (this.subscriptions < MAX_PER_CONNECTION) return null;
    const message = `A connection may have ${MAX_PER_CONNECTION} subscriptions. Complete one, or open another connection.`;
    return { path: 'query', message };
  }

  private refuse(requestId: string, problem: { path: string; message: string }, startedAt: number) {
    const error = rejectedRequest([problem]);
    this.logRefusal(requestId, startedAt, { outcome: 'BAD_USER_INPUT' });
    return { errors: withRequestId([formatError(error.toJSON(), error)], requestId) };
  }

  private logRefusal(requestId: string, startedAt: number, notes: RequestNotes): void {
    const durationMs = millisecondsSince(startedAt);
    this.log.info({ requestId, operation: 'subscription', transport: this.transport, ...notes, durationMs });
  }

  private async receive(message: string, handle: (message: string) => Promise<void>): Promise<void> {
    if (this.socket.readyState !== this.socket.OPEN || !this.checkBuffer()) return;
    this.messageBytes = Buffer.byteLength(message);
    try {
      await handle(message);
    } catch (error) {
      this.log.error({ requestId: this.request.id, ...describeFailure(error) });
      this.close(CLOSE_REASONS.internalError);
    }
  }

  /** Closes the connection of a client that sends messages without reading the answers. @returns whether it is open */
  private checkBuffer(): boolean {
    if (this.socket.bufferedAmount <= MAX_BUFFERED_BYTES) return true;
    this.close(CLOSE_REASONS.tooSlow);
    return false;
  }

  /** Resolves when the message is handed to the system, or when the connection has closed. */
  private send(data: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.readyState === this.socket.OPEN) this.socket.send(data, () => resolve());
      else resolve();
    });
  }

  private sendClose(code: number = CLOSE_REASONS.internalError.code, reason = ''): void {
    // graphql-ws puts the id of an operation into some reasons. ws throws if a reason is too long.
    this.socket.close(code, Buffer.byteLength(reason) > MAX_REASON_BYTES ? '' : reason);
    this.terminateTimer ??= setTimeout(() => this.socket.terminate(), CLOSE_TIMEOUT_MS).unref();
  }

  private writeLogLine(openedAt: number, closeCode: number): void {
    this.log.info({
      requestId: this.request.id,
      operation: 'GET /graphql',
      outcome: this.closeReason?.name ?? 'ok',
      transport: this.transport,
      closeCode,
      durationMs: millisecondsSince(openedAt),
    });
  }
}
