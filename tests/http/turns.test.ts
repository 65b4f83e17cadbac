import { expect, test } from '@jest/globals';
import { Turns } from '../../src/http/turns.js';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
const nextTick = () => new Promise<void>((resolve) => process.nextTick(resolve));

/** Sends `count` executions at once. @returns the numbers of those that have begun, which grows */
function burst(turns: Turns, count: number): number[] {
  const begun: number[] = [];
  for (let number = 0; number < count; number += 1) void turns.enter().then(() => begun.push(number));
  return begun;
}

const numbersTo = (end: number) => Array.from({ length: end }, (_, number) => number);

test('of a burst few begin in each turn, in order', async () => {
  const begun = burst(new Turns(3), 8);
  await nextTick();
  expect(begun).toEqual([]);
  for (const end of [3, 6, 8]) {
    await nextTurn();
    expect(begun).toEqual(numbersTo(end));
  }
});

test('those that arrive in a turn wait behind those of earlier turns', async () => {
  const turns = new Turns(2);
  const first = burst(turns, 5);
  await nextTurn();
  const second = burst(turns, 2);
  expect([first, second]).toEqual([numbersTo(2), []]);
  await nextTurn();
  expect([first, second]).toEqual([numbersTo(4), []]);
  await nextTurn();
  expect([first, second]).toEqual([numbersTo(5), numbersTo(1)]);
  await nextTurn();
  expect([first, second]).toEqual([numbersTo(5), numbersTo(2)]);
});

test('those that arrive one after the other in a turn begin together, before the next tick', async () => {
  const turns = new Turns(2);
  const happened: string[] = [];
  const begin = async (name: string) => {
    await turns.enter();
    happened.push(name);
    process.nextTick(() => happened.push(`the tick after ${name}`));
  };
  void begin('one');
  await nextTick();
  void begin('two');
  await nextTurn();
  expect(happened).toEqual(['one', 'two', 'the tick after one', 'the tick after two']);
});

test('after a burst, executions begin in the next turn again', async () => {
  const turns = new Turns(3);
  burst(turns, 7);
  for (let turn = 0; turn < 4; turn += 1) await nextTurn();
  const begun = burst(turns, 3);
  await nextTurn();
  expect(begun).toEqual(numbersTo(3));
});
