/** Older servers trimmed texts at both ends. What they paid is replayed by a server that keeps the indentation. */
import { describe, expect, test } from '@jest/globals';
import type { Types } from 'mongoose';
import { fingerprintOf } from '../../../src/granting/find-replay.js';
import { RewardModel } from '../../../src/storage/models/reward.js';
import { useDatabase } from '../../support/database.js';
import { expectExactLedger } from '../../support/exact-ledger.js';
import { givenAssignment, givenClass, submit } from '../../support/given.js';
import { expectNothingWritten, expectReplay, rewarded } from '../../support/replays.js';

const database = useDatabase();

/** A submission as an older server stored it, given the text that the client sent. */
async function givenPaidByOlderServer(sent: string, key: string | null) {
  const given = await givenClass();
  const paid = rewarded(await submit(given.student, given.assignment, { content: sent.trim(), key }));
  const fingerprint = fingerprintOf(given.assignment._id.toHexString(), sent.trim());
  await RewardModel.collection.updateOne({ _id: paid.reward._id }, { $set: { fingerprint } });
  return { ...given, paid: { ...paid, reward: { ...paid.reward, fingerprint } } };
}

const expectReplayed = async (
  { student, assignment, paid }: Awaited<ReturnType<typeof givenPaidByOlderServer>>,
  content: string,
  key: string | null,
) => expectReplay(await expectNothingWritten(database, () => submit(student, assignment, { content, key })), paid);

describe.each(['key', null])('given a row with the key %p', (key) => {
  test.each(['  x', '\n\tfor each:\n    do', 'x'])(
    'a repeat with the untrimmed or the trimmed text is a replay: %j',
    async (content) => {
      const given = await givenPaidByOlderServer(content, key);
      await expectReplayed(given, content, key);
      await expectReplayed(given, content, null);
      await expectReplayed(given, content.trim(), key);
    },
  );
});

test('another text is not a replay', async () => {
  const { student, assignment, course } = await givenPaidByOlderServer('  x', 'key');
  expect(await submit(student, assignment, { content: '  y' })).toMatchObject({ code: 'ALREADY_SUBMITTED' });
  expect(await submit(student, assignment, { content: '  y', key: 'key' })).toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
  expect(await submit(student, await givenAssignment(course), { content: '  x', key: 'key' })).toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
});

test('the ledger is exact with rows of older and newer servers', async () => {
  const { student, course }: { student: Types.ObjectId; course: Parameters<typeof givenAssignment>[0] } =
    await givenPaidByOlderServer('  x', null);
  await submit(student, await givenAssignment(course), { content: '  x' });
  expect(await expectExactLedger(student)).toHaveLength(2);
});
