import { groupBy } from '../group-by.js';

/**
 * Which requests a request may share a group with. Restricted are retries (see groupingAfter in committer.ts) and
 * requests that read a whole ledger.
 */
export type Grouping = 'any student' | 'same student' | 'alone';

export interface QueueEntry {
  readonly studentKey: string;
  grouping: Grouping;
}

/**
 * The requests that wait for a transaction: one first-in-first-out queue per student.
 * After a student's requests were taken, no more of them are taken until the student is released. So the transactions
 * of one process never conflict with each other.
 */
export class RequestQueue<Entry extends QueueEntry> {
  /** Keyed by student, in the order in which the students are served. No queue is empty. */
  readonly #queues = new Map<string, Entry[]>();
  /** The number of requests in flight (taken and not yet released), by student. */
  readonly #inFlightOf = new Map<string, number>();
  #waiting = 0;
  #inFlight = 0;

  /** The number of requests that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** The number of requests that wait or are in flight: all that are kept in memory. */
  get pending(): number {
    return this.#waiting + this.#inFlight;
  }

  pendingOf(studentKey: string): number {
    return (this.#queues.get(studentKey)?.length ?? 0) + (this.#inFlightOf.get(studentKey) ?? 0);
  }

  get isIdle(): boolean {
    return this.pending === 0;
  }

  add(entry: Entry): void {
    const queue = this.#queues.get(entry.studentKey);
    if (queue) queue.push(entry);
    else this.#queues.set(entry.studentKey, [entry]);
    this.#waiting += 1;
  }

  /** Puts entries that were taken back at the front of their students' queues. Their students stay in flight. */
  putBack(entries: readonly Entry[]): void {
    for (const [studentKey, returned] of groupBy(entries, ({ studentKey }) => studentKey)) {
      this.#queues.set(studentKey, [...returned, ...(this.#queues.get(studentKey) ?? [])]);
      this.#waiting += returned.length;
    }
  }

  /** Removes an entry if it still waits. */
  remove(entry: Entry): void {
    const queue = this.#queues.get(entry.studentKey) ?? [];
    const position = queue.indexOf(entry);
    if (position < 0) return;
    queue.splice(position, 1);
    this.#waiting -= 1;
    if (queue.length === 0) this.#queues.delete(entry.studentKey);
  }

  /**
   * Takes the next group: at most `maxEntries` entries, at most `maxPerStudent` of each student. A student's entries
   * stay together and in order; a student with entries left over moves to the end. An entry with a restricted
   * grouping is only taken as the first of a group, which then has no other student.
   */
  take(maxEntries: number, maxPerStudent: number): Entry[] {
    const group: Entry[] = [];
    for (const [studentKey, queue] of this.#queues) {
      if (group.length >= maxEntries) break;
      if (this.#inFlightOf.has(studentKey)) continue;
      const { grouping } = queue[0]!;
      if (grouping !== 'any student' && group.length > 0) continue;
      const count =
        grouping === 'alone' ? 1 : Math.min(countOfSameGrouping(queue), maxPerStudent, maxEntries - group.length);
      this.#takeFrom(studentKey, queue, count, group);
      if (grouping !== 'any student') break;
    }
    return group;
  }

  #takeFrom(studentKey: string, queue: Entry[], count: number, group: Entry[]): void {
    group.push(...queue.splice(0, count));
    this.#waiting -= count;
    this.#inFlight += count;
    this.#inFlightOf.set(studentKey, count);
    this.#queues.delete(studentKey);
    if (queue.length > 0) this.#queues.set(studentKey, queue);
  }

  /** These entries are no longer in flight: their students may be taken again. */
  release(entries: readonly Entry[]): void {
    for (const { studentKey } of entries) this.#inFlightOf.delete(studentKey);
    this.#inFlight -= entries.length;
  }
}

/** The number of entries before the first one whose grouping is more restricted than that of the first entry. */
function countOfSameGrouping(queue: readonly QueueEntry[]): number {
  const allowed = queue[0]!.grouping;
  const other = queue.findIndex(({ grouping }) => grouping !== allowed && grouping !== 'any student');
  return other < 0 ? queue.length : other;
}
