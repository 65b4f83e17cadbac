/** Part of http/: executes the events of one subscription, one after the other, each within the limits of a request. */
import { type DocumentNode, type ExecutionResult, execute, GraphQLError, type GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { RequestContext, type RequestNotes, type Services } from '../../graphql/context.js';
import { TooSlow } from '../../live/subscription.js';
import { Holding } from '../holding.js';
import { describeFailure } from '../request-log.js';
import { ENDINGS } from './endings.js';
import type { Access, Peer, Subscribers } from './subscribers.js';
import { toldErrors } from './told-errors.js';

/** What an answer is the answer to. */
export interface Asked {
  readonly query: string;
  readonly variables: Record<string, unknown> | undefined;
  readonly operationName: string | undefined;
  /** Bytes that it was sent as. */
  readonly bytes: number;
  readonly requestId: string;
  readonly clientAddress: string;
  readonly access: Access;
  readonly peer: DeliveringPeer;
}

export interface DeliveringPeer extends Peer {
  readonly transport: 'websocket' | 'sse';
  /** Resolves when so many events have been written, or nothing will be written any more. */
  delivered(events: number): Promise<void>;
}

/** What all subscriptions need. */
export interface Surroundings {
  readonly schema: GraphQLSchema;
  readonly services: Services;
  readonly subscribers: Subscribers;
  readonly log: Logger;
}

export interface Subscription {
  readonly asked: Asked;
  readonly document: DocumentNode;
  /** Of each event, in points. */
  readonly cost: number;
  readonly source: AsyncIterator<unknown>;
  readonly notes: RequestNotes;
  /** By performance.now(). */
  readonly startedAt: number;
}

const DONE = { done: true, value: undefined } as const;
/** Whoever may not see an event will not see later ones either. */
const LOST = ['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'];

/**
 * The answers of a subscription. The next event is executed when the answer before it has been written, so that a client
 * that does not read makes the server keep one answer, and otherwise only the events that the feed keeps for it.
 */
export class Answers implements AsyncGenerator<ExecutionResult, undefined, undefined> {
  private events = 0;
  private isOver = false;
  /** It has told that there is nothing more to see. */
  private isLost = false;
  private holding: Holding | null = null;
  private readonly stopCounting: () => void;

  constructor(
    private readonly subscription: Subscription,
    private readonly around: Surroundings,
  ) {
    this.stopCounting = around.subscribers.count();
  }

  get document(): DocumentNode {
    return this.subscription.document;
  }

  get operationName(): string | undefined {
    return this.subscription.asked.operationName;
  }

  async next(): Promise<IteratorResult<ExecutionResult, undefined>> {
    const { source, asked } = this.subscription;
    await asked.peer.delivered(this.events);
    this.holding?.isAnswered();
    if (this.isOver || this.isLost) return this.return();
    try {
      const event = await source.next();
      if (this.isOver || event.done) return this.return();
      const value = await this.answerTo(event.value);
      if (this.isOver || !value) return this.return();
      this.holding?.sends(JSON.stringify(value).length);
      this.events += 1;
      return { done: false, value };
    } catch (error) {
      this.endFor(error);
      return this.return();
    }
  }

  /** A client would take an error that is thrown here for the end of the subscription, and never come back. */
  private endFor(error: unknown): void {
    const { peer, requestId } = this.subscription.asked;
    if (error instanceof TooSlow) {
      peer.end(ENDINGS.tooSlow);
      return;
    }
    const isRefused = error instanceof GraphQLError && !error.originalError;
    if (!isRefused && !this.isOver) this.around.log.warn({ requestId, ...describeFailure(error) });
    peer.end(ENDINGS.unavailable);
  }

  async return(): Promise<typeof DONE> {
    if (this.isOver) return DONE;
    this.isOver = true;
    this.stopCounting();
    this.holding?.clientIsGone();
    this.writeLine();
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

  /**
   * Executes the operation for an event.
   * @returns null where that was not possible at this moment
   * @throws UNAVAILABLE
   */
  private async answerTo(event: unknown): Promise<ExecutionResult | null> {
    const { asked, document, cost, notes } = this.subscription;
    const { services, subscribers, schema } = this.around;
    const { access, requestId, clientAddress, peer } = asked;
    const party = access.viewer.accountId.toHexString();
    const holding = new Holding(subscribers.kind, party, { destroy: () => peer.end(ENDINGS.tooSlow) });
    this.holding = holding;
    holding.begin();
    try {
      await holding.admit(cost, false);
      const facts = { requestId, clientAddress, receivedAt: services.clock() };
      const contextValue = new RequestContext(services, facts, access.viewer, notes, holding);
      const result = await execute({
        schema,
        document,
        contextValue,
        rootValue: event,
        operationName: asked.operationName,
        variableValues: asked.variables,
      });
      return this.formOf(result, contextValue);
    } finally {
      holding.end();
    }
  }

  private formOf(result: ExecutionResult, context: RequestContext): ExecutionResult | null {
    const errors = result.errors && toldErrors(result.errors, context, this.around.log);
    const codes = errors?.map(({ extensions }) => `${extensions?.code}`) ?? [];
    if (codes.includes('UNAVAILABLE')) {
      this.subscription.asked.peer.end(ENDINGS.unavailable);
      return null;
    }
    this.isLost = result.data == null && codes.some((code) => LOST.includes(code));
    // In the form in which they are told, which graphql-js has a type of its own for.
    const told = errors && { errors: errors as never };
    return { ...told, ...(this.isLost ? {} : { data: result.data }) };
  }

  private writeLine(): void {
    const { asked, notes, startedAt } = this.subscription;
    this.around.log.info({
      requestId: asked.requestId,
      operation: notes.operation,
      outcome: notes.outcome,
      transport: asked.peer.transport,
      events: this.events,
      durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
    });
  }
}
