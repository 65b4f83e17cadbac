import { expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { type ClusterTime, clusterTimeNow } from '../../src/storage/committed-changes.js';
import { latestElection } from '../../src/storage/connect.js';
import { findLiveStudents } from '../../src/storage/live-reads.js';
import { useDatabase } from '../support/database.js';
import { givenStudent } from '../support/given.js';

useDatabase();

/** Reads a student. @returns what the read waits for, and whether it found the student */
async function readAsOf(asOf: ClusterTime | null) {
  const student = await givenStudent();
  const waitsFor: unknown[] = [];
  const note = ({ command }: mongoose.mongo.CommandStartedEvent) => waitsFor.push(command.readConcern);
  const client = mongoose.connection.getClient().on('commandStarted', note);
  try {
    const found = await findLiveStudents([student], asOf);
    return { waitsFor, found: found.map((each) => each?._id.equals(student)) };
  } finally {
    client.off('commandStarted', note);
  }
}

test('a read waits for its time, and for everything that former primaries acknowledged', async () => {
  await givenStudent();
  const elected = latestElection()!.lastWrite;
  const later = await clusterTimeNow();
  expect(elected.lessThan(later)).toBe(true);
  const earlier = new mongoose.mongo.Timestamp({ t: elected.getHighBitsUnsigned() - 1, i: 1 });
  for (const [asOf, afterClusterTime] of [
    [null, elected],
    [earlier, elected],
    [later, later],
  ] as const) {
    expect(await readAsOf(asOf)).toEqual({ waitsFor: [{ level: 'majority', afterClusterTime }], found: [true] });
  }
});
