import { useState } from 'react';
import { useSingleKeys } from '../ui/single-keys';

/** Milliseconds. */
const ACTS_AFTER_MS = 1_000;

/**
 * The space bar does what the button does, but only when the button has been shown for a while: who presses twice, or just
 * when the button changes, means the former one.
 */
export function useSpaceBar(act: () => void): void {
  const [shownAt] = useState(() => performance.now());
  useSingleKeys({ ' ': () => performance.now() - shownAt >= ACTS_AFTER_MS && act() });
}
