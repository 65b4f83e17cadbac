/** Whatever happens to a request, and in whatever order, nothing of it stays reserved. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Quotas, Reservation } from '../../src/http/reservation.js';
import { Shares } from '../../src/http/shares.js';

const quotas = (): Quotas => ({
  running: new Shares(1_000),
  requests: new Shares(1_000_000_000),
  answers: new Shares(1_000_000_000),
  maxBodyBytes: 1_000,
});

const inUse = ({ running, requests, answers }: Quotas): number[] => [running.inUse, requests.inUse, answers.inUse];

/** One request: how far it comes, and when its client hangs up. The steps are numbered in their order. */
const story = fc.record({
  bodyBytes: fc.integer({ min: 0, max: 1_000 }),
  points: fc.integer({ min: 1, max: 50_000 }),
  characters: fc.integer({ min: 0, max: 100_000 }),
  isMutation: fc.boolean(),
  isAdmitted: fc.boolean(),
  /** The step before which the client hangs up; past the last one, it does so after the answer. */
  hangsUpBefore: fc.integer({ min: 1, max: 7 }),
  /** A socket closes after its last answer too. */
  closesTwice: fc.boolean(),
});
type Story = typeof story extends fc.Arbitrary<infer Value> ? Value : never;

async function play(reservation: Reservation, told: Story): Promise<void> {
  let isBegun = false;
  let step = 0;
  const next = (): void => {
    step += 1;
    if (step === told.hangsUpBefore) reservation.clientDisconnected();
  };
  next();
  isBegun = reservation.begin();
  expect(isBegun).toBe(told.hangsUpBefore > 1);
  next();
  if (isBegun && told.isAdmitted) {
    const admitted = reservation.admitOperation(told.points, told.isMutation ? ['submitAssignment'] : []);
    next();
    await admitted.catch(() => {});
  } else next();
  next();
  if (isBegun) reservation.end();
  next();
  const isSent = reservation.sends(told.characters);
  expect(isSent).toBe(told.hangsUpBefore > 5);
  next();
  if (isSent) reservation.answerSent();
  next();
  if (told.closesTwice) reservation.clientDisconnected();
}

test('a request releases all that it reserved, wherever its client hangs up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(story, { minLength: 1, maxLength: 8 }), async (stories) => {
      const shared = quotas();
      const other = new Reservation(shared, 'another party', { destroy: () => {} });
      expect([other.arrive(10), other.begin()]).toEqual([true, true]);
      const before = inUse(shared);
      await Promise.all(
        stories.map(async (told) => {
          const reservation = new Reservation(shared, 'a party', { destroy: () => {} });
          expect(reservation.arrive(told.bodyBytes)).toBe(true);
          await play(reservation, told);
        }),
      );
      expect(inUse(shared)).toEqual(before);
      other.end();
      other.answerSent();
      expect(inUse(shared)).toEqual([0, 0, 0]);
    }),
    { numRuns: 300 },
  );
});

test('an execution that has ended leaves room for another one, although its answer is not sent yet', () => {
  const shared = quotas();
  const reservation = new Reservation(shared, 'a party', { destroy: () => {} });
  expect([reservation.arrive(10), reservation.begin()]).toEqual([true, true]);
  expect(shared.running.inUse).toBe(1);
  reservation.end();
  expect(reservation.sends(100)).toBe(true);
  expect(shared.running.inUse).toBe(0);
  reservation.answerSent();
  expect(inUse(shared)).toEqual([0, 0, 0]);
});
