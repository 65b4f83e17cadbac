/** Part of http/: the context in which a subscription is prepared. */
import type { DocumentNode } from 'graphql';
import { RequestContext } from '../../graphql/context.js';

/** An operation that has passed every limit. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  /** Of each event, in points. */
  readonly cost: number;
}

/** Says to apollo.ts that the operation is a subscription, which is prepared as every other operation is, and no more. */
export class SubscriptionContext extends RequestContext {
  /** An object, because Apollo fills in a copy of the context. */
  readonly prepared: { operation?: PreparedOperation } = {};
}
