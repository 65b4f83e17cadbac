import { describe, expect, test } from '@jest/globals';
import { comparisonOf } from '../../bench/against/tables.js';
import { figuresOf, type Slice } from '../../bench/measured-side.js';
import { cpuMsBetween, msOfSchedstat, msOfStat, readCpu } from '../../bench/process-times.js';
import { Results } from '../../bench/results.js';
import { number } from '../../bench/tables.js';
import { orderOf, takeTurns } from '../../bench/turns.js';

test('sides take turns in slices, in another order in each turn', async () => {
  const taken: string[] = [];
  await takeTurns(['one', 'other'], 3, async (side, turn) => void taken.push(`${turn} ${side}`));
  expect(taken).toEqual(['0 one', '0 other', '1 other', '1 one', '2 other', '2 one']);
  const sides = ['a', 'b', 'c'];
  orderOf(sides, 1);
  expect(sides).toEqual(['a', 'b', 'c']);
});

test.each([2, 3, 6])('%d sides have each place, and follow themselves, equally often', async (count) => {
  const sides = Array.from({ length: count }, (_, side) => side);
  const places = sides.map(() => sides.map(() => 0));
  const follow = sides.map(() => 0);
  let last = orderOf(sides, 2 * count - 1).at(-1);
  for (let turn = 0; turn < 2 * count; turn += 1) {
    for (const [place, side] of orderOf(sides, turn).entries()) {
      places[side]![place]! += 1;
      if (side === last) follow[side]! += 1;
      last = side;
    }
  }
  expect(places).toEqual(sides.map(() => sides.map(() => 2)));
  expect(new Set(follow).size).toBe(1);
});

test('the figures of a series are those of all its slices together, for each request', () => {
  const slice = { loadCpuMs: 1, journalBytes: 100, receivedBytes: 10 };
  const slices: Slice[] = [
    { ...slice, count: 1, seconds: 1, latencies: [4], serverCpuMs: 4, databaseCpuMs: 0 },
    { ...slice, count: 3, seconds: 1, latencies: [1, 2, 3], serverCpuMs: 2, databaseCpuMs: 2 },
  ];
  expect(figuresOf(slices)).toEqual({
    perSecond: 2,
    median: 2,
    p99: 4,
    max: 4,
    serverCpuMs: 1.5,
    databaseCpuMs: 0.5,
    loadCpuMs: 0.5,
    cpuMs: 2,
    perCpuSecond: 500,
    journalBytes: 50,
    receivedBytes: 5,
  });
});

describe('processor times', () => {
  test('are read from schedstat, in nanoseconds', () => {
    expect(msOfSchedstat('123456789 42 7\n')).toBe(123.456789);
    expect(msOfSchedstat('')).toBeNaN();
    expect(msOfSchedstat('0\n')).toBeNaN();
  });

  test('are read from stat, also if the name of the process looks like its fields', () => {
    const fields = 'S 1 1 1 0 -1 4194304 100 0 0 0 150 50 0 0 20 0 11 0 100';
    expect(msOfStat(`77 (a) b (c 1 2) ${fields}`)).toBe(2_000);
    expect(msOfStat('')).toBeNaN();
  });

  test('between two readings count new threads from their start, and ended ones not at all', () => {
    const before = new Map([
      ['1 1', 10],
      ['1 2', 5],
    ]);
    const after = new Map([
      ['1 1', 12],
      ['1 3', 4],
    ]);
    expect(cpuMsBetween(before, after)).toBe(6);
  });

  test('of a process that does not exist are not a number, which the tables show as n/a', async () => {
    const reading = await readCpu([2 ** 30]);
    expect(number(cpuMsBetween(reading, reading), 3)).toBe('n/a');
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('of this process grow while it works', async () => {
    const before = await readCpu([process.pid]);
    let sum = 0;
    for (let step = 0; step < 1e7; step += 1) sum += Math.sqrt(step);
    expect(sum).toBeGreaterThan(0);
    expect(cpuMsBetween(before, await readCpu([process.pid]))).toBeGreaterThan(0);
  });
});

test('a comparison shows the ratio of each round, of this tree to the commit', () => {
  const [mine, theirs] = [new Results(), new Results()];
  for (const [cpuMs, other] of [
    [1, 2],
    [3, 4],
    [1, 1],
  ] as const) {
    mine.add('grant', { cpuMs, perSecond: 100 });
    theirs.add('grant', { cpuMs: other, perSecond: 50 });
  }
  const text = comparisonOf(
    [
      { name: 'this tree', results: mine },
      { name: 'abc', results: theirs },
    ],
    [{ name: 'grant' }],
  );
  // The server's processor time was not measured here.
  expect(text).toContain('| grant | n/a (n/a to n/a) | n/a (n/a to n/a) | 0.75 (0.50 to 1.00) | 2.00 (2.00 to 2.00) |');
  expect(text).toContain('| grant | abc | n/a | n/a | 2.000 |');
});
