import type { Types } from 'mongoose';

/** Who sent a request, when it arrived, and its id in the log. Every action needs these. */
export interface RequestFacts {
  /** Appears in the request's log line and in the ledger row of its reward. */
  readonly requestId: string;
  /** When the request arrived, by the server's clock. The clock is read only once. */
  readonly receivedAt: Date;
  /** The account that sent the request. */
  readonly actorId: Types.ObjectId;
}
