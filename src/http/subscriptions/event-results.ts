/** Part of http/: executes the operation of one subscription for each event, under the limits of a request. */
import { type DocumentNode, type ExecutionResult, execute, GraphQLError, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { RequestContext, type RequestNotes, type Services } from '../../graphql/context.js';
import { TooSlow } from '../../live/subscription.js';
import { millisecondsSince } from '../milliseconds-since.js';
import { publicErrors } from '../operation-rules.js';
import type { OperationCost } from '../query-cost.js';
import { describeFailure } from '../request-log.js';
import { Reservation } from '../reservation.js';
import { CLOSE_REASONS } from './close-reasons.js';
import type { Access, Connections, Peer } from './connections.js';

/** A subscription as it arrived. */
export interface SubscriptionRequest {
  readonly query: string;
  readonly variables: Record<string, unknown> | undefined;
  readonly operationName: string | undefined;
  /** The size of the message or body. */
  readonly bytes: number;
  readonly requestId: string;
  readonly clientAddress: string;
  readonly access: Access;
  readonly peer: SubscriptionPeer;
}

/** The operation in a message or body. */
export interface SentSubscription {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly operationName?: string | null | undefined;
}

/** Some clients always send an operation name: an empty one for an anonymous operation. */
export const operationOf = ({
  query,
  variables,
  operationName,
}: SentSubscription): Pick<SubscriptionRequest, 'query' | 'variables' | 'operationName'> => ({
  query,
  variables: variables ?? undefined,
  operationName: operationName || undefined,
});

export interface SubscriptionPeer extends Peer {
  /** Resolves when this many results are written, or when no more can be written. */
  written(results: number): Promise<void>;
}

export interface SubscriptionServices {
  readonly schema: GraphQLSchema;
  readonly graphql: Services;
  readonly connections: Connections;
  readonly log: Logger;
}

export interface Subscription {
  readonly request: SubscriptionRequest;
  readonly document: DocumentNode;
  /** The cost of each event. */
  readonly cost: OperationCost;
  readonly source: AsyncIterator<unknown>;
  readonly notes: RequestNotes;
  /** In terms of performance.now(). */
  readonly startedAt: number;
}

/** What a subscription may use of its account's share: once to start, and again for each event. */
export function reservationFor({ access, peer }: SubscriptionRequest, { quotas }: Connections): Reservation {
  const tooSlow = { destroy: () => peer.close(CLOSE_REASONS.tooSlow) };
  return new Reservation(quotas, access.viewer.accountId.toHexString(), tooSlow);
}

const DONE = { done: true, value: undefined } as const;
/** A subscriber that may not see one event may not see the next ones either. */
const RIGHT_IS_LOST = ['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'];

/**
 * The results of a subscription. The next event is executed when the result before it is written. So a client that
 * reads nothing costs the memory of one result, and of the events that the feed buffers for it.
 */
export class EventResults implements AsyncGenerator<ExecutionResult, undefined, undefined> {
  private count = 0;
  private isOver = false;
  private isRightLost = false;
  private reservation: Reservation | null = null;
  private readonly endCount: () => void;

  constructor(
    private readonly subscription: Subscription,
    private readonly services: SubscriptionServices,
  ) {
    const field = subscription.notes.operation?.replace('subscription ', '') ?? '';
    this.endCount = services.connections.countSubscription(field, subscription.request.peer.transport);
  }

  get document(): DocumentNode {
    return this.subscription.document;
  }

  get operationName(): string | undefined {
    return this.subscription.request.operationName;
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    const { source, request } = this.subscription;
    await request.peer.written(this.count);
    this.reservation?.answerSent();
    if (this.isOver || this.isRightLost) return this.return();
    try {
      const event = await source.next();
      if (this.isOver || event.done) return this.return();
      const value = await this.execute(event.value);
      if (this.isOver || !value) return this.return();
      this.reservation?.sends(JSON.stringify(value).length);
      this.count += 1;
      return { done: false, value };
    } catch (error) {
      this.closeAfter(error);
      return this.return();
    }
  }

  async return(): Promise<typeof DONE> {
    if (this.isOver) return DONE;
    this.isOver = true;
    this.endCount();
    this.reservation?.clientDisconnected();
    this.writeLogLine();
    await this.subscription.source.return?.();
    return DONE;
  }

  async throw(error: unknown): Promise<typeof DONE> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Closes the connection, so that the client resumes. If next() threw, the client would give the subscription up. */
  private closeAfter(error: unknown): void {
    const { peer, requestId } = this.subscription.request;
    if (error instanceof TooSlow) {
      peer.close(CLOSE_REASONS.tooSlow);
      return;
    }
    const isOverloadOrTimeout = error instanceof GraphQLError && !error.originalError;
    if (!isOverloadOrTimeout && !this.isOver) this.services.log.warn({ requestId, ...describeFailure(error) });
    peer.close(CLOSE_REASONS.unavailable);
  }

  /**
   * @returns null if the event cannot be executed now: the connection is closed, so that the client resumes
   * @throws UNAVAILABLE
   */
  private async execute(event: unknown): Promise<ExecutionResult | null> {
    const { request, document, cost, notes } = this.subscription;
    const { graphql, connections, schema } = this.services;
    const { access, requestId, clientAddress } = request;
    const reservation = reservationFor(request, connections);
    this.reservation = reservation;
    reservation.begin();
    try {
      await reservation.admitOperation(cost.memory, []);
      const facts = { requestId, clientAddress, receivedAt: graphql.clock() };
      const contextValue = new RequestContext(graphql, facts, access.viewer, notes, reservation);
      const result = await execute({
        schema,
        document,
        contextValue,
        rootValue: event,
        operationName: request.operationName,
        variableValues: request.variables,
      });
      return this.publicResult(result, contextValue);
    } finally {
      reservation.end();
    }
  }

  private publicResult({ data, errors }: ExecutionResult, context: RequestContext): ExecutionResult | null {
    if (!errors) return { data };
    const formatted = publicErrors(errors, context, this.services.log);
    const codes = formatted.map(({ extensions }) => `${extensions?.code}`);
    if (codes.includes('UNAVAILABLE')) {
      this.subscription.request.peer.close(CLOSE_REASONS.unavailable);
      return null;
    }
    this.isRightLost = data == null && codes.some((code) => RIGHT_IS_LOST.includes(code));
    // graphql-js types formatted errors differently; both transports only write them.
    return { errors: formatted as never, ...(this.isRightLost ? {} : { data }) };
  }

  private writeLogLine(): void {
    const { request, notes, startedAt } = this.subscription;
    this.services.log.info({
      requestId: request.requestId,
      operation: notes.operation,
      outcome: notes.outcome,
      transport: request.peer.transport,
      events: this.count,
      durationMs: millisecondsSince(startedAt),
    });
  }
}
