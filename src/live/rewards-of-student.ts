import type { Types } from 'mongoose';
import type { ClusterTime } from '../storage/committed-changes.js';
import { type KnownRows, ROWS_OF_ONE } from '../storage/live-reads.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { Inbox } from './subscription.js';

/** What the feed puts into the inbox of a subscription to rewards. */
export type RewardNews =
  | { readonly kind: 'rewarded'; readonly reward: RewardRecord; readonly committedAt: Date; readonly at: ClusterTime }
  /** The change stream has missed changes. They are in the ledger. */
  | { readonly kind: 'missed' };

/** A row, and when it was committed; null if it was read from the ledger. */
export interface DeliveredReward {
  readonly reward: RewardRecord;
  readonly committedAt: Date | null;
}

export interface RewardReads {
  readonly rowsBehind: (known: KnownRows) => Promise<readonly RewardRecord[]>;
  /** The sequence of a student's last row. */
  readonly lastSequence: (studentId: Types.ObjectId) => Promise<number>;
}

/**
 * Yields every row of the student's ledger after `afterSequence`, once and in order, although the rows that it reads and
 * the rows of the change stream overlap.
 * @param afterSequence null: only the rows that the change stream delivers from now on
 */
export async function* rewardsOfStudent(
  inbox: Inbox<RewardNews>,
  studentId: Types.ObjectId,
  afterSequence: number | null,
  reads: RewardReads,
): AsyncGenerator<DeliveredReward> {
  let last = afterSequence ?? (await reads.lastSequence(studentId));
  /** `last` was read, and nothing was delivered yet. If the stream delivers that row, it is news. */
  let isProvisional = afterSequence === null;

  async function* catchUp(): AsyncGenerator<DeliveredReward> {
    for await (const reward of rowsBehind({ studentId, sequence: last }, reads)) {
      yield { reward, committedAt: null };
      last = reward.sequence;
    }
  }

  async function* handle(news: RewardNews): AsyncGenerator<DeliveredReward> {
    if (news.kind === 'missed') {
      yield* catchUp();
      isProvisional = false;
      return;
    }
    const { sequence } = news.reward;
    if (isProvisional) last = Math.min(last, sequence - 1);
    isProvisional = false;
    if (sequence > last + 1) yield* catchUp();
    if (sequence <= last) return;
    yield news;
    last = sequence;
  }

  if (afterSequence !== null) yield* catchUp();
  for (let news = await inbox.take(); news; news = await inbox.take()) yield* handle(news);
}

/**
 * Yields all rows after the known one, page by page.
 * @param first the first page, if it was read already
 */
export async function* rowsBehind(
  { studentId, sequence }: KnownRows,
  reads: Pick<RewardReads, 'rowsBehind'>,
  first?: readonly RewardRecord[],
): AsyncGenerator<RewardRecord> {
  let rows = first ?? (await reads.rowsBehind({ studentId, sequence }));
  yield* rows;
  while (rows.length === ROWS_OF_ONE) {
    rows = await reads.rowsBehind({ studentId, sequence: rows.at(-1)!.sequence });
    yield* rows;
  }
}
