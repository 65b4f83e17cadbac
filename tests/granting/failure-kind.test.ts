import { describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { failureKind, TransactionRetriesExhausted } from '../../src/granting/failure-kind.js';
import { StaleRevision } from '../../src/storage/student-store.js';

const { MongoAPIError, MongoNetworkError, MongoServerError, MongoServerSelectionError } = mongoose.mongo;

/** An error as the database answers it. */
const answered = (code: number, labels: string[] = [], message = 'refused') =>
  new MongoServerError({ message, code, errorLabels: labels });

/** A document fails validation: the same write would fail again. */
const REJECTED = 121;

describe('a failed transaction', () => {
  // The retryable errors of https://github.com/mongodb/specifications/blob/master/source/retryable-reads, the codes of a
  // snapshot that is not available, of a cursor that is gone, and of a read that took too long.
  test.each([6, 7, 89, 91, 134, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436, 239, 246, 43, 175, 237, 50])(
    'with code %i: the database is unavailable',
    (code) => {
      expect(failureKind(answered(code))).toBe('database unavailable');
    },
  );

  test.each(['TransientTransactionError', 'UnknownTransactionCommitResult', 'RetryableWriteError', 'RetryableError'])(
    'with the label %s: the database is unavailable, whatever the code',
    (label) => {
      expect(failureKind(answered(REJECTED, [label]))).toBe('database unavailable');
    },
  );

  test('because a node was told to wait for a time after its clock: the database is unavailable', () => {
    const ofClock = 'readConcern afterClusterTime value must not be greater than the current clusterTime. Requested: 2';
    expect(failureKind(answered(72, [], ofClock))).toBe('database unavailable');
    expect(failureKind(answered(72, [], 'another option'))).toBe('request error');
  });

  test('with another code, or another label, is the error of a request', () => {
    expect(failureKind(answered(REJECTED))).toBe('request error');
    expect(failureKind(answered(REJECTED, ['NoWritesPerformed']))).toBe('request error');
  });

  test('without an answer: the database is unavailable, unless the driver itself rejected the call', () => {
    expect(failureKind(new MongoNetworkError('connection closed'))).toBe('database unavailable');
    expect(failureKind(new MongoAPIError('a document is too large'))).toBe('request error');
    expect(failureKind(new TypeError('undefined is not a function'))).toBe('request error');
  });

  test('because no server could be chosen: the database is unavailable, whatever a server had answered', () => {
    const topology = { error: answered(REJECTED) } as unknown as mongoose.mongo.TopologyDescription;
    expect(failureKind(new MongoServerSelectionError('none', topology))).toBe('database unavailable');
  });

  test('is a conflict if the student has changed, also after the last run', () => {
    expect(failureKind(new StaleRevision())).toBe('conflict');
    expect(failureKind(new TransactionRetriesExhausted(answered(112)))).toBe('conflict');
    expect(failureKind(new TransactionRetriesExhausted(answered(REJECTED)))).toBe('database unavailable');
    expect(failureKind(new TransactionRetriesExhausted(undefined))).toBe('database unavailable');
  });

  test('with a duplicate key: another process has paid, unless the ledger contradicts its student', () => {
    const duplicate = (index: string) =>
      answered(11_000, [], `E11000 duplicate key error collection: school.rewards index: ${index} dup key: {}`);
    expect(failureKind(duplicate('studentId_1_subject.kind_1_subject.id_1'))).toBe('duplicate key');
    expect(failureKind(duplicate('studentId_1_sequence_1'))).toBe('request error');
  });
});
