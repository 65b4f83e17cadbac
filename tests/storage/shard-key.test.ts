/** That a grant could run on a sharded cluster and stay on its student's shard: docs/scale.md. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { type Types } from 'mongoose';
import { collections } from '../../src/storage/collections.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { day, later, minute, noon } from '../rewards/given.js';
import { stepInBefore } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { end, givenClass, givenRunning, givenStudent, start, submit } from '../support/given.js';
import { oneLane, together } from '../support/lanes.js';

useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

/** By which field each collection would be sharded: all that is a student's, by the student. */
const SHARD_KEYS: Record<string, string> = {
  students: '_id',
  submissions: 'studentId',
  pomodoro_sessions: 'studentId',
  rewards: 'studentId',
};

type Document = mongoose.mongo.Document;

/** One place where a command looks, or writes. */
interface Target {
  readonly verb: 'look up' | 'update' | 'insert';
  readonly collection: string;
  /** What selects the documents; of an insert, a document. */
  readonly filter: Document;
}

/** All places that the commands of this connection name meanwhile. */
async function targetsOf(act: () => Promise<unknown>): Promise<Target[]> {
  const client = mongoose.connection.getClient();
  const targets: Target[] = [];
  const failures: unknown[] = [];
  const note = ({ commandName, command }: mongoose.mongo.CommandStartedEvent) => {
    // What a listener throws is lost in the driver.
    try {
      targets.push(...targetsIn(commandName, command));
    } catch (error) {
      failures.push(error);
    }
  };
  client.on('commandStarted', note);
  try {
    await act();
  } finally {
    client.off('commandStarted', note);
  }
  expect(failures).toEqual([]);
  return targets;
}

/** @throws Error where it is no command of a grant as they are known here */
function targetsIn(name: string, command: Document): Target[] {
  switch (name) {
    case 'aggregate':
      return lookedUp(command.aggregate, command.pipeline);
    case 'update':
      for (const { multi, upsert } of command.updates) if (multi || upsert) throw new Error('more than an update');
      return command.updates.map(({ q }: Document) => ({ verb: 'update', collection: command.update, filter: q }));
    case 'insert':
      return command.documents.map((filter: Document) => ({ verb: 'insert', collection: command.insert, filter }));
    case 'commitTransaction':
    case 'abortTransaction':
      return [];
    default:
      throw new Error(`a grant sends ${name}`);
  }
}

/** A pipeline looks up in its own collection first; what joins another one has a pipeline of its own. */
function lookedUp(collection: string, pipeline: readonly Document[]): Target[] {
  const [{ $match: filter } = {}, ...stages] = pipeline;
  if (filter === undefined) throw new Error(`everything in ${collection} is looked up`);
  const others = stages.flatMap((stage) => {
    if ('$unionWith' in stage) return lookedUp(stage.$unionWith.coll, stage.$unionWith.pipeline);
    if ('$replaceWith' in stage) return [];
    throw new Error(`a grant looks up with ${Object.keys(stage)}`);
  });
  return [{ verb: 'look up', collection, filter }, ...others];
}

/** Fails unless each target is found by its shard key, which is that of one of these students. */
function expectOfTheirShards(targets: readonly Target[], students: readonly Types.ObjectId[]): void {
  const theirs = students.map((id) => id.toHexString());
  for (const { verb, collection, filter } of targets) {
    if (collection === 'assignments') {
      expect({ verb, by: Object.keys(filter) }).toEqual({ verb: 'look up', by: ['_id'] });
      continue;
    }
    const shardKey = SHARD_KEYS[collection]!;
    for (const branch of '$or' in filter ? filter.$or : [filter]) {
      // Of a document that is inserted, any place will do.
      const by = verb === 'insert' ? shardKey : Object.keys(branch)[0];
      expect({ collection, verb, by }).toEqual({ collection, verb, by: shardKey });
      const named: readonly Types.ObjectId[] = branch[shardKey].$in ?? [branch[shardKey]];
      expect(named.length).toBeGreaterThan(0);
      for (const id of named) expect(theirs).toContain(id.toHexString());
    }
    if ('$or' in filter) expect(Object.keys(filter)).toEqual(['$or']);
  }
}

/** What they are, each once, in the order of the first of each. */
const placesOf = (targets: readonly Target[]): string[] => [
  ...new Set(targets.map(({ verb, collection }) => `${verb} ${collection}`)),
];

const times = (count: number) => Array.from({ length: count }, (_, position) => position);

const SUBMITTING = ['look up students', 'look up rewards', 'look up assignments'];
const ENDING = ['look up students', 'look up pomodoro_sessions', 'look up rewards'];
const KEY = { key: 'a key' };
const PAID = { replayed: false, reward: { sequence: 1 } };
const REPLAYED = { replayed: true, reward: { sequence: 1 } };

interface Scenario {
  readonly what: string;
  readonly places: readonly string[];
  readonly answer: object;
  /** A student, and what it asks for. */
  readonly given: () => Promise<{ readonly student: Types.ObjectId; readonly ask: () => Promise<unknown> }>;
}

const scenarios: readonly Scenario[] = [
  ...[KEY, {}].map((sending) => ({
    what: `a submission ${'key' in sending ? 'with' : 'without'} a key`,
    places: [...SUBMITTING, 'update students', 'insert submissions', 'insert rewards'],
    answer: PAID,
    async given() {
      const { student, assignment } = await givenClass();
      return { student, ask: () => submit(student, assignment, sending) };
    },
  })),
  {
    what: 'the replay of a submission',
    places: SUBMITTING,
    answer: REPLAYED,
    async given() {
      const { student, assignment } = await givenClass();
      await submit(student, assignment, KEY);
      return { student, ask: () => submit(student, assignment, KEY) };
    },
  },
  {
    what: 'a key that was sent for something else, which is no id',
    places: ['look up students', 'look up rewards'],
    answer: { code: 'IDEMPOTENCY_KEY_REUSED' },
    async given() {
      const { student, assignment } = await givenClass();
      await submit(student, assignment, KEY);
      return { student, ask: () => submit(student, 'something', KEY) };
    },
  },
  {
    what: 'a submission that records a forgotten session besides',
    places: [...SUBMITTING, ...['update students', 'insert submissions', 'insert pomodoro_sessions', 'insert rewards']],
    answer: PAID,
    async given() {
      const { student, assignment } = await givenClass();
      await givenRunning(student, { at: later(noon, -day) });
      return { student, ask: () => submit(student, assignment, KEY) };
    },
  },
  {
    what: 'a submission whose student somebody else writes to meanwhile',
    places: [...SUBMITTING, 'update students', 'insert submissions', 'insert rewards'],
    answer: PAID,
    async given() {
      const { student, assignment } = await givenClass();
      stepInBefore({ target: StudentModel.collection, method: 'bulkWrite' }, () =>
        StudentModel.collection.updateOne({ _id: student }, { $inc: { revision: 1 } }),
      );
      return { student, ask: () => submit(student, assignment, KEY) };
    },
  },
  {
    what: 'the start of a session for an assignment',
    places: ['look up students', 'look up assignments', 'update students'],
    answer: { joined: false },
    async given() {
      const { student, assignment } = await givenClass();
      return { student, ask: () => start(student, { assignment }) };
    },
  },
  {
    what: 'the start of a session that runs already',
    places: ['look up students'],
    answer: { joined: true },
    async given() {
      const student = await givenStudent();
      await givenRunning(student);
      return { student, ask: () => start(student) };
    },
  },
  ...[KEY, {}].map((sending) => ({
    what: `the end of a session ${'key' in sending ? 'with' : 'without'} a key`,
    places: [...ENDING, 'update students', 'insert pomodoro_sessions', 'insert rewards'],
    answer: PAID,
    async given() {
      const student = await givenStudent();
      const session = await givenRunning(student);
      return { student, ask: () => end(student, session, sending) };
    },
  })),
  {
    what: 'the end of a session that pays nothing',
    places: [...ENDING, 'update students', 'insert pomodoro_sessions'],
    answer: { replayed: false, reward: null },
    async given() {
      const student = await givenStudent();
      const session = await givenRunning(student);
      return { student, ask: () => end(student, session, { ...KEY, at: later(noon, minute) }) };
    },
  },
  {
    what: 'the replay of an end',
    places: ENDING,
    answer: REPLAYED,
    async given() {
      const student = await givenStudent();
      const session = await givenRunning(student);
      await end(student, session, KEY);
      return { student, ask: () => end(student, session, KEY) };
    },
  },
];

describe('every command of a grant is found by the shard key, and names its student alone:', () => {
  test.each(scenarios)('$what', async ({ places, answer, given }) => {
    const { student, ask } = await given();
    let answered: unknown;
    const targets = await targetsOf(async () => {
      answered = await ask();
    });
    expect(answered).toMatchObject(answer);
    expect(placesOf(targets)).toEqual(places);
    expectOfTheirShards(targets, [student]);
  });

  test('a group of submissions, starts, ends and replays of many students', async () => {
    const by = oneLane();
    const { assignment, course } = await givenClass();
    const students = await Promise.all(times(8).map(() => givenStudent({ courseIds: [course._id] })));
    const sessions = await Promise.all(students.slice(0, 4).map((student) => givenRunning(student)));
    await submit(students[4]!, assignment, KEY);
    await end(students[0]!, sessions[0]!, KEY);

    let answered: readonly unknown[] = [];
    const targets = await targetsOf(async () => {
      answered = await together<unknown>(by, () => [
        ...students.slice(4).map((student) => submit(student, assignment, { ...KEY, by })),
        submit(students[7]!, assignment, { by }),
        ...sessions.map((session, position) => end(students[position]!, session, { ...KEY, by })),
        ...students.slice(0, 2).map((student) => start(student, { at: later(noon, day), by })),
      ]);
    });
    const [first, again] = [{ replayed: false }, { replayed: true }];
    const submitted = [again, first, first, first, again];
    expect(answered).toMatchObject([...submitted, again, first, first, first, { joined: false }, { joined: false }]);
    expect(targets.filter(({ verb }) => verb === 'look up').map(({ collection }) => collection)).toEqual([
      ...['students', 'pomodoro_sessions', 'rewards', 'assignments'],
    ]);
    expect(placesOf(targets).slice(4)).toEqual([
      ...['update students', 'insert submissions', 'insert pomodoro_sessions', 'insert rewards'],
    ]);
    expectOfTheirShards(targets, students);
  });
});

describe('the indexes', () => {
  test('that are unique begin with the shard key, where the collection has one; the others cannot be sharded', async () => {
    const unique = await Promise.all(
      collections.map(async ({ collection }) => {
        const indexes = await collection.indexes();
        return [collection.name, indexes.filter((index) => index.unique).map(({ key }) => Object.keys(key)[0])];
      }),
    );
    expect(Object.fromEntries(unique)).toEqual({
      ...{ submissions: ['studentId'], pomodoro_sessions: ['studentId'] },
      ...{ rewards: ['studentId', 'studentId', 'studentId'], students: [] },
      ...{ accounts: ['email'], courses: ['joinCode'], assignments: [], sign_ins: [] },
    });
  });

  test.each(Object.entries(SHARD_KEYS))(
    'of %s have one that begins with %s and has every document',
    async (name, by) => {
      const indexes = await mongoose.connection.collection(name).indexes();
      const serving = indexes.filter(
        ({ key, partialFilterExpression, sparse }) => Object.keys(key)[0] === by && !partialFilterExpression && !sparse,
      );
      expect(serving.length).toBeGreaterThan(0);
    },
  );
});
