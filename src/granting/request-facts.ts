import type { Types } from 'mongoose';

/** Who asks, when, and under which name it is found again in the log: the same for every action. */
export interface RequestFacts {
  /** Named in the log line of the request and in the ledger row that it is paid with. */
  readonly requestId: string;
  /** The server's clock, read once, when the request arrived. */
  readonly receivedAt: Date;
  /** The account that asks. */
  readonly actorId: Types.ObjectId;
}
