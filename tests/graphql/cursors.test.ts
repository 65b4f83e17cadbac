import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import mongoose, { Types } from 'mongoose';
import { BadInput } from '../../src/granting/bad-input.js';
import { toConnection } from '../../src/graphql/connection.js';
import { createCursors } from '../../src/graphql/cursors.js';
import { rewardsOfStudent } from '../../src/storage/loaders.js';

const SECRET = 'a secret of the tests, long enough for HS256';
const cursors = createCursors(SECRET);
const values = [50, new Types.ObjectId()];
const LIST = 'Course.leaderboard ALL_TIME 1';

function expectRefused(act: () => unknown): void {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(BadInput);
  expect((thrown as BadInput).fields.map(({ path }) => path)).toEqual(['after']);
}

describe('a cursor', () => {
  test.each([
    ['numbers and ids', values],
    ['moments', [new Date('2026-03-11T12:00:00.000Z'), new Types.ObjectId()]],
    ['large numbers', [2 ** 40]],
  ])('returns the %s that were sealed in it', (_, sealed) => {
    expect(cursors.open(LIST, cursors.seal(LIST, sealed))).toEqual(sealed);
  });

  test('is valid in another process with the same secret', () => {
    expect(createCursors(SECRET).open(LIST, cursors.seal(LIST, values))).toEqual(values);
  });

  test('is valid after an upgrade: this one is from an earlier version', () => {
    const earlier = 'TPUqLOJMrSR40xF65t0lBrat4aCgpN5CAW2GJ92e8qsYXV46rnULyai-WDTF6KV3U1SRh_Y_Co1nCMvrDKJ2-3HYrus';
    expect(cursors.open(LIST, earlier)).toEqual([50, new Types.ObjectId('64b000000000000000000001')]);
  });

  test('has the same length for one point and for a million', () => {
    const lengths = [1, 99, 1_000_000].map((points) => cursors.seal(LIST, [points, new Types.ObjectId()]).length);
    expect(new Set(lengths).size).toBe(1);
  });
});

describe('the server refuses', () => {
  test('a cursor of another list, and a cursor sealed with another secret', () => {
    expectRefused(() => cursors.open('Course.leaderboard ALL_TIME 2', cursors.seal(LIST, values)));
    expectRefused(() => cursors.open(LIST, createCursors(`${SECRET}.`).seal(LIST, values)));
  });

  test('a cursor with any byte changed or missing', () => {
    const bytes = Buffer.from(cursors.seal(LIST, values), 'base64url');
    for (const [position, byte] of bytes.entries()) {
      const changed = Buffer.from(bytes);
      changed[position] = byte ^ 1;
      expectRefused(() => cursors.open(LIST, changed.toString('base64url')));
      expectRefused(() => cursors.open(LIST, bytes.subarray(0, position).toString('base64url')));
    }
  });

  test('a cursor in the old format: readable values with a signature', () => {
    const payload = mongoose.mongo.BSON.EJSON.stringify(values);
    const seal = createHmac('sha256', SECRET).update(`cursor\0${LIST}\0${payload}`).digest().subarray(0, 12);
    expectRefused(() => cursors.open(LIST, Buffer.concat([seal, Buffer.from(payload)]).toString('base64url')));
  });

  test('a cursor with trailing characters, however many', () => {
    const cursor = cursors.seal(LIST, values);
    for (const length of [4, 1_000, 10_000_000]) expectRefused(() => cursors.open(LIST, cursor + 'A'.repeat(length)));
  });
});

test('the cursor of a row is encrypted when it is asked for, and once', () => {
  const cursors = createCursors('a secret');
  let sealed = 0;
  const counting = {
    ...cursors,
    seal(...args: Parameters<typeof cursors.seal>) {
      sealed += 1;
      return cursors.seal(...args);
    },
  };
  const scope = { name: 'rows', order: rewardsOfStudent.order };
  const rows = [{ sequence: 2 }, { sequence: 1 }];
  const { edges, pageInfo } = toConnection(counting, scope, { first: 2 }, { rows, hasNextPage: false }, (row) => row);
  expect(edges.map(({ node }) => node)).toEqual(rows);
  expect(sealed).toBe(0);
  expect(pageInfo.endCursor).toBe(edges[1]!.cursor);
  expect(cursors.open('rows', edges[1]!.cursor)).toEqual([1]);
  expect(sealed).toBe(1);
});
