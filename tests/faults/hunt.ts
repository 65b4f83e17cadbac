/** Which row finds which planted bug, and by which promise: what proves that the kit can fail. */
import type { Bug } from './bugs/index.js';
import type { Invariant } from './checker.js';
import type { ReplicaSet } from './replica-set.js';
import { rows } from './rows/index.js';
import { play, type RowReport } from './rows/stage.js';
import { withVariant } from './variant.js';

interface Trap {
  readonly row: string;
  readonly breaks: Invariant;
}

export const traps: Readonly<Record<Bug['name'], Trap>> = {
  'no-unique-subject': { row: 'poisoned-groups', breaks: 'paid-once' },
  'ledger-outside-session': { row: 'commit-fails', breaks: 'ledger-exact' },
  'promise-all-in-callback': { row: 'none', breaks: 'never-fights-itself' },
  'duplicate-key-caught-inside': { row: 'poisoned-groups', breaks: 'others-served' },
  'clock-read-inside': { row: 'clock-moved', breaks: 'clock-at-arrival' },
  'hydrated-document-reused': { row: 'commit-fails', breaks: 'ledger-exact' },
  'failed-group-all-failed': { row: 'poisoned-groups', breaks: 'others-served' },
  'failed-group-none-failed': { row: 'poisoned-groups', breaks: 'acknowledged-kept' },
  'badges-by-count-query': { row: 'many-subjects', breaks: 'ledger-exact' },
};

export interface Hunt {
  readonly report: RowReport;
  /** The promise that the bug is known to break was seen broken. */
  readonly isFound: boolean;
}

/** By then a bug has shown; with some of them nobody would ever be answered. Milliseconds. */
const ENDS_AFTER_MS = 8_000;

/** Plays the row that is to find a bug, in seconds, against a copy of the product that has it. */
export function hunt(name: Bug['name'], set: ReplicaSet, seed: number): Promise<Hunt> {
  const { row: wanted, breaks } = traps[name];
  const row = rows.find((each) => each.name === wanted)!;
  return withVariant(name, async (root) => {
    const report = await play(row, { set, root, scale: 'quick', seed, endsAfterMs: ENDS_AFTER_MS, report: () => {} });
    return { report, isFound: report.violations.some(({ invariant }) => invariant === breaks) };
  });
}
