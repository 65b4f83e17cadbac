import { describe, expect, test } from '@jest/globals';
import { createServerClock } from '../../web/app/api/server-clock';

const HOUR = 3_600_000;
/** A Date header has whole seconds, rounded down. */
const header = (serverNow: number): string => new Date(serverNow).toUTCString();

describe.each([
  ['as late as the server', 0],
  ['an hour ahead', HOUR],
  ['an hour behind', -HOUR],
])('on a device that is %s', (_, ahead) => {
  const serverAt = Date.UTC(2025, 2, 3, 12, 0, 0, 700);

  test('one answer gives the time to half a second and half the time that it took', () => {
    const clock = createServerClock({ deviceNow: () => serverAt + ahead });
    clock.observe(header(serverAt), serverAt + ahead - 200, serverAt + ahead);
    expect(Math.abs(clock.now() - serverAt)).toBeLessThanOrEqual(600);
  });

  test('further answers make it more exact, and never less', () => {
    const clock = createServerClock({ deviceNow: () => serverAt + ahead });
    let last = Number.POSITIVE_INFINITY;
    for (const [at, took] of [
      [0, 900],
      [350, 40],
      [4_290, 20],
      [5_600, 3_000],
      [6_310, 20],
    ] as const) {
      clock.observe(header(serverAt + at), serverAt + ahead + at - took, serverAt + ahead + at);
      const error = Math.abs(clock.now() - serverAt);
      expect(error).toBeLessThanOrEqual(last + 500);
      last = error;
    }
    expect(last).toBeLessThanOrEqual(50);
  });
});

test('when the clock of the device is set, the next answer counts alone', () => {
  let device = 0;
  const clock = createServerClock({ deviceNow: () => device });
  clock.observe(header(10_000), 0, 10);
  device = 5 * HOUR;
  clock.observe(header(20_000), device, device + 10);
  expect(Math.abs(clock.now() - 20_000)).toBeLessThanOrEqual(1_000);
});

test('an answer without a date changes nothing', () => {
  const clock = createServerClock({ deviceNow: () => 42 });
  clock.observe(null, 0, 1);
  expect(clock.now()).toBe(42);
});

test('a clock that was set, and a device that was asleep, are noticed at the next look', () => {
  let [device, steady, jumps] = [1_000_000, 0, 0];
  const clock = createServerClock({
    deviceNow: () => device,
    steadyNow: () => steady,
    onJump: () => {
      jumps += 1;
    },
  });
  const pass = (onDevice: number, onSteady: number) => {
    device += onDevice;
    steady += onSteady;
    clock.now();
    return jumps;
  };
  expect(pass(HOUR, HOUR)).toBe(0);
  // Corrected bit by bit.
  expect(pass(1_010, 1_000)).toBe(0);
  expect(pass(HOUR, 200)).toBe(1);
  expect(pass(200, 200)).toBe(1);
  expect(pass(-HOUR, 200)).toBe(2);
});
