import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Grouping, type QueueEntry, RequestQueue } from '../../src/granting/request-queue.js';

interface Entry extends QueueEntry {
  readonly name: string;
}

/** Creates an entry. The name contains the student: "ada-1" is the first request of ada. */
function entry(name: string, grouping: Grouping = 'any student'): Entry {
  return { name, studentKey: name.split('-')[0]!, grouping };
}

function queueOf(...entries: Entry[]): RequestQueue<Entry> {
  const queue = new RequestQueue<Entry>();
  for (const each of entries) queue.add(each);
  return queue;
}

const namesOf = (entries: readonly Entry[]) => entries.map(({ name }) => name);

describe('take', () => {
  test('returns the requests in order of arrival, with the requests of a student together', () => {
    const queue = queueOf(entry('ada-1'), entry('bob-1'), entry('ada-2'));
    expect(namesOf(queue.take(9, 9))).toEqual(['ada-1', 'ada-2', 'bob-1']);
    expect(queue.waiting).toBe(0);
  });

  test('respects both limits, and moves a student with requests left over behind the others', () => {
    const queue = queueOf(entry('ada-1'), entry('ada-2'), entry('ada-3'), entry('bob-1'), entry('cleo-1'));
    const first = queue.take(3, 2);
    expect(namesOf(first)).toEqual(['ada-1', 'ada-2', 'bob-1']);
    queue.release(first);
    expect(namesOf(queue.take(3, 2))).toEqual(['cleo-1', 'ada-3']);
  });

  test('skips a student in flight until the student is released', () => {
    const queue = queueOf(entry('ada-1'));
    const first = queue.take(9, 9);
    queue.add(entry('ada-2'));
    queue.add(entry('bob-1'));
    expect(namesOf(queue.take(9, 9))).toEqual(['bob-1']);
    expect(queue.take(9, 9)).toEqual([]);
    queue.release(first);
    expect(namesOf(queue.take(9, 9))).toEqual(['ada-2']);
  });

  test('returns requests that were put back before requests that were added later', () => {
    const queue = queueOf(entry('ada-1'), entry('ada-2'));
    const first = queue.take(9, 9);
    queue.add(entry('ada-3'));
    queue.putBack(first);
    queue.release(first);
    expect(namesOf(queue.take(9, 9))).toEqual(['ada-1', 'ada-2', 'ada-3']);
  });

  test('does not return removed requests', () => {
    const [first, second, third] = [entry('ada-1'), entry('ada-2'), entry('ada-3')];
    const queue = queueOf(first, second, third);
    queue.remove(second);
    queue.remove(second);
    expect(queue.pendingOf('ada')).toBe(2);
    expect(namesOf(queue.take(9, 9))).toEqual(['ada-1', 'ada-3']);
    queue.remove(first);
    expect(queue.waiting).toBe(0);
  });
});

describe('take, given a request with a restricted grouping', () => {
  test('returns an "alone" request alone, and the requests behind it wait', () => {
    const queue = queueOf(entry('ada-1', 'alone'), entry('ada-2'), entry('bob-1'));
    const first = queue.take(9, 9);
    expect(namesOf(first)).toEqual(['ada-1']);
    expect(namesOf(queue.take(9, 9))).toEqual(['bob-1']);
    queue.release(first);
    expect(namesOf(queue.take(9, 9))).toEqual(['ada-2']);
  });

  test('returns a "same student" request with the other requests of its student only', () => {
    const queue = queueOf(entry('ada-1', 'same student'), entry('ada-2'), entry('bob-1'));
    expect(namesOf(queue.take(9, 9))).toEqual(['ada-1', 'ada-2']);
    expect(namesOf(queue.take(9, 9))).toEqual(['bob-1']);
  });

  test('leaves a restricted request out of a group that has begun, and starts the next group with it', () => {
    const queue = queueOf(entry('ada-1'), entry('bob-1', 'alone'), entry('cleo-1', 'same student'), entry('dora-1'));
    expect(namesOf(queue.take(9, 9))).toEqual(['ada-1', 'dora-1']);
    expect(namesOf(queue.take(9, 9))).toEqual(['bob-1']);
    expect(namesOf(queue.take(9, 9))).toEqual(['cleo-1']);
  });

  test('stops before an "alone" request that stands behind other requests of its student', () => {
    const queue = queueOf(entry('ada-1'), entry('ada-2'), entry('ada-3', 'alone'), entry('bob-1'));
    expect(namesOf(queue.take(9, 9))).toEqual(['ada-1', 'ada-2', 'bob-1']);
  });
});

describe('isIdle', () => {
  test('is true only if nothing waits and nothing is in flight', () => {
    const queue = new RequestQueue<Entry>();
    expect(queue.isIdle).toBe(true);
    queue.add(entry('ada-1'));
    expect(queue.isIdle).toBe(false);
    const group = queue.take(9, 9);
    expect(queue.isIdle).toBe(false);
    queue.release(group);
    expect(queue.isIdle).toBe(true);
  });
});

/** A naive model of the queue: one list of all waiting requests, and one of the students in the order of their turns. */
class NaiveQueue {
  waiting: Entry[] = [];
  turns: string[] = [];
  inFlight: string[] = [];

  add(entry: Entry): void {
    this.#wait([...this.waiting, entry]);
  }

  putBack(entries: readonly Entry[]): void {
    this.#wait([...entries, ...this.waiting]);
  }

  remove(entry: Entry): void {
    this.#wait(this.waiting.filter((each) => each !== entry));
  }

  take(maxEntries: number, maxPerStudent: number): Entry[] {
    let group: Entry[] = [];
    for (const student of this.turns.filter((each) => !this.inFlight.includes(each))) {
      const isUnrestricted = group.every(({ grouping }) => grouping === 'any student');
      const isRestricted = this.of(student)[0]!.grouping !== 'any student';
      if (group.length === 0 || (isUnrestricted && !isRestricted)) {
        group = [...group, ...this.#share(student).slice(0, Math.min(maxPerStudent, maxEntries - group.length))];
      }
    }
    const taken = [...new Set(group.map(({ studentKey }) => studentKey))];
    this.inFlight.push(...taken);
    this.turns = this.turns.filter((each) => !taken.includes(each));
    // Students with requests left over wait for another turn behind the others.
    this.#wait(
      this.waiting.filter((each) => !group.includes(each)),
      taken,
    );
    return group;
  }

  release(entries: readonly Entry[]): void {
    this.inFlight = this.inFlight.filter((student) => !entries.some(({ studentKey }) => studentKey === student));
  }

  of(student: string): Entry[] {
    return this.waiting.filter(({ studentKey }) => studentKey === student);
  }

  /** The first requests of a student that may share a group. */
  #share(student: string): Entry[] {
    const [first, ...others] = this.of(student);
    if (first!.grouping === 'alone') return [first!];
    const firstAlone = others.findIndex(({ grouping }) => grouping === 'alone');
    return [first!, ...(firstAlone < 0 ? others : others.slice(0, firstAlone))];
  }

  #wait(waiting: Entry[], served: readonly string[] = []): void {
    this.waiting = waiting;
    const students = [...served, ...waiting.map(({ studentKey }) => studentKey)];
    this.turns = [...new Set([...this.turns, ...students])].filter((each) => this.of(each).length > 0);
  }
}

/** A queue, its groups in flight, and every entry that was ever added. */
interface Real {
  readonly queue: RequestQueue<Entry>;
  readonly inFlight: Entry[][];
  readonly all: Entry[];
}

/** An event that is applied to a queue and to its model. */
type QueueEvent = fc.Command<NaiveQueue, Real>;
const queueEvent = (name: string, run: QueueEvent['run']): QueueEvent => ({
  check: () => true,
  run,
  toString: () => name,
});

const students = ['ada', 'bob', 'cleo', 'dora'];

const arrival = fc.constantFrom(...students).map((student) =>
  queueEvent(`a request of ${student} arrives`, (model, { queue, all }) => {
    const newcomer = entry(`${student}-${all.length}`);
    all.push(newcomer);
    queue.add(newcomer);
    model.add(newcomer);
  }),
);

const removal = fc.nat(40).map((which) =>
  queueEvent(`request ${which} is removed`, (model, { queue, all }) => {
    const removed = all[which];
    if (!removed) return;
    queue.remove(removed);
    model.remove(removed);
  }),
);

const take = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }))
  .map(([maxEntries, maxPerStudent]) =>
    queueEvent(`take(${maxEntries}, ${maxPerStudent})`, (model, { queue, inFlight }) => {
      const group = queue.take(maxEntries, maxPerStudent);
      expect(namesOf(group)).toEqual(namesOf(model.take(maxEntries, maxPerStudent)));
      inFlight.push(group);
    }),
  );

const success = fc.constant(
  queueEvent('a group in flight succeeds', (model, { queue, inFlight }) => {
    const group = inFlight.shift() ?? [];
    queue.release(group);
    model.release(group);
  }),
);

const groupings: readonly Grouping[] = ['any student', 'same student', 'alone'];
const strictestOf = (...some: readonly Grouping[]) => groupings.findLast((grouping) => some.includes(grouping))!;

/** Some requests of the failed group are not retried, because their deadline has passed. */
const failure = fc.tuple(fc.constantFrom(...groupings), fc.nat(2)).map(([grouping, expired]) =>
  queueEvent(
    `a group in flight fails, ${expired} requests expire, the others are retried as "${grouping}"`,
    (model, { queue, inFlight }) => {
      const group = inFlight.shift() ?? [];
      const retried = group.slice(expired);
      for (const each of retried) each.grouping = strictestOf(each.grouping, grouping);
      queue.putBack(retried);
      model.putBack(retried);
      queue.release(group);
      model.release(group);
    },
  ),
);

const comparison = fc.constant(
  queueEvent('the sizes of queue and model are equal', (model, { queue, inFlight }) => {
    const pending = [...model.waiting, ...inFlight.flat()];
    expect(queue.waiting).toBe(model.waiting.length);
    expect(queue.pending).toBe(pending.length);
    expect(queue.isIdle).toBe(pending.length === 0);
    for (const student of students) {
      expect(queue.pendingOf(student)).toBe(pending.filter(({ studentKey }) => studentKey === student).length);
    }
  }),
);

const histories = fc.commands([arrival, arrival, arrival, removal, take, take, success, failure, comparison], {
  size: '+1',
});

/** Applies a history to a queue and to its model. */
function runHistory(history: Iterable<QueueEvent>): Real {
  const real: Real = { queue: new RequestQueue(), inFlight: [], all: [] };
  fc.modelRun(() => ({ model: new NaiveQueue(), real }), history);
  return real;
}

describe('given any history', () => {
  test('the queue behaves like the naive model', () => {
    fc.assert(fc.property(histories, (history) => void runHistory(history)));
  });

  test('each group has at least one request until the queue is empty, so every request gets its turn', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { queue, inFlight } = runHistory(history);
        for (const group of inFlight) queue.release(group);
        while (queue.waiting > 0) {
          const group = queue.take(6, 4);
          expect(group).not.toEqual([]);
          queue.release(group);
        }
        expect(queue.isIdle).toBe(true);
      }),
    );
  });
});
