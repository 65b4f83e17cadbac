/** Makes the mutants: every small change of the source for which a test should fail. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { isInternalMessage } from './settings.js';

export interface Mutant {
  /** The number by which the instrumented code knows it. Valid for this state of the source only. */
  readonly id: string;
  /** Relative to the root of the project. */
  readonly file: string;
  readonly line: number;
  /** Where the original begins. Characters from the start of the file. */
  readonly start: number;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
  /** Identifies the same change as long as its file is the same. */
  readonly key: string;
  /** Identifies the same change after other lines of its file have changed too. */
  readonly change: string;
}

export interface Instrumented {
  /** The instrumented text of each source file: all mutants in one, each behind a switch. */
  readonly files: ReadonlyMap<string, string>;
  readonly mutants: readonly Mutant[];
  /** Changes with the source. */
  readonly hash: string;
}

/** Instruments all TypeScript files in src of a project. */
export async function instrument(root: string): Promise<Instrumented> {
  const names = (await readdir(path.join(root, 'src'), { recursive: true }))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => path.posix.join('src', name))
    .sort();
  const sources = await Promise.all(
    names.map(async (name) => ({ name, content: await readFile(path.join(root, name), 'utf8'), mutate: true })),
  );
  const instrumenter = new Instrumenter(SILENT as never);
  const { files, mutants } = await instrumenter.instrument(sources, {
    plugins: null,
    excludedMutations: [],
    ignorers: [],
    noHeader: false,
  } as never);
  const texts = new Map(sources.map(({ name, content }) => [name, content]));
  return {
    files: new Map(files.map(({ name, content }) => [name, content])),
    mutants: withKeys(mutants.map((mutant) => described(mutant, texts.get(mutant.fileName)!))).filter(
      ({ isIgnored }) => !isIgnored,
    ),
    hash: hashOf(sources.map(({ name, content }) => `${name}\0${content}`)),
  };
}

const silent = () => {};
const SILENT = { debug: silent, info: silent, warn: silent, isDebugEnabled: () => false };

interface Found {
  readonly id: string;
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** Both count from 0. */
interface Position {
  readonly line: number;
  readonly column: number;
}

function described({ id, fileName, mutatorName, replacement, location }: Found, source: string) {
  const lines = source.split('\n');
  const offset = ({ line, column }: Position) =>
    lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0) + column;
  const [start, end] = [offset(location.start), offset(location.end)];
  return {
    id,
    file: fileName,
    line: location.start.line + 1,
    mutator: mutatorName,
    original: source.slice(start, end),
    replacement,
    isIgnored: isInternalMessage(fileName, mutatorName, source.slice(0, start)),
    sourceHash: hashOf([source]),
    start,
  };
}

type Described = ReturnType<typeof described>;

/** Equal changes of one file are told apart by their order. */
function withKeys(mutants: readonly Described[]): (Mutant & { readonly isIgnored: boolean })[] {
  const seen = new Map<string, number>();
  return mutants.map(({ sourceHash, ...mutant }) => {
    const { file, start, mutator, original, replacement } = mutant;
    const same = `${file}: ${oneLine(original)} => ${oneLine(replacement)}`;
    const count = (seen.get(same) ?? 0) + 1;
    seen.set(same, count);
    const change = count === 1 ? same : `${same} (${count})`;
    return { ...mutant, change, key: hashOf([sourceHash, file, mutator, `${start}`, original, replacement]) };
  });
}

/** Code in one line, shortened in its middle. */
export function oneLine(code: string): string {
  const text = code.replace(/\s+/g, ' ').trim();
  return text.length <= 160 ? text : `${text.slice(0, 100)} ... ${text.slice(-50)}`;
}

export function hashOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}\0`).update(part);
  return hash.digest('hex').slice(0, 20);
}
