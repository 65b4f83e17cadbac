import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Company, type Waiting, WaitingLine } from '../../src/granting/request-queue.js';

interface Entry extends Waiting {
  readonly name: string;
}

/** "ada-1": the first request of ada. */
function entry(name: string, company: Company = 'anyone'): Entry {
  return { name, studentKey: name.split('-')[0]!, company };
}

function lineOf(...entries: Entry[]): WaitingLine<Entry> {
  const line = new WaitingLine<Entry>();
  for (const each of entries) line.add(each);
  return line;
}

const namesOf = (entries: readonly Entry[]) => entries.map(({ name }) => name);

describe('a group', () => {
  test('has the requests in the order of arrival, a student’s together', () => {
    const line = lineOf(entry('ada-1'), entry('bob-1'), entry('ada-2'));
    expect(namesOf(line.take(9, 9))).toEqual(['ada-1', 'ada-2', 'bob-1']);
    expect(line.length).toBe(0);
  });

  test('has so many at most, and so many of one student, who then waits behind the others', () => {
    const line = lineOf(entry('ada-1'), entry('ada-2'), entry('ada-3'), entry('bob-1'), entry('cleo-1'));
    const first = line.take(3, 2);
    expect(namesOf(first)).toEqual(['ada-1', 'ada-2', 'bob-1']);
    line.release(first);
    expect(namesOf(line.take(3, 2))).toEqual(['cleo-1', 'ada-3']);
  });

  test('has no student that is in flight, until it is released', () => {
    const line = lineOf(entry('ada-1'));
    const first = line.take(9, 9);
    line.add(entry('ada-2'));
    line.add(entry('bob-1'));
    expect(namesOf(line.take(9, 9))).toEqual(['bob-1']);
    expect(line.take(9, 9)).toEqual([]);
    line.release(first);
    expect(namesOf(line.take(9, 9))).toEqual(['ada-2']);
  });

  test('has whoever went once already before those that came later', () => {
    const line = lineOf(entry('ada-1'), entry('ada-2'));
    const first = line.take(9, 9);
    line.add(entry('ada-3'));
    line.putBack(first);
    line.release(first);
    expect(namesOf(line.take(9, 9))).toEqual(['ada-1', 'ada-2', 'ada-3']);
  });

  test('has nobody who has left', () => {
    const [first, second, third] = [entry('ada-1'), entry('ada-2'), entry('ada-3')];
    const line = lineOf(first, second, third);
    line.remove(second);
    line.remove(second);
    expect(line.heldOf('ada')).toBe(2);
    expect(namesOf(line.take(9, 9))).toEqual(['ada-1', 'ada-3']);
    line.remove(first);
    expect(line.length).toBe(0);
  });
});

describe('a request that goes in smaller company', () => {
  test('goes alone where it may share with nobody, and those behind it wait', () => {
    const line = lineOf(entry('ada-1', 'nobody'), entry('ada-2'), entry('bob-1'));
    const first = line.take(9, 9);
    expect(namesOf(first)).toEqual(['ada-1']);
    expect(namesOf(line.take(9, 9))).toEqual(['bob-1']);
    line.release(first);
    expect(namesOf(line.take(9, 9))).toEqual(['ada-2']);
  });

  test('goes with the others of its student where it may share with those', () => {
    const line = lineOf(entry('ada-1', 'its student'), entry('ada-2'), entry('bob-1'));
    expect(namesOf(line.take(9, 9))).toEqual(['ada-1', 'ada-2']);
    expect(namesOf(line.take(9, 9))).toEqual(['bob-1']);
  });

  test('is left out of a group that others have begun, and is first in the next', () => {
    const line = lineOf(entry('ada-1'), entry('bob-1', 'nobody'), entry('cleo-1', 'its student'), entry('dora-1'));
    expect(namesOf(line.take(9, 9))).toEqual(['ada-1', 'dora-1']);
    expect(namesOf(line.take(9, 9))).toEqual(['bob-1']);
    expect(namesOf(line.take(9, 9))).toEqual(['cleo-1']);
  });

  test('ends the share of its student where it stands behind others', () => {
    const line = lineOf(entry('ada-1'), entry('ada-2'), entry('ada-3', 'nobody'), entry('bob-1'));
    expect(namesOf(line.take(9, 9))).toEqual(['ada-1', 'ada-2', 'bob-1']);
  });
});

describe('a line', () => {
  test('is idle when nothing waits and nothing is in flight', () => {
    const line = new WaitingLine<Entry>();
    expect(line.isIdle).toBe(true);
    line.add(entry('ada-1'));
    expect(line.isIdle).toBe(false);
    const group = line.take(9, 9);
    expect(line.isIdle).toBe(false);
    line.release(group);
    expect(line.isIdle).toBe(true);
  });
});

/** The same, as plainly as it can be said: all that wait in one list, and whose turn it is in another. */
class NaiveLine {
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

  take(most: number, mostOfOne: number): Entry[] {
    let group: Entry[] = [];
    for (const student of this.turns.filter((each) => !this.inFlight.includes(each))) {
      const isOpen = group.every(({ company }) => company === 'anyone');
      const isLonely = this.of(student)[0]!.company !== 'anyone';
      if (group.length === 0 || (isOpen && !isLonely)) {
        group = [...group, ...this.#share(student).slice(0, Math.min(mostOfOne, most - group.length))];
      }
    }
    const taken = [...new Set(group.map(({ studentKey }) => studentKey))];
    this.inFlight.push(...taken);
    this.turns = this.turns.filter((each) => !taken.includes(each));
    // Those of whom something is left wait for another turn, behind the others.
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

  /** The first of a student's that may go together. */
  #share(student: string): Entry[] {
    const [first, ...others] = this.of(student);
    if (first!.company === 'nobody') return [first!];
    const lonely = others.findIndex(({ company }) => company === 'nobody');
    return [first!, ...(lonely < 0 ? others : others.slice(0, lonely))];
  }

  #wait(waiting: Entry[], served: readonly string[] = []): void {
    this.waiting = waiting;
    const students = [...served, ...waiting.map(({ studentKey }) => studentKey)];
    this.turns = [...new Set([...this.turns, ...students])].filter((each) => this.of(each).length > 0);
  }
}

/** A line, the groups of it that are in flight, and all that ever came. */
interface Real {
  readonly line: WaitingLine<Entry>;
  readonly inFlight: Entry[][];
  readonly all: Entry[];
}

/** Something that happens to a line and to its model. */
type Happening = fc.Command<NaiveLine, Real>;
const happening = (name: string, run: Happening['run']): Happening => ({
  check: () => true,
  run,
  toString: () => name,
});

const students = ['ada', 'bob', 'cleo', 'dora'];

const comes = fc.constantFrom(...students).map((student) =>
  happening(`${student} comes`, (model, { line, all }) => {
    const newcomer = entry(`${student}-${all.length}`);
    all.push(newcomer);
    line.add(newcomer);
    model.add(newcomer);
  }),
);

const leaves = fc.nat(40).map((which) =>
  happening(`${which} leaves`, (model, { line, all }) => {
    const leaver = all[which];
    if (!leaver) return;
    line.remove(leaver);
    model.remove(leaver);
  }),
);

const isTaken = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 })).map(([most, mostOfOne]) =>
  happening(`${most} are taken, ${mostOfOne} of one`, (model, { line, inFlight }) => {
    const group = line.take(most, mostOfOne);
    expect(namesOf(group)).toEqual(namesOf(model.take(most, mostOfOne)));
    inFlight.push(group);
  }),
);

const isAnswered = fc.constant(
  happening('a group is answered', (model, { line, inFlight }) => {
    const group = inFlight.shift() ?? [];
    line.release(group);
    model.release(group);
  }),
);

const companies: readonly Company[] = ['anyone', 'its student', 'nobody'];
const smallerOf = (...some: readonly Company[]) => companies.findLast((company) => some.includes(company))!;

/** Some of the group have been answered nevertheless, at their deadline. */
const fails = fc.tuple(fc.constantFrom(...companies), fc.nat(2)).map(([company, answered]) =>
  happening(
    `a group fails, ${answered} are answered and the others go with ${company}`,
    (model, { line, inFlight }) => {
      const group = inFlight.shift() ?? [];
      const again = group.slice(answered);
      for (const each of again) each.company = smallerOf(each.company, company);
      line.putBack(again);
      model.putBack(again);
      line.release(group);
      model.release(group);
    },
  ),
);

const agrees = fc.constant(
  happening('both agree', (model, { line, inFlight }) => {
    const held = [...model.waiting, ...inFlight.flat()];
    expect(line.length).toBe(model.waiting.length);
    expect(line.held).toBe(held.length);
    expect(line.isIdle).toBe(held.length === 0);
    for (const student of students) {
      expect(line.heldOf(student)).toBe(held.filter(({ studentKey }) => studentKey === student).length);
    }
  }),
);

const histories = fc.commands([comes, comes, comes, leaves, isTaken, isTaken, isAnswered, fails, agrees], {
  size: '+1',
});

/** Lets it all happen, to a line and to its model. */
function live(history: Iterable<Happening>): Real {
  const real: Real = { line: new WaitingLine(), inFlight: [], all: [] };
  fc.modelRun(() => ({ model: new NaiveLine(), real }), history);
  return real;
}

describe('whatever comes and goes', () => {
  test('it is what a naive line does', () => {
    fc.assert(fc.property(histories, (history) => void live(history)));
  });

  test('everybody who waits gets a turn: each group has somebody, until nobody waits', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const { line, inFlight } = live(history);
        for (const group of inFlight) line.release(group);
        while (line.length > 0) {
          const group = line.take(6, 4);
          expect(group).not.toEqual([]);
          line.release(group);
        }
        expect(line.isIdle).toBe(true);
      }),
    );
  });
});
