/** Part of http/: the context in which a subscription starts. */
import type { DocumentNode } from 'graphql';
import { RequestContext } from '../../graphql/context.js';
import type { OperationCost } from '../query-cost.js';

/** A subscription that has passed every limit. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  /** The cost of each event. */
  readonly cost: OperationCost;
}

/** Tells apollo.ts to prepare the operation as a subscription, without executing it. */
export class SubscriptionContext extends RequestContext {
  /** Filled in by apollo.ts. It is an object because Apollo works on a shallow copy of the context. */
  readonly prepared: { operation?: PreparedOperation } = {};
}
