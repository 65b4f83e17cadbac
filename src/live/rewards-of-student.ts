import type { Types } from 'mongoose';
import { type KnownRows, ROWS_OF_ONE } from '../storage/live-reads.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { Inbox } from './subscription.js';

/** What the feed puts into the inbox of whoever waits for rewards. */
export type RewardNews =
  | { readonly kind: 'rewarded'; readonly reward: RewardRecord; readonly committedAt: Date }
  /** Changes were missed: the ledger has them. */
  | { readonly kind: 'missed' };

/** A row, and when it was committed; null where it was read from the ledger. */
export interface ToldReward {
  readonly reward: RewardRecord;
  readonly committedAt: Date | null;
}

export interface RewardReads {
  readonly rowsBehind: (known: KnownRows) => Promise<readonly RewardRecord[]>;
  /** The sequence of a student's last row. */
  readonly lastSequence: (studentId: Types.ObjectId) => Promise<number>;
}

/**
 * Every row of the student's ledger after `afterSequence`, in order and once, however what is read and what is live
 * overlap. null: every row whose commit is seen from now on.
 */
export async function* rewardsOfStudent(
  inbox: Inbox<RewardNews>,
  studentId: Types.ObjectId,
  afterSequence: number | null,
  reads: RewardReads,
): AsyncGenerator<ToldReward> {
  let last = afterSequence ?? (await reads.lastSequence(studentId));
  /** The last row was read and not told: if it comes, it was committed after the subscription had begun. */
  let mayBegin = afterSequence === null;

  async function* catchUp(): AsyncGenerator<ToldReward> {
    for await (const reward of rowsBehind({ studentId, sequence: last }, reads)) {
      yield { reward, committedAt: null };
      last = reward.sequence;
    }
  }

  async function* hear(news: RewardNews): AsyncGenerator<ToldReward> {
    if (news.kind === 'missed') {
      yield* catchUp();
      mayBegin = false;
      return;
    }
    const { sequence } = news.reward;
    if (mayBegin) last = Math.min(last, sequence - 1);
    mayBegin = false;
    if (sequence > last + 1) yield* catchUp();
    if (sequence <= last) return;
    yield news;
    last = sequence;
  }

  if (afterSequence !== null) yield* catchUp();
  for (let news = await inbox.take(); news; news = await inbox.take()) yield* hear(news);
}

/**
 * All rows behind the known one, page by page.
 * @param first the first page, where it has been read already
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
