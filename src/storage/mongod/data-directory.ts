import { constants } from 'node:fs';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

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
  readonly #noteFile: string;

  constructor(dataDir: string) {
    this.path = path.resolve(dataDir);
    this.dbPath = path.join(this.path, 'mongodb');
    this.logFile = path.join(this.path, 'mongod.log');
    this.#noteFile = path.join(this.path, 'embedded.json');
  }

  /** Makes it, for its owner only. @throws Error of the file system where it cannot be written */
  async make(): Promise<void> {
    await mkdir(this.dbPath, { recursive: true, mode: 0o700 });
    await access(this.dbPath, constants.R_OK | constants.W_OK | constants.X_OK);
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

  async writeLog(lines: readonly string[]): Promise<void> {
    await writeFile(this.logFile, `${lines.join('\n')}\n`).catch(() => {});
  }

  /** mongod writes its process id into the file that it locks. */
  async lockHolder(): Promise<number | null> {
    const text = await readFile(path.join(this.dbPath, 'mongod.lock'), 'utf8').catch(() => '');
    return Number.parseInt(text, 10) || null;
  }

  /**
   * Ends a mongod whose server and killer are both gone (killall -9 node). The command line is compared because the
   * number may mean another process here: the directory can be shared with a container.
   */
  async endOrphan(pid: number): Promise<void> {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!command.split('\0').includes(this.dbPath)) return;
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It has just ended by itself.
    }
  }
}
