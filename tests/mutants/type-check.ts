/** Finds mutants that do not compile, as the types step of `npm test` would. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import type { Mutant } from './mutants.js';

/** The name of this check in results and reports. */
export const TYPES = 'types';

export class TypeCheck {
  /** What a file has instead of its text, and how often that has changed. */
  readonly #replaced = new Map<string, { readonly version: number; readonly text: string }>();
  readonly #service: ts.LanguageService;

  /** @param root the project, with a tsconfig.json; without one, every mutant compiles */
  constructor(private readonly root: string) {
    const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
    const { options, fileNames } = ts.parseJsonConfigFileContent({ ...config, include: ['src'] }, ts.sys, root);
    this.#service = ts.createLanguageService({
      ...ts.sys,
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
      getCompilationSettings: () => options,
      getScriptFileNames: () => fileNames,
      getScriptVersion: (name) => String(this.#replaced.get(name)?.version ?? 0),
      getScriptSnapshot: (name) => {
        const text = this.#replaced.get(name)?.text ?? (existsSync(name) ? readFileSync(name, 'utf8') : undefined);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
    });
  }

  /** @returns whether the file of the mutant does not compile with it. Files that import it are not checked. */
  fails({ file, start, original, replacement }: Mutant): boolean {
    const name = path.join(this.root, file);
    const text = readFileSync(name, 'utf8');
    this.#replace(name, text.slice(0, start) + replacement + text.slice(start + original.length));
    try {
      return [...this.#service.getSyntacticDiagnostics(name), ...this.#service.getSemanticDiagnostics(name)].length > 0;
    } finally {
      this.#replace(name, text);
    }
  }

  #replace(name: string, text: string): void {
    this.#replaced.set(name, { version: (this.#replaced.get(name)?.version ?? 0) + 1, text });
  }
}
