import { expect, test } from '@jest/globals';
import { Turns } from '../../src/http/turns.js';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Sends `count` executions at once. @returns the numbers of those that have begun, which grows */
function burst(turns: Turns, count: number): number[] {
  const begun: number[] = [];
  for (let number = 0; number < count; number += 1) {
    const turn = turns.enter();
    if (turn) void turn.then(() => begun.push(number));
    else begun.push(number);
  }
  return begun;
}

const numbersTo = (end: number) => Array.from({ length: end }, (_, number) => number);

test('of a burst few begin at once, the next ones in each turn after that, in order', async () => {
  const begun = burst(new Turns(3), 8);
  expect(begun).toEqual(numbersTo(3));
  await nextTurn();
  expect(begun).toEqual(numbersTo(6));
  await nextTurn();
  expect(begun).toEqual(numbersTo(8));
});

test('those that arrive in a turn wait behind those of earlier turns', async () => {
  const turns = new Turns(2);
  const first = burst(turns, 5);
  await nextTurn();
  const second = burst(turns, 2);
  expect([first, second]).toEqual([numbersTo(4), []]);
  await nextTurn();
  expect([first, second]).toEqual([numbersTo(5), numbersTo(1)]);
  await nextTurn();
  expect([first, second]).toEqual([numbersTo(5), numbersTo(2)]);
});

test('after a burst, executions begin at once again', async () => {
  const turns = new Turns(3);
  burst(turns, 7);
  for (let turn = 0; turn < 4; turn += 1) await nextTurn();
  expect(burst(turns, 3)).toEqual(numbersTo(3));
});
