/** The table of results and the list of survivors. */
import { groupBy } from '../../src/group-by.js';
import type { Mutant } from './mutants.js';
import { folderOf } from './plan.js';
import type { Results, Status } from './results.js';
import { aimOf } from './settings.js';
import { TYPES } from './type-check.js';

export interface FolderScore {
  readonly folder: string;
  readonly mutants: number;
  readonly counts: Readonly<Record<Status, number>>;
  /** Of the killed: those that no test has found, and that do not compile. */
  readonly byTypes: number;
  /** Percent. */
  readonly score: number;
  readonly aim: number;
}

/** @returns the scores of the folders, and of all at the end */
export function scoresOf(mutants: readonly Mutant[], results: Results): FolderScore[] {
  const folders = [...groupBy(mutants, ({ file }) => folderOf(file))].sort(([one], [other]) => (one < other ? -1 : 1));
  return [...folders, ['all', mutants] as const].map(([folder, ofFolder]) => {
    const counts = { killed: 0, 'timed out': 0, survived: 0, 'not reached': 0 };
    for (const { key } of ofFolder) counts[results.get(key)!.status] += 1;
    const byTypes = ofFolder.filter(({ key }) => results.get(key)!.by === TYPES).length;
    const score = (100 * (counts.killed + counts['timed out'])) / ofFolder.length;
    return { folder, mutants: ofFolder.length, counts, byTypes, score, aim: aimOf(folder) };
  });
}

export function tableOf(scores: readonly FolderScore[]): string {
  const rows = scores.map(({ folder, mutants, counts, byTypes, score, aim }) => [
    folder,
    mutants,
    counts.killed - byTypes,
    byTypes,
    counts['timed out'],
    counts.survived,
    counts['not reached'],
    `${score.toFixed(1)} %`,
    folder === 'all' ? '' : `${aim} %`,
  ]);
  const head = ['folder', 'mutants', 'killed', 'by types', 'timed out', 'survived', 'not reached', 'score', 'aim'];
  const lines = [head, ['---', '---:', '---:', '---:', '---:', '---:', '---:', '---:', '---:'], ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The reasons of survivors, by their change. */
export type Reasons = Readonly<Record<string, string>>;

export function survivorsOf(mutants: readonly Mutant[], results: Results): Mutant[] {
  return mutants
    .filter(({ key }) => ['survived', 'not reached'].includes(results.get(key)!.status))
    .sort((one, other) => (one.file === other.file ? one.line - other.line : one.file < other.file ? -1 : 1));
}

export const survivorLine = ({ file, line, change }: Mutant): string =>
  `${file}:${line}: ${change.slice(`${file}: `.length)}`;

export interface ReportFacts {
  readonly date: string;
  readonly commit: string;
  readonly seed: string;
  readonly all: number;
  readonly maxSeconds: number;
}

/** docs/mutants.md */
export function reportText(mutants: readonly Mutant[], results: Results, reasons: Reasons, facts: ReportFacts): string {
  const { date, commit, seed, all, maxSeconds } = facts;
  const survivors = survivorsOf(mutants, results).map(
    (mutant) => `- ${code(survivorLine(mutant))}\n  ${reasons[mutant.change] ?? 'Not reviewed yet.'}`,
  );
  return `# Mutants: small changes of the source, and whether a test finds them

Written by \`npm run mutants\` on ${date}, for commit ${commit}. Do not edit: the reasons of survivors are in
\`tests/mutants/survivors.json\`. [ADR 30](adr/0030-mutation-testing.md) says how it works.

Tried were ${mutants.length} of ${all} mutants of \`src/\`, chosen with the seed ${seed}. A mutant is found if a check that
reaches it fails, or takes several times as long as without it; or, if no test has found it, if it does not compile. The checks for one mutant take at most ${maxSeconds} s, the most
promising ones first, so a survivor may be found by a check that was not run.

${tableOf(scoresOf(mutants, results))}

## Survivors

${survivors.length === 0 ? 'None.' : survivors.join('\n')}
`;
}

/** Code in Markdown, whatever back-ticks it has. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
}
