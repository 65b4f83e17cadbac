import { describe, expect, test } from '@jest/globals';
import { committerLimits, createCommitter } from '../../src/granting/committer.js';
import { Unavailable } from '../../src/granting/unavailable.js';
import { type FailCommand, useDatabase } from '../support/database.js';
import { expectExactLedger } from '../support/exact-ledger.js';
import { grantingMutations } from '../support/granting-mutations.js';
import { expectNothingWritten, expectPaid, rewarded } from '../support/replays.js';

const database = useDatabase();

/** A committer with a deadline that is short enough for a test. */
const createImpatientCommitter = () => createCommitter({ ...committerLimits, deadlineMs: 500 });

const outages: readonly (FailCommand & { readonly what: string })[] = [
  { what: 'every read', failCommands: ['aggregate'], closeConnection: true },
  {
    what: 'every write with a conflict',
    failCommands: ['update'],
    errorCode: 112,
    errorLabels: ['TransientTransactionError'],
  },
  { what: 'every write by closing the connection', failCommands: ['update', 'insert'], closeConnection: true },
];

const commits: readonly (Omit<FailCommand, 'failCommands'> & { readonly what: string })[] = [
  { what: 'interrupted', mode: 'alwaysOn', closeConnection: true },
  { what: 'executed but never confirmed', mode: 'alwaysOn', writeConcernError: { code: 64, errmsg: 'by a test' } },
  { what: 'answered after the deadline', blockConnection: true, blockTimeMS: 1_000 },
];

describe.each(grantingMutations)('$name', ({ prepare }) => {
  describe('unavailable', () => {
    test.each(outages)('the database fails $what: nothing is written, and a repeat pays once', async (outage) => {
      const { what: _, ...failure } = outage;
      const { student, request } = await prepare();
      const by = createImpatientCommitter();
      await expectNothingWritten(database, async () => {
        const failpoint = await database.failCommand({ ...failure, mode: 'alwaysOn' });
        await expect(request({ key: 'once', by })).rejects.toThrow(Unavailable);
        await by.idle();
        expect(await failpoint.off()).toBeGreaterThanOrEqual(2);
      });

      const { reward } = await expectPaid(await request({ key: 'once' }));
      expect(await expectExactLedger(student)).toEqual([reward]);
    });

    test.each(commits)('the commit is $what: a repeat returns the only reward', async (fault) => {
      const { what: _, ...failure } = fault;
      const { student, request } = await prepare();
      const by = createImpatientCommitter();
      const failpoint = await database.failCommand({ failCommands: ['commitTransaction'], ...failure });
      await expect(request({ key: 'once', by })).rejects.toThrow(Unavailable);
      expect(await failpoint.off()).toBeGreaterThanOrEqual(1);
      await by.idle();

      const { reward } = rewarded(await request({ key: 'once' }));
      expect(await expectExactLedger(student)).toEqual([reward]);
    });
  });
});
