import { describe, expect, test } from '@jest/globals';
import { commitOf } from '../../bench/against/checkout.js';
import { readSettings, UsageError, usage } from '../../bench/settings.js';

const named = (name: string, runsByDefault = true) => ({ name, description: `what ${name} measures`, runsByDefault });
const choice = {
  benchmarks: [named('submit'), named('large', false)],
  scenarios: [named('grant'), named('me'), named('growth', false)],
};
const read = (...args: string[]) => readSettings(args, choice);

describe('the settings of the bench', () => {
  test('are those of the benchmarks that run by default', () => {
    expect(read()).toEqual({
      only: ['submit'],
      seconds: 2,
      rounds: 5,
      students: 256,
      clients: 64,
      seed: 1,
      runtimes: [],
    });
  });

  test('with --against choose from the scenarios, and have more rounds, because these are shorter', () => {
    expect(read('--against', 'HEAD~1')).toMatchObject({ against: 'HEAD~1', only: ['grant', 'me'], rounds: 20 });
    expect(read('--against', 'HEAD', '--only', 'growth', '--rounds', '3')).toMatchObject({
      only: ['growth'],
      rounds: 3,
    });
  });

  test('with --runtime too; it can be repeated', () => {
    const runtimes = ['24', '20 --single-threaded-gc --min-semi-space-size=32'];
    const args = runtimes.flatMap((runtime) => ['--runtime', runtime]);
    expect(read(...args)).toMatchObject({ runtimes, only: ['grant', 'me'], rounds: 20 });
  });

  test.each([
    [['--only', 'me'], '--only: there is no benchmark "me"; there are submit, large'],
    [
      ['--against', 'HEAD', '--only', 'grant,submit'],
      'no scenario of a comparison "submit"; there are grant, me, growth',
    ],
    [['--against', ''], '--against needs a commit, for instance HEAD~1'],
    [['--against', 'HEAD', '--seconds', '1'], '--seconds does not apply to a comparison'],
    [['--runtime', 'v24'], '--runtime needs a major version of Node'],
    [['--runtime', '24', '--against', 'HEAD'], '--against and --runtime exclude each other'],
    [['--rounds', '0'], '--rounds must be a whole number, 1 or greater'],
    [['--students', '255'], '--students must be at least 4 times --clients'],
    [['--agains', 'HEAD'], "Unknown option '--agains'"],
  ])('given %j, tell what is wrong', (args, message) => {
    expect(() => read(...args)).toThrow(UsageError);
    expect(() => read(...args)).toThrow(message);
  });

  test('given --help, show all ways to run it, with their choices', () => {
    expect(read('--help')).toBe('help');
    const text = usage(choice);
    for (const part of [
      '--against COMMIT',
      '--runtime "VERSION OPTIONS"',
      'what submit measures',
      'what growth measures',
    ]) {
      expect(text).toContain(part);
    }
  });
});

test('a commit that the repository does not have is refused before anything is started', async () => {
  await expect(commitOf('HEAD')).resolves.toMatch(/^[0-9a-f]{40}$/);
  for (const revision of ['no-such-commit', '--help']) {
    await expect(commitOf(revision)).rejects.toThrow(`this repository has no commit "${revision}"`);
  }
});
