/** The results so far, in a file, so that an interrupted run can go on. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

export type Status = 'killed' | 'timed out' | 'survived' | 'not reached';

export interface Result {
  /** The key of the mutant. */
  readonly mutant: string;
  readonly status: Status;
  /** The check that found it. */
  readonly by?: string;
  /** The keys of the checks that did not find it. */
  readonly missedBy: readonly string[];
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export const isFound = ({ status }: Result): boolean => status === 'killed' || status === 'timed out';

export class Results {
  readonly #byMutant = new Map<string, Result>();

  /** @param resume whether to begin with what an earlier run has found out */
  constructor(
    private readonly file: string,
    resume: boolean,
  ) {
    mkdirSync(path.dirname(file), { recursive: true });
    if (!resume) rmSync(file, { force: true });
    if (!existsSync(file)) return;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const result = parsed(line);
      if (result) this.#byMutant.set(result.mutant, result);
    }
  }

  get(mutant: string): Result | undefined {
    return this.#byMutant.get(mutant);
  }

  add(result: Result): void {
    this.#byMutant.set(result.mutant, result);
    appendFileSync(this.file, `${JSON.stringify(result)}\n`);
  }
}

/** @returns null for a line that was cut off when a run was interrupted */
function parsed(line: string): Result | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
