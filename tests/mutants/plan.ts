/** Chooses the mutants of a sample, and the checks that are tried for a mutant. */
import path from 'node:path';
import { groupBy } from '../../src/group-by.js';
import type { Covered } from './coverage.js';
import { hashOf, type Mutant } from './mutants.js';

/** The folder of src that a file is in; "src" for the files beside the folders. */
export const folderOf = (file: string): string => {
  const [, folder, ...rest] = file.split('/');
  return rest.length === 0 ? 'src' : folder!;
};

/** At least this part of a sample comes from each folder, if it has so many: five mutants of a thousand. */
const LEAST_PART_OF_FOLDER = 0.005;

/**
 * Chooses about `size` mutants, from each folder in proportion. The same seed chooses the same mutants of a file as long
 * as that file stays the same, so results of an earlier run can be used.
 */
export function sampleOf(mutants: readonly Mutant[], size: number, seed: string): Mutant[] {
  const folders = groupBy(mutants, ({ file }) => folderOf(file));
  return [...folders.values()].flatMap((all) => {
    const share = Math.round((size * all.length) / mutants.length);
    const count = Math.min(all.length, Math.max(share, 1, size * LEAST_PART_OF_FOLDER));
    const order = new Map(all.map((mutant) => [mutant, hashOf([seed, mutant.key])]));
    return [...all].sort((one, other) => (order.get(one)! < order.get(other)! ? -1 : 1)).slice(0, count);
  });
}

/** A check to try for a mutant. */
export interface Trial {
  readonly covered: Covered;
  /** The number of the last test that reaches the mutant; undefined if all must run. */
  readonly lastTest: number | undefined;
  /** Without a mutant. */
  readonly seconds: number;
}

/**
 * Chooses the checks for a mutant, the most promising ones first: those named after the file, then those that found
 * other mutants of it, then those of its folder, then all others. Among equals, quick ones that find much come first.
 * @param kills how many mutants each check has found so far: of this file, and of all
 * @param maxSeconds what the checks may take together without a mutant; one check may always take longer
 */
export function trialsFor(
  { id, file }: Mutant,
  coverage: readonly Covered[],
  kills: { readonly ofFile: ReadonlyMap<string, number>; readonly ofAll: ReadonlyMap<string, number> },
  maxSeconds: number,
): Trial[] {
  const trials = coverage.flatMap((covered) => {
    const last = covered.reached[id];
    if (last === undefined) return [];
    const isWhole = last === 0 || last >= covered.ends.length;
    const seconds = isWhole ? covered.seconds : covered.ends[last - 1]!;
    return [{ covered, lastTest: isWhole ? undefined : last, seconds }];
  });
  const rank = ({ covered: { name } }: Trial) => {
    if (name.startsWith(ownTests(file))) return 0;
    if (kills.ofFile.has(name)) return 1;
    return name.startsWith(`tests/${folderOf(file)}/`) ? 2 : 3;
  };
  const secondsPerKill = ({ covered: { name }, seconds }: Trial) => seconds / (1 + (kills.ofAll.get(name) ?? 0));
  trials.sort((one, other) => rank(one) - rank(other) || secondsPerKill(one) - secondsPerKill(other));
  let sum = 0;
  return trials.filter(({ seconds }, position) => {
    if (position > 0 && sum + seconds > maxSeconds) return false;
    sum += seconds;
    return true;
  });
}

/** For src/actions/sign-in.ts: tests/actions/sign-in, with which the names of its test files begin. */
const ownTests = (file: string): string => path.posix.join('tests', file.slice('src/'.length).replace(/\.ts$/, ''));
