/** What is wrong, and what to do, where a mongod does not start or ends by itself: by the first words of its log. */

/** Longer words of mongod are dumps of data. Characters. */
const MOST_CHARACTERS = 300;

interface Problem {
  readonly pattern: RegExp;
  /** What is wrong and what to do. */
  readonly says: (directory: string) => string;
}

const PROBLEMS: readonly Problem[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    says: (directory) =>
      `the disk of ${directory} is full: free some space, or move the directory to a larger disk and set DATA_DIR`,
  },
  {
    pattern: /Too many open files/,
    says: () => 'the limit of open files is too low: raise it (ulimit -n 4096)',
  },
  {
    pattern: /UPGRADE PROBLEM|unsupported WiredTiger file version|exit code 62/,
    says: (directory) =>
      `the data in ${directory} were written by another version of mongod: ` +
      'name the former one with MONGOD_BINARY, or set DATA_DIR to another directory',
  },
  {
    pattern: /Unable to acquire security key|permissions on .* are too open/,
    says: (directory) =>
      `mongod does not accept ${directory}/database-key: it must be readable by this user only (chmod 600), and so ` +
      'DATA_DIR must be on a file system that has permissions; or delete the file, and a new one is made',
  },
  {
    pattern: /Permission denied|Operation not permitted/,
    says: (directory) =>
      `files in ${directory} belong to another user: start as that user, or give them to this one (chown -R)`,
  },
  {
    pattern: /Read-only file system/,
    says: (directory) => `${directory} is on a read-only file system: set DATA_DIR to a directory that can be written`,
  },
  {
    pattern: /Input\/output error/,
    says: (directory) => `the disk of ${directory} does not work: replace it and restore a backup (docs/operations.md)`,
  },
  {
    pattern: /Cannot allocate memory|out of memory/i,
    says: () => 'the machine has too little free memory: end something else, or give it more',
  },
  {
    pattern:
      /WT_TRY_SALVAGE|corrupt|checksum error|not appear to be a WiredTiger file|fatal read error|non-specific WiredTiger error|\.wt\b.*(No such file|end-of-file|read)/i,
    says: (directory) =>
      `the data files in ${directory}/mongodb are damaged: keep them, restore a backup (docs/operations.md), or set ` +
      'DATA_DIR to an empty directory',
  },
  {
    pattern: /SIGILL/,
    says: () => 'this processor lacks what this mongod needs (AVX): name another one with MONGOD_BINARY',
  },
  {
    pattern: /error while loading shared libraries/,
    says: () => 'a library is missing: install it (on Debian and Ubuntu: apt-get install libcurl4 libssl3)',
  },
];

/** What a line of mongod's log complains of, in short; null where it is no complaint. */
export function complaintOf(line: string): string | null {
  try {
    const { s, msg, attr } = JSON.parse(line);
    if (s !== 'E' && s !== 'F') return null;
    const { message, error } = attr ?? {};
    const words = [message?.msg, message?.error_str, error?.errmsg, error, message].filter(
      (each) => typeof each === 'string',
    );
    return (words.length > 0 ? words.slice(0, 2).join(': ') : String(msg))
      .replace(/\s+/g, ' ')
      .slice(0, MOST_CHARACTERS);
  } catch {
    return /error while loading shared libraries|Too many open files/.test(line) ? line : null;
  }
}

/**
 * One line: what is wrong, mongod's first words about it, and what to do.
 * @param complaints of mongod, the first one first: it names the cause, the later ones what came of it
 * @param end how it ended, for where it said nothing
 */
export function problemOf(complaints: readonly string[], end: string, directory: string): string {
  for (const words of [...complaints, end]) {
    const problem = PROBLEMS.find(({ pattern }) => pattern.test(words));
    if (problem) return `${problem.says(directory)} (${words})`;
  }
  return complaints[0] ?? end;
}
