/** What was paid by a server that trimmed texts at both ends is replayed by one that keeps their indentation. */
import { describe, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { fingerprintOf } from '../../../src/granting/find-replay.js';
import { RewardModel } from '../../../src/storage/models/reward.js';
import { useDatabase } from '../../support/database.js';
import { expectExactLedger } from '../../support/exact-ledger.js';
import { givenAssignment, givenClass, submit } from '../../support/given.js';
import { expectNothingWritten, expectReplay, rewarded } from '../../support/replays.js';

const database = useDatabase();

/** A submission as such a server stored it, of this text as it was sent. */
async function paidByAnOlderServer(sent: string, key: string | null) {
  const given = await givenClass();
  const paid = rewarded(await submit(given.student, given.assignment, { content: sent.trim(), key }));
  const fingerprint = fingerprintOf(given.assignment._id.toHexString(), sent.trim());
  await RewardModel.collection.updateOne({ _id: paid.reward._id }, { $set: { fingerprint } });
  return { ...given, paid: { ...paid, reward: { ...paid.reward, fingerprint } } };
}

const expectReplayed = async (
  { student, assignment, paid }: Awaited<ReturnType<typeof paidByAnOlderServer>>,
  content: string,
  key: string | null,
) => expectReplay(await expectNothingWritten(database, () => submit(student, assignment, { content, key })), paid);

describe.each(['key', null])('under the key %p', (key) => {
  test.each(['  x', '\n\tfor each:\n    do', 'x'])('the same text, as it arrives now: %j', async (content) => {
    const given = await paidByAnOlderServer(content, key);
    await expectReplayed(given, content, key);
    await expectReplayed(given, content, null);
    await expectReplayed(given, content.trim(), key);
  });
});

test('another text is another one', async () => {
  const { student, assignment, course } = await paidByAnOlderServer('  x', 'key');
  expect(await submit(student, assignment, { content: '  y' })).toMatchObject({ code: 'ALREADY_SUBMITTED' });
  expect(await submit(student, assignment, { content: '  y', key: 'key' })).toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
  expect(await submit(student, await givenAssignment(course), { content: '  x', key: 'key' })).toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
});

test('the ledger is exact with rows of both', async () => {
  const { student, course }: { student: Types.ObjectId; course: Parameters<typeof givenAssignment>[0] } =
    await paidByAnOlderServer('  x', null);
  await submit(student, await givenAssignment(course), { content: '  x' });
  expect(await expectExactLedger(student)).toHaveLength(2);
});
