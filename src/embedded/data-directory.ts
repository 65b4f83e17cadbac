import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadOrCreateSecret, readSecret } from '../secret-file.js';

/** 256 bits. Written as hexadecimal digits, because mongod does not allow - and _ in a key file. */
const KEY_BYTES = 32;

/**
 * Describes the process that holds mongod's lock. For messages and for the next start; only the lock decides access.
 */
export interface Note {
  readonly pid: number;
  readonly mongodPid: number;
  readonly port: number;
}

/** The files of the embedded database in DATA_DIR. */
export class DataDirectory {
  readonly path: string;
  readonly dbPath: string;
  readonly logFile: string;
  /** Contains the key of the database. Anyone who can read it has full access. */
  readonly keyFile: string;
  readonly #noteFile: string;

  constructor(dataDir: string) {
    this.path = path.resolve(dataDir);
    this.dbPath = path.join(this.path, 'mongodb');
    this.logFile = path.join(this.path, 'mongod.log');
    this.keyFile = path.join(this.path, 'database-key');
    this.#noteFile = path.join(this.path, 'embedded.json');
  }

  /**
   * Creates the directories with access for their owner only.
   * @throws the file system's error if one is not writable
   */
  async ensureExists(): Promise<void> {
    await createDirectory(this.dbPath);
    // A copied or unpacked directory may be open to other users.
    await chmod(this.dbPath, 0o700);
  }

  /**
   * Returns the key and creates it on first use. The data do not depend on it: a lost key is replaced by a new one.
   * @throws the file system's error
   */
  key(): Promise<string> {
    return loadOrCreateSecret(this.keyFile, () => randomBytes(KEY_BYTES).toString('hex'));
  }

  /** Returns null if no database was ever started here, or if this user may not read the key. */
  readKey(): Promise<string | null> {
    return readSecret(this.keyFile).catch(() => null);
  }

  async readNote(): Promise<Note | null> {
    try {
      const { of, ...note } = JSON.parse(await readFile(this.#noteFile, 'utf8')) as Note & { readonly of: string };
      // In a copy of the directory, the note describes the database of the original.
      if (of !== this.path) return null;
      const isComplete = [note.pid, note.mongodPid, note.port].every((value) => Number.isInteger(value) && value > 0);
      return isComplete ? note : null;
    } catch {
      return null;
    }
  }

  async writeNote(note: Note): Promise<void> {
    await writeFile(this.#noteFile, `${JSON.stringify({ ...note, of: this.path })}\n`, { mode: 0o600 });
  }

  /** Writes the log file. @returns the end of a sentence that says where the log is, or why it could not be written */
  async writeLog(lines: readonly string[]): Promise<string> {
    try {
      await writeFile(this.logFile, `${lines.join('\n')}\n`, { mode: 0o600 });
      return `the end of its log is in ${this.logFile}`;
    } catch (error) {
      // A truncated file would look complete.
      await rm(this.logFile).catch(() => {});
      return `its log could not be written to ${this.logFile} (${(error as NodeJS.ErrnoException).code})`;
    }
  }

  /** Returns the process ID of the mongod that holds the lock, which mongod writes into its lock file. */
  async lockHolderPid(): Promise<number | null> {
    const text = await readFile(path.join(this.dbPath, 'mongod.lock'), 'utf8').catch(() => '');
    return Number.parseInt(text, 10) || null;
  }
}

/** Creates a directory and its parents. `recursive` would report ENOENT on a read-only file system. */
async function createDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(directory)).isDirectory()) return;
    if (code !== 'ENOENT') throw error;
    await createDirectory(path.dirname(directory));
    await createDirectory(directory);
  }
}
