import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { type LaneLimits, Lanes } from '../../src/granting/lanes.js';

const limits: LaneLimits = { maxLanes: 3, minWaitingForExtraLane: 12, slowTransactionMs: 60_000 };
const lanesWith = (changed: Partial<LaneLimits> = {}) => new Lanes({ ...limits, ...changed }, () => {});

/** The fewest waiting requests with which a transaction may start, up to 100. */
const fewestToEnter = (lanes: Lanes) =>
  Array.from({ length: 101 }, (_, waiting) => waiting).find((n) => lanes.canEnter(n));

test('a single request starts a transaction if none is in flight', () => {
  expect(fewestToEnter(lanesWith())).toBe(0);
});

test.each([
  [1, 12],
  [12, 12],
  [40, 40],
])('beside a transaction of %i requests, another starts when %i wait', (inFlight, fewest) => {
  const lanes = lanesWith();
  const leave = lanes.enter(inFlight);
  expect(fewestToEnter(lanes)).toBe(fewest);
  leave();
  expect(fewestToEnter(lanes)).toBe(0);
});

test('the requests of all transactions in flight count, until each ends', () => {
  const lanes = lanesWith();
  const leaveFirst = lanes.enter(20);
  const leaveSecond = lanes.enter(25);
  expect(fewestToEnter(lanes)).toBe(45);
  leaveFirst();
  expect(fewestToEnter(lanes)).toBe(25);
  leaveSecond();
  expect(fewestToEnter(lanes)).toBe(0);
});

test('no more transactions start than there are lanes', () => {
  const lanes = lanesWith();
  const leave = [lanes.enter(1), lanes.enter(1), lanes.enter(1)];
  expect(fewestToEnter(lanes)).toBeUndefined();
  leave.pop()!();
  expect(fewestToEnter(lanes)).toBe(12);
  for (const each of leave) each();
});

test('a slow transaction does not count, before and after its end', async () => {
  const lanes = lanesWith({ slowTransactionMs: 1 });
  const leaveSlow = lanes.enter(40);
  await sleep(20);
  expect(fewestToEnter(lanes)).toBe(0);
  const leaveFast = lanes.enter(15);
  expect(fewestToEnter(lanes)).toBe(15);
  leaveSlow();
  expect(fewestToEnter(lanes)).toBe(15);
  leaveFast();
});
