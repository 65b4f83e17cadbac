import { useEffect, useRef } from 'react';
import { type Dated, stepOf } from './assignment-dates';
import { useRereads } from './use-rereads';

/** So long after it, a step has passed on the server as well, whose time the page knows less exactly. Milliseconds. */
const SURELY_PASSED_AFTER_MS = 2_000;

/**
 * Asks again when time alone changes what an assignment pays or accepts: no event tells that. The points themselves are
 * the server's. It is noticed with the next `now`, so a class does not ask all at once.
 */
export function useAskAtSteps(assignments: readonly Dated[], now: number): void {
  const { ask } = useRereads();
  const before = useRef(now);
  useEffect(() => {
    const [from, to] = [before.current, now].map((at) => at - SURELY_PASSED_AFTER_MS) as [number, number];
    before.current = now;
    if (from !== to && assignments.some((each) => stepOf(each, from) !== stepOf(each, to))) ask();
  });
}
