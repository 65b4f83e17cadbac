/** Compares what each subscriber received with the ledger. Like checker.ts it uses neither the product nor its rules. */
import { isDeepStrictEqual } from 'node:util';
import { groupBy } from '../../src/group-by.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { Violation } from './checker.js';
import type { DeliveredReward, SubscriberRecord } from './record.js';

type Rows = readonly RewardRecord[];

/** Every subscriber received every row once, in the order of its student's sequences, and nothing else. */
export function checkDelivery(subscribers: readonly SubscriberRecord[], rewards: Rows): Violation[] {
  const rowsById = new Map(rewards.map((row) => [row._id.toHexString(), row]));
  const rowsByStudent = groupBy(rewards, ({ studentId }) => studentId.toHexString());
  return subscribers.flatMap((subscriber) => {
    const expected = subscriber.studentId === null ? rewards : (rowsByStudent.get(subscriber.studentId) ?? []);
    return [...deliveredAll(subscriber, expected, rowsById), ...deliveredRightly(subscriber, rowsById)];
  });
}

function deliveredAll(
  { name, studentId, delivered, gaveUp }: SubscriberRecord,
  expected: Rows,
  rowsById: ReadonlyMap<string, RewardRecord>,
): Violation[] {
  const ids = new Set(delivered.map(({ id }) => id));
  // The first event opens a subscription to all students: the rows of this student before it were never due.
  const opening = studentId === null ? rowsById.get(delivered[0]?.id ?? '') : undefined;
  const isDue = (row: RewardRecord) => !opening?.studentId.equals(row.studentId) || row.sequence >= opening.sequence;
  const missing = expected.filter((row) => !ids.has(row._id.toHexString()) && isDue(row));
  return [
    // First, because only the first violations are printed, and this is the cause of the others.
    ...(gaveUp === null ? [] : [violation('delivered-all', name, `the server made it give up: ${gaveUp}`)]),
    ...missing.map((row) => violation('delivered-all', name, `row ${row.sequence} of ${row.studentId} never arrived`)),
  ];
}

function deliveredRightly(
  { name, studentId, delivered }: SubscriberRecord,
  rowsById: ReadonlyMap<string, RewardRecord>,
): Violation[] {
  const seen = new Set<string>();
  const last = new Map<string, number>();
  return delivered.flatMap((reward) => {
    const row = rowsById.get(reward.id);
    const owner = row?.studentId.toHexString();
    if (!row || !owner || (studentId !== null && owner !== studentId) || !isDeepStrictEqual(reward, reportedOf(row))) {
      const stored = row ? `, but is ${JSON.stringify(reportedOf(row))} of ${owner}` : ', which is not in the ledger';
      return violation('delivered-committed', name, `${JSON.stringify(reward)} arrived${stored}`);
    }
    if (seen.has(reward.id)) return violation('delivered-once', name, `row ${row.sequence} of ${owner} arrived twice`);
    seen.add(reward.id);
    const before = last.get(owner) ?? 0;
    last.set(owner, Math.max(before, row.sequence));
    if (row.sequence > before) return [];
    return violation('delivered-in-order', name, `row ${row.sequence} of ${owner} arrived after row ${before}`);
  });
}

const reportedOf = (row: RewardRecord): DeliveredReward => ({
  id: row._id.toHexString(),
  sequence: row.sequence,
  reason: row.reason,
  xp: row.xp,
  auraPoints: row.auraPoints,
  grantedAt: row.grantedAt.toISOString(),
});

const violation = (invariant: Violation['invariant'], subscriber: string, text: string): Violation => ({
  invariant,
  text: `${subscriber}: ${text}`,
});
