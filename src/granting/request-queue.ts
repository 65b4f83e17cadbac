import { groupBy } from '../group-by.js';

/** With whom a request may share a group: after a conflict over its student, or a failure of its own, with fewer. */
export type Company = 'anyone' | 'its student' | 'nobody';

/** What waits. */
export interface Waiting {
  readonly studentKey: string;
  company: Company;
}

/**
 * The requests that wait for a transaction, in the order of arrival, a line for each student.
 * A student that is in flight is never taken again before it is released, so that one process never fights itself.
 */
export class WaitingLine<Entry extends Waiting> {
  /** Students in the order in which they are served; no line is empty. */
  readonly #lines = new Map<string, Entry[]>();
  /** How many of each student were taken and not released yet. */
  readonly #inFlight = new Map<string, number>();
  #length = 0;
  #lengthInFlight = 0;

  /** Those that wait. */
  get length(): number {
    return this.#length;
  }

  /** Those that wait or are in flight: all that are kept in memory. */
  get held(): number {
    return this.#length + this.#lengthInFlight;
  }

  heldOf(studentKey: string): number {
    return (this.#lines.get(studentKey)?.length ?? 0) + (this.#inFlight.get(studentKey) ?? 0);
  }

  get isIdle(): boolean {
    return this.held === 0;
  }

  add(entry: Entry): void {
    const line = this.#lines.get(entry.studentKey);
    if (line) line.push(entry);
    else this.#lines.set(entry.studentKey, [entry]);
    this.#length += 1;
  }

  /** Puts entries that were taken back in front of those that came after them, and releases their students. */
  putBack(entries: readonly Entry[]): void {
    for (const [studentKey, again] of groupBy(entries, ({ studentKey }) => studentKey)) {
      this.#lines.set(studentKey, [...again, ...(this.#lines.get(studentKey) ?? [])]);
      this.#length += again.length;
    }
  }

  /** Takes an entry out of the line, where it still waits. */
  remove(entry: Entry): void {
    const line = this.#lines.get(entry.studentKey) ?? [];
    const position = line.indexOf(entry);
    if (position < 0) return;
    line.splice(position, 1);
    this.#length -= 1;
    if (line.length === 0) this.#lines.delete(entry.studentKey);
  }

  /**
   * Takes the next group: at most `most` entries, a student's together and in order, at most `mostOfOne` of one
   * student, who then waits behind the others. An entry that may not share its group with others is taken without.
   */
  take(most: number, mostOfOne: number): Entry[] {
    const group: Entry[] = [];
    for (const [studentKey, line] of this.#lines) {
      if (group.length >= most) break;
      if (this.#inFlight.has(studentKey)) continue;
      const company = line[0]!.company;
      if (company !== 'anyone' && group.length > 0) continue;
      const count = company === 'nobody' ? 1 : Math.min(sociable(line), mostOfOne, most - group.length);
      this.#takeFrom(studentKey, line, count, group);
      if (company !== 'anyone') break;
    }
    return group;
  }

  #takeFrom(studentKey: string, line: Entry[], count: number, group: Entry[]): void {
    group.push(...line.splice(0, count));
    this.#length -= count;
    this.#lengthInFlight += count;
    this.#inFlight.set(studentKey, count);
    this.#lines.delete(studentKey);
    if (line.length > 0) this.#lines.set(studentKey, line);
  }

  /** The students of these entries may be taken again. */
  release(entries: readonly Entry[]): void {
    for (const { studentKey } of entries) this.#inFlight.delete(studentKey);
    this.#lengthInFlight -= entries.length;
  }
}

/** How many of the first in a line may be taken together. */
function sociable(line: readonly Waiting[]): number {
  const first = line.findIndex(({ company }) => company === 'nobody');
  return first < 0 ? line.length : first;
}
