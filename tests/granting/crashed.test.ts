import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { endAbandonedTransactions } from '../support/abandoned-transactions.js';
import { stepInAfter } from '../support/commands.js';
import { type FailCommand, useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { grantingMutations } from '../support/granting-mutations.js';
import { expectNothingWritten, expectPaid } from '../support/replays.js';

const database = useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

/** Failures that are not transient, so nothing retries them. The code is BadValue. */
const commandFailures: readonly (FailCommand & { readonly command: string })[] = [
  { command: 'the update', failCommands: ['update'], errorCode: 2 },
  { command: 'the first insert', failCommands: ['insert'], errorCode: 2 },
  { command: 'the second insert', failCommands: ['insert'], mode: { skip: 1 }, errorCode: 2 },
  { command: 'the commit', failCommands: ['commitTransaction'], errorCode: 2 },
];

async function crash(): Promise<never> {
  throw new Error('crashed by a test');
}

describe.each(grantingMutations)('$name', ({ prepare, writes }) => {
  describe('crashed', () => {
    test.each(commandFailures)('at $command: nothing is written, and a repeat pays once', async (commandFailure) => {
      const { command: _, ...failure } = commandFailure;
      const { student, request } = await prepare();
      await expectNothingWritten(database, async () => {
        const failpoint = await database.failCommand(failure);
        await expect(request({ key: 'once' })).rejects.toThrow('failpoint');
        expect(await failpoint.off()).toBe(1);
        await endAbandonedTransactions(database.name);
      });

      const { reward } = await expectPaid(await request({ key: 'once' }));
      expect(await expectExactLedger(student)).toEqual([reward]);
    });

    test.each(writes)('after %s: nothing is written, and a repeat pays once', async (write) => {
      const { student, request } = await prepare();
      await expectNothingWritten(database, async () => {
        stepInAfter(write, crash);
        await expect(request({ key: 'once' })).rejects.toThrow('crashed by a test');
      });

      const { reward } = await expectPaid(await request({ key: 'once' }));
      expect(await expectExactLedger(student)).toEqual([reward]);
    });
  });
});
