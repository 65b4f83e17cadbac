/** What the mutation tests of this project need to know about it. The reasons are in docs/adr/0030-mutation-testing.md. */

/** Test files that no mutant is tried with, and why. */
export const LEFT_OUT: readonly { readonly files: RegExp; readonly why: string }[] = [
  { files: /^tests\/architecture\//, why: 'they read the source as text, and the source of a mutant is another one' },
  { files: /^tests\/mutants\//, why: 'they test this runner' },
  { files: /^tests\/bench\//, why: 'they test the benchmarks' },
  { files: /^tests\/web\//, why: 'they test the pages; what the server does for a page has tests of its own' },
  { files: /^tests\/faults\//, why: 'each takes minutes; the fault kit has planted bugs of its own' },
  { files: /^tests\/http\/small-heap\.test\.ts$/, why: 'it measures memory, and the mutants take some' },
];

/** A check that is no test file: a command that fails if it finds a difference. */
export interface Command {
  readonly name: string;
  readonly args: readonly string[];
}

/** Steps of `npm test` that are no test files but find mutants too. */
export const COMMANDS: readonly Command[] = [
  { name: 'schema', args: ['--import', './scripts/typescript.mjs', 'src/cli/print-schema.ts', '--check'] },
];

/** The part of the mutants that the tests must find, by folder of src; DEFAULT_AIM for all others. */
const AIMS: Readonly<Record<string, number>> = { rewards: 95, actions: 90, auth: 90, storage: 90, graphql: 90 };
const DEFAULT_AIM = 85;

export const aimOf = (folder: string): number => AIMS[folder] ?? DEFAULT_AIM;

/**
 * Folders in which the message of `new Error` is for programmers. It says which assumption of the code was wrong, no
 * client gets it, and no code depends on it. Elsewhere (configuration, commands, the embedded database) it is the
 * message that the operator reads, so it counts.
 */
const INTERNAL_ERRORS = /^src\/(actions|auth|audit|granting|graphql|http|live|rewards|storage)\//;

/** @returns whether the text of an internal error is the whole change */
export const isInternalMessage = (file: string, mutator: string, codeBefore: string): boolean =>
  mutator === 'StringLiteral' && INTERNAL_ERRORS.test(file) && /\bnew (Type|Range)?Error\(\s*$/.test(codeBefore);
