import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { StartError, startStep } from '../src/start-step.js';

describe('a step of the start', () => {
  test('that takes too long fails with its name and what to do', async () => {
    const never = new Promise<void>(() => {});
    const step = { name: 'Creating the indexes', timeLimitMs: 50, advice: 'look at the database' };
    const failing = startStep(step, () => never);
    await expect(failing).rejects.toThrow(StartError);
    await expect(failing).rejects.toThrow('Creating the indexes did not finish within 0.05 s: look at the database');
  });

  test('ends at the signal, does not begin after it, and otherwise returns the result of the work', async () => {
    const stopping = new AbortController();
    const step = { name: 'A step', timeLimitMs: 60_000, advice: '', signal: stopping.signal };
    expect(await startStep(step, () => 'done')).toBe('done');
    await expect(startStep(step, () => Promise.reject(new Error('bad')))).rejects.toThrow('bad');
    const hanging = startStep(step, () => new Promise(() => {}));
    stopping.abort(new Error('stopped'));
    await expect(hanging).rejects.toThrow('stopped');
    let begun = false;
    const after = startStep(step, () => {
      begun = true;
    });
    await expect(after).rejects.toThrow('stopped');
    expect(begun).toBe(false);
  });

  test.each([
    ['done', () => 'done'],
    ['failed', () => Promise.reject(new Error('failed'))],
  ])(
    'that is %s leaves no timer, which would keep the process alive, and no listener on the signal',
    async (_, work) => {
      const { signal } = new AbortController();
      const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
      const before = timers();
      await startStep({ name: 'A step', timeLimitMs: 60_000, advice: '', signal }, work).catch(() => {});
      expect(getEventListeners(signal, 'abort')).toEqual([]);
      expect(timers()).toBe(before);
    },
  );
});
