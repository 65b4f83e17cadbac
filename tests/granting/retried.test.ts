import { describe, expect, test } from '@jest/globals';
import { type FailCommand, useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { grantingMutations } from '../support/granting-mutations.js';
import { expectPaid, expectReplay } from '../support/replays.js';

const database = useDatabase();

const transient = ['TransientTransactionError'];
const executed = (code: number) => ({ writeConcernError: { code, errmsg: 'planted by a test' } });

const faults: readonly (FailCommand & { readonly fault: string })[] = [
  { fault: 'a write conflict on the student', failCommands: ['update'], errorCode: 112, errorLabels: transient },
  { fault: 'a write conflict on an insert', failCommands: ['insert'], errorCode: 112, errorLabels: transient },
  {
    fault: 'a write conflict, 20 times',
    failCommands: ['update'],
    mode: { times: 20 },
    errorCode: 112,
    errorLabels: transient,
  },
  { fault: 'the connection closed at the student', failCommands: ['update'], closeConnection: true },
  { fault: 'the connection closed at an insert', failCommands: ['insert'], closeConnection: true },
  { fault: 'a commit that finds no transaction', failCommands: ['commitTransaction'], errorCode: 251 },
  { fault: 'the connection closed at the commit', failCommands: ['commitTransaction'], closeConnection: true },
  { fault: 'a commit executed by a primary that steps down', failCommands: ['commitTransaction'], ...executed(91) },
  {
    fault: 'a commit executed, but the wait for its majority timed out',
    failCommands: ['commitTransaction'],
    ...executed(64),
  },
  {
    fault: 'a commit executed, but its reply lost to the driver',
    failCommands: ['commitTransaction'],
    ...executed(50),
  },
  {
    fault: 'the connection closed at a read, 3 times',
    failCommands: ['aggregate'],
    mode: { times: 3 },
    closeConnection: true,
  },
];

describe.each(grantingMutations)('$name', ({ prepare }) => {
  describe('retried', () => {
    test.each(faults)(
      '$fault: paid once, with a complete answer that is not a replay',
      async ({ fault: _, ...failure }) => {
        const { student, request } = await prepare();
        const failpoint = await database.failCommand(failure);
        const outcome = await request({ key: 'once' });
        expect(await failpoint.off()).toBeGreaterThanOrEqual(1);

        const answer = await expectPaid(outcome);
        expect(await expectExactLedger(student)).toEqual([answer.reward]);
        await expectReplay(await request({ key: 'once' }), answer);
      },
    );
  });
});
