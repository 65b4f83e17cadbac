/** Diagnoses why a mongod did not start or ended unexpectedly, from the first errors in its log. */

/** Longer error texts of mongod are dumps of data. Characters. */
const MAX_ERROR_CHARACTERS = 300;

interface Problem {
  readonly pattern: RegExp;
  /** Returns what is wrong and what to do. */
  readonly describe: (directory: string) => string;
}

const PROBLEMS: readonly Problem[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    describe: (directory) =>
      `the disk of ${directory} is full: free some space, or move the directory to a larger disk and set DATA_DIR`,
  },
  {
    pattern: /Too many open files/,
    describe: () => 'the limit of open files is too low: raise it (ulimit -n 4096)',
  },
  {
    pattern: /UPGRADE PROBLEM|unsupported WiredTiger file version|exit code 62/,
    describe: (directory) =>
      `the data in ${directory} were written by another version of mongod: ` +
      'name a mongod of that version with MONGOD_BINARY, or set DATA_DIR to another directory',
  },
  {
    pattern: /Unable to acquire security key|permissions on .* are too open/,
    describe: (directory) =>
      `mongod does not accept ${directory}/database-key: it must be readable by this user only (chmod 600), and so ` +
      'DATA_DIR must be on a file system with permissions; or delete the file, and the next start creates a new one',
  },
  {
    pattern: /Permission denied|Operation not permitted/,
    describe: (directory) =>
      `files in ${directory} belong to another user: start as that user, or give them to this one (chown -R)`,
  },
  {
    pattern: /Read-only file system/,
    describe: (directory) =>
      `${directory} is on a read-only file system: set DATA_DIR to a directory that can be written`,
  },
  {
    pattern: /Input\/output error/,
    describe: (directory) =>
      `the disk of ${directory} does not work: replace it and restore a backup (docs/operations.md)`,
  },
  {
    pattern: /Cannot allocate memory|out of memory/i,
    describe: () => 'the machine has too little free memory: stop another program, or add memory',
  },
  {
    pattern:
      /WT_TRY_SALVAGE|corrupt|checksum error|not appear to be a WiredTiger file|fatal read error|non-specific WiredTiger error|\.wt\b.*(No such file|end-of-file|read)/i,
    describe: (directory) =>
      `the data files in ${directory}/mongodb are damaged: keep them, restore a backup (docs/operations.md), or set ` +
      'DATA_DIR to an empty directory',
  },
  {
    pattern: /SIGILL/,
    describe: () =>
      'this processor lacks instructions that this mongod needs (AVX): name another one with MONGOD_BINARY',
  },
  {
    pattern: /error while loading shared libraries/,
    describe: () => 'a library is missing: install it (on Debian and Ubuntu: apt-get install libcurl4 libssl3)',
  },
];

/** Returns the short text of an error in mongod's log, or null if the line is not an error. */
export function errorTextOf(line: string): string | null {
  try {
    const { s, msg, attr } = JSON.parse(line);
    if (s !== 'E' && s !== 'F') return null;
    const { message, error } = attr ?? {};
    const texts = [message?.msg, message?.error_str, error?.errmsg, error, message].filter(
      (each) => typeof each === 'string',
    );
    return (texts.length > 0 ? texts.slice(0, 2).join(': ') : String(msg))
      .replace(/\s+/g, ' ')
      .slice(0, MAX_ERROR_CHARACTERS);
  } catch {
    return /error while loading shared libraries|Too many open files/.test(line) ? line : null;
  }
}

/** How mongod ends when it is told to. Errors before that, such as a connection cut by the shutdown, are no cause. */
const SHUT_DOWN = 'exit code 0';

/**
 * Returns one line: what is wrong, what to do, and the error text of mongod.
 * @param errorTexts in the order of the log: the first error names the cause, the later ones its consequences
 * @param end how mongod ended, used if it logged no error
 */
export function diagnose(errorTexts: readonly string[], end: string, directory: string): string {
  if (end === SHUT_DOWN) return end;
  for (const text of [...errorTexts, end]) {
    const problem = PROBLEMS.find(({ pattern }) => pattern.test(text));
    if (problem) return `${problem.describe(directory)} (${text})`;
  }
  return errorTexts[0] ?? end;
}
