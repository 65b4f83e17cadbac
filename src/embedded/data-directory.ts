import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { keptSecret, readSecret } from '../kept-secret.js';

/** 256 bits; in hexadecimal digits, because mongod takes no - and _ in a key file. */
const KEY_BYTES = 32;

/** Written by whoever has mongod's lock: for messages and the next start, never to decide who may. */
export interface Note {
  readonly pid: number;
  readonly mongodPid: number;
  readonly port: number;
}

/** What an embedded database has in DATA_DIR. */
export class DataDirectory {
  readonly path: string;
  readonly dbPath: string;
  readonly logFile: string;
  /** Holds the key of the database: whoever can read it may do everything. */
  readonly keyFile: string;
  readonly #noteFile: string;

  constructor(dataDir: string) {
    this.path = path.resolve(dataDir);
    this.dbPath = path.join(this.path, 'mongodb');
    this.logFile = path.join(this.path, 'mongod.log');
    this.keyFile = path.join(this.path, 'database-key');
    this.#noteFile = path.join(this.path, 'embedded.json');
  }

  /** Makes it, for its owner only. @throws Error of the file system where it cannot be written */
  async make(): Promise<void> {
    await makeDirectory(this.dbPath);
    await access(this.dbPath, constants.R_OK | constants.W_OK | constants.X_OK);
    // One that was copied or unpacked may be open to others.
    await chmod(this.dbPath, 0o700);
  }

  /** Made once. It is no part of the data: where it is lost, a new one does as well. @throws Error of the file system */
  key(): Promise<string> {
    return keptSecret(this.keyFile, () => randomBytes(KEY_BYTES).toString('hex'));
  }

  /** null where nobody has started a database here, or this user may not read it. */
  readKey(): Promise<string | null> {
    return readSecret(this.keyFile).catch(() => null);
  }

  async readNote(): Promise<Note | null> {
    try {
      const { of, ...note } = JSON.parse(await readFile(this.#noteFile, 'utf8')) as Note & { readonly of: string };
      // In a copy of the directory it tells of another database.
      if (of !== this.path) return null;
      const whole = [note.pid, note.mongodPid, note.port].every((value) => Number.isInteger(value) && value > 0);
      return whole ? note : null;
    } catch {
      return null;
    }
  }

  async writeNote(note: Note): Promise<void> {
    await writeFile(this.#noteFile, `${JSON.stringify({ ...note, of: this.path })}\n`, { mode: 0o600 });
  }

  /** @returns where a person finds these lines, or why not, as the end of a sentence */
  async writeLog(lines: readonly string[]): Promise<string> {
    try {
      await writeFile(this.logFile, `${lines.join('\n')}\n`, { mode: 0o600 });
      return `its last words are in ${this.logFile}`;
    } catch (error) {
      // A file that is cut off would look like the whole.
      await rm(this.logFile, { force: true }).catch(() => {});
      return `its log could not be written to ${this.logFile} (${(error as NodeJS.ErrnoException).code})`;
    }
  }

  /** mongod writes its process id into the file that it locks. */
  async lockHolder(): Promise<number | null> {
    const text = await readFile(path.join(this.dbPath, 'mongod.lock'), 'utf8').catch(() => '');
    return Number.parseInt(text, 10) || null;
  }
}

/** With what it is in. Not by `recursive`, which says ENOENT of a read-only file system. */
async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT') throw error;
    await makeDirectory(path.dirname(directory));
    await makeDirectory(directory);
  }
}
