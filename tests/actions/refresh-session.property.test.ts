/** Any order of refreshes, repeats, stolen tokens and pauses has the outcome that a simple model says. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refreshSession } from '../../src/actions/refresh-session.js';
import { createServer, minute, sessionOf, signUpSomebody } from '../auth/harness.js';
import { useDatabase } from '../support/database.js';

useDatabase();

interface Step {
  /** Which token: 0 is the newest, 1 the one before, and so on. */
  readonly age: number;
  readonly byCookie: boolean;
  /** How many requests with this token arrive at once. */
  readonly count: number;
  /** Milliseconds before the step. */
  readonly pause: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  age: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.constant(1) }, fc.nat(3)),
  byCookie: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  count: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
  pause: fc.constantFrom(0, 1_000, 30_000, minute, minute + 1),
});

test('a refresh brings the next token, the same token again, or the end of the sign-in', async () => {
  const seen = { rotated: 0, repeated: 0, ended: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const server = createServer();
      const { session } = await signUpSomebody(server);
      const tokens = [session.refreshToken];
      let last: { readonly at: number; readonly byCookie: boolean } | null = null;
      let hasEnded = false;

      /** What the model says of one request: the token that it gets; "new" if it is not known yet; null: refused. */
      function expected(token: string, byCookie: boolean, now: number): string | null {
        if (hasEnded) return null;
        if (token === tokens.at(-1)) return 'new';
        const isRecent = last?.byCookie && now - last.at <= minute;
        if (byCookie && isRecent && token === tokens.at(-2)) return tokens.at(-1) ?? null;
        hasEnded = true;
        return null;
      }

      for (const { age, byCookie, count, pause } of steps) {
        server.clock.advance(pause);
        const now = server.clock().getTime();
        const refreshToken = tokens.at(-1 - age) ?? tokens[0]!;
        const present = () => refreshSession(server, { refreshToken, isRepeatable: byCookie });
        const outcomes = await Promise.all(Array.from({ length: count }, present));
        // Requests that arrive at once are served in any order: sessions first is one of them.
        outcomes.sort((one, other) => Number(other.kind === 'session') - Number(one.kind === 'session'));
        for (const outcome of outcomes) {
          const wanted = expected(refreshToken, byCookie, now);
          if (wanted === null) {
            expect(outcome.kind).toBe('refused');
            seen.ended += 1;
          } else if (wanted === 'new') {
            const next = sessionOf(outcome).refreshToken;
            expect(tokens).not.toContain(next);
            tokens.push(next);
            last = { at: now, byCookie };
            seen.rotated += 1;
          } else {
            expect(sessionOf(outcome).refreshToken).toBe(wanted);
            seen.repeated += 1;
          }
        }
      }
    }),
    { numRuns: 40 },
  );
  // The steps reach all three outcomes.
  for (const times of Object.values(seen)) expect(times).toBeGreaterThan(10);
});
