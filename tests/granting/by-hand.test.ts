import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createCommitter } from '../../src/granting/committer.js';
import { ManualActModel } from '../../src/storage/models/manual-act.js';
import { endAbandonedTransactions } from '../support/abandoned-transactions.js';
import { type Answer, expectExplained, type HandOccasion, handMutations, storedActs } from '../support/by-hand.js';
import { commandsOf, stepInAfter } from '../support/commands.js';
import { type FailCommand, type Snapshot, useDatabase } from '../support/database.js';
import { elsewhere, here } from '../support/given.js';
import { expectNothingWritten } from '../support/replays.js';

const database = useDatabase();

beforeEach(() => database.empty());

afterEach(() => {
  jest.restoreAllMocks();
});

const times = (count: number) => Array.from({ length: count }, (_, position) => position);
const key = 'once';

/** Asserts that the request itself did its work, and that each row and the act are stored once. */
async function expectDone({ students }: HandOccasion, answer: Answer, rows: number): Promise<void> {
  expect(answer).toMatchObject({ refused: null, replayed: students.map(() => false) });
  expect(answer.rows).toHaveLength(rows * students.length);
  for (const student of students) {
    const ledger = await expectExplained(student);
    const own = answer.rows.filter(({ studentId }) => studentId.equals(student));
    expect(ledger.slice(-rows)).toEqual(own);
    const acts = await storedActs(student);
    expect(acts.filter(({ requestKey }) => requestKey === key)).toHaveLength(1);
  }
}

/** Asserts that this answer repeats another one, from the rows as they are stored. */
const expectRepeats = (again: Answer, first: Answer) =>
  expect(again).toEqual({ ...first, replayed: first.rows.length === 0 ? [] : first.replayed.map(() => true) });

async function crash(): Promise<never> {
  throw new Error('crashed by a test');
}

/** Lets a request fail before it has paid anybody. What grantBonuses announces first is stored then. */
async function sendInVain({ request }: HandOccasion): Promise<void> {
  stepInAfter('update students', crash);
  await expect(request({ key })).rejects.toThrow('crashed by a test');
}

const transient = ['TransientTransactionError'];
const executed = (code: number) => ({ writeConcernError: { code, errmsg: 'planted by a test' } });

const faults: readonly (FailCommand & { readonly fault: string })[] = [
  { fault: 'a write conflict on an update', failCommands: ['update'], errorCode: 112, errorLabels: transient },
  {
    fault: 'a write conflict, 20 times',
    failCommands: ['update'],
    mode: { times: 20 },
    errorCode: 112,
    errorLabels: transient,
  },
  { fault: 'a write conflict on an insert', failCommands: ['insert'], errorCode: 112, errorLabels: transient },
  { fault: 'the connection closed at an insert', failCommands: ['insert'], closeConnection: true },
  { fault: 'a commit that finds no transaction', failCommands: ['commitTransaction'], errorCode: 251 },
  { fault: 'the connection closed at the commit', failCommands: ['commitTransaction'], closeConnection: true },
  { fault: 'a commit executed by a primary that steps down', failCommands: ['commitTransaction'], ...executed(91) },
  { fault: 'a commit executed, but its reply lost', failCommands: ['commitTransaction'], ...executed(50) },
  {
    fault: 'a commit executed, but its reply asks for a retry of the transaction',
    failCommands: ['commitTransaction'],
    errorLabels: transient,
    ...executed(100),
  },
  {
    fault: 'the connection closed at a read, 3 times',
    failCommands: ['aggregate'],
    mode: { times: 3 },
    closeConnection: true,
  },
];

/** Failures that nothing retries. The code is BadValue. */
const failures: readonly (FailCommand & { readonly command: string })[] = [
  { command: 'the update of the student', failCommands: ['update'], errorCode: 2 },
  { command: 'the first insert', failCommands: ['insert'], errorCode: 2 },
  { command: 'the commit', failCommands: ['commitTransaction'], errorCode: 2 },
];

describe.each(handMutations)('$name', ({ name, prepare, rows, writes }) => {
  /** Nothing of the request is stored, except the act that grantBonuses announces. */
  async function expectNothingPaid(act: () => Promise<unknown>): Promise<void> {
    if (name !== 'grantBonuses') return void (await expectNothingWritten(database, act));
    const but = ({ manual_acts: _, ...others }: Snapshot) => others;
    const before = await database.snapshot();
    await act();
    expect(but(await database.snapshot())).toEqual(but(before));
  }

  describe('replayed', () => {
    test('the same key again, also at a process that was started since: the same rows, and nothing is written', async () => {
      const occasion = await prepare();
      const first = await occasion.request({ key });
      await expectDone(occasion, first, rows);
      const again = await expectNothingWritten(database, () => occasion.request({ key }));
      expectRepeats(again, first);
      const restarted = createCommitter();
      expectRepeats(await expectNothingWritten(database, () => occasion.request({ key, by: restarted })), first);
    });

    test('one command reads the key; the rows and their student are read by one command each', async () => {
      const occasion = await prepare();
      await occasion.request({ key });
      const { reads, transactions } = await commandsOf(() => occasion.request({ key }));
      expect(transactions).toEqual([]);
      if (name === 'grantBonuses') expect(reads).toEqual(['aggregate students', 'find manual_acts', 'find students']);
      else expect(reads).toEqual(['find manual_acts', 'find rewards', 'find students']);
    });
  });

  describe('refused-IDEMPOTENCY_KEY_REUSED', () => {
    test('the key with another input, for the same student and for another one: nothing is written', async () => {
      const occasion = await prepare();
      await expectDone(occasion, await occasion.request({ key }), rows);
      for (const reused of [occasion.changed, occasion.another]) {
        const answer = await expectNothingWritten(database, () => reused({ key }));
        expect(answer.refused).toBe('IDEMPOTENCY_KEY_REUSED');
      }
    });
  });

  describe('raced', () => {
    test('the same key 20 times at once, on two committers: done once, all others are replays', async () => {
      const occasion = await prepare();
      const answers = await Promise.all(
        times(20).map((each) => occasion.request({ key, by: each % 2 === 0 ? here : elsewhere })),
      );
      const first = answers.filter(({ replayed }) => !replayed[0]);
      expect(first).toHaveLength(1);
      await expectDone(occasion, first[0]!, rows);
      for (const answer of answers) if (answer !== first[0]) expectRepeats(answer, first[0]!);
    });

    test.each([
      { where: 'in one process', by: here },
      { where: 'in two processes', by: elsewhere },
    ])('the same key at once for two students, $where: one is done, the other is refused', async ({ by }) => {
      const occasion = await prepare();
      const answers = await Promise.all([occasion.request({ key }), occasion.another({ key, by })]);
      expect(answers.map(({ refused }) => refused ?? 'done').sort()).toEqual(['IDEMPOTENCY_KEY_REUSED', 'done']);
      const written = answers.flatMap((answer) => answer.rows);
      expect(written).toHaveLength(rows);
      expect(await ManualActModel.countDocuments({ requestKey: key })).toBe(1);
      for (const student of occasion.students) await expectExplained(student);
    });
  });

  describe('retried', () => {
    test.each(faults)('$fault: done once, and not a replay', async ({ fault: _, ...failure }) => {
      const occasion = await prepare();
      if (name === 'grantBonuses') await sendInVain(occasion);
      const failpoint = await database.failCommand(failure);
      const answer = await occasion.request({ key });
      expect(await failpoint.off()).toBeGreaterThanOrEqual(1);
      await expectDone(occasion, answer, rows);
      expectRepeats(await occasion.request({ key }), answer);
    });
  });

  describe('crashed', () => {
    test.each(failures)('at $command: nothing is written, and a repeat does it once', async (each) => {
      const { command: _, ...failure } = each;
      const occasion = await prepare();
      if (name === 'grantBonuses') await sendInVain(occasion);
      await expectNothingPaid(async () => {
        const failpoint = await database.failCommand(failure);
        await expect(occasion.request({ key })).rejects.toThrow('failpoint');
        expect(await failpoint.off()).toBe(1);
        await endAbandonedTransactions(database.name);
      });
      await expectDone(occasion, await occasion.request({ key }), rows);
    });

    test('after a commit that is said to have failed: it was done, and a repeat is a replay', async () => {
      const occasion = await prepare();
      const failpoint = await database.failCommand({ failCommands: ['commitTransaction'], ...executed(100) });
      await expect(occasion.request({ key })).rejects.toThrow('planted by a test');
      expect(await failpoint.off()).toBe(1);
      const again = await expectNothingWritten(database, () => occasion.request({ key }));
      await expectDone(occasion, { ...again, replayed: again.replayed.map((replayed) => !replayed) }, rows);
    });

    test.each(writes.filter((write) => write !== 'commitTransaction'))(
      'after %s: nothing is written, and a repeat does it once',
      async (write) => {
        const occasion = await prepare();
        await expectNothingPaid(async () => {
          stepInAfter(write, crash);
          await expect(occasion.request({ key })).rejects.toThrow('crashed by a test');
        });
        await expectDone(occasion, await occasion.request({ key }), rows);
      },
    );
  });

  test('sends one command for each collection that it changes, whatever the number of rows', async () => {
    const occasion = await prepare();
    const { reads, transactions } = await commandsOf(() => occasion.request({ key }));
    expect(transactions).toEqual([[...writes]]);
    expect(reads.filter((read) => read === 'aggregate students')).toHaveLength(1);
    expect(reads.length).toBeLessThanOrEqual(MOST_READS);
  });
});

/** The key, the row or submission with its assignment and course, the courses of the student, and the group's read. */
const MOST_READS = 6;
