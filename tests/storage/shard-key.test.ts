/** Asserts that every command of a grant would stay on its student's shard of a sharded cluster: docs/scale.md. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import mongoose, { type Types } from 'mongoose';
import { collections } from '../../src/storage/collections.js';
import { RewardModel } from '../../src/storage/models/reward.js';
import { StudentModel } from '../../src/storage/models/student.js';
import { day, later, minute, noon } from '../rewards/given.js';
import { admin, handMutations } from '../support/by-hand.js';
import { stepInBefore } from '../support/commands.js';
import { useDatabase } from '../support/database.js';
import { end, givenClass, givenRunning, givenStudent, start, submit } from '../support/given.js';
import { oneLane, together } from '../support/lanes.js';

useDatabase();

afterEach(() => {
  jest.restoreAllMocks();
});

/**
 * The shard key of each collection. Collections with data of students are sharded by the student, acts by hand by the
 * account that did them.
 */
const SHARD_KEYS: Record<string, string> = {
  students: '_id',
  submissions: 'studentId',
  former_texts: 'studentId',
  pomodoro_sessions: 'studentId',
  rewards: 'studentId',
  manual_acts: 'actorId',
};

type Document = mongoose.mongo.Document;

/** One read or write of a command. */
interface Target {
  readonly verb: 'look up' | 'update' | 'insert';
  readonly collection: string;
  /** The filter that selects the documents; for an insert, the document. */
  readonly filter: Document;
}

/** Runs `act`, and returns the targets of the commands of this kind that the connection sends meanwhile. */
async function targetsOf(
  act: () => Promise<unknown>,
  isMeant: (commandName: string) => boolean = () => true,
): Promise<Target[]> {
  const client = mongoose.connection.getClient();
  const targets: Target[] = [];
  const failures: unknown[] = [];
  const note = ({ commandName, command }: mongoose.mongo.CommandStartedEvent) => {
    if (!isMeant(commandName)) return;
    // The driver swallows errors of listeners.
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

/** Returns the targets of a command. @throws Error if this is not a known command of a grant */
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

/** Returns the targets of a pipeline: its own collection first, then those of its $unionWith stages. */
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

/**
 * @param accounts the students, and the teacher or admin who acts
 * @throws Error unless each target is selected by its shard key, with the ids of these accounts only
 */
function assertOfTheirShards(targets: readonly Target[], accounts: readonly Types.ObjectId[]): void {
  for (const { verb, collection, filter } of targets) {
    if (collection === 'assignments') {
      if (verb !== 'look up' || !sameWords(Object.keys(filter), ['_id']))
        throw new Error('assignments not by _id alone');
      continue;
    }
    const shardKey = SHARD_KEYS[collection];
    if (shardKey === undefined) throw new Error(`${collection} is not sharded`);
    // In an inserted document, the position of the field does not matter.
    const by: string | undefined = verb === 'insert' ? shardKey : Object.keys(filter)[0];
    if (by !== shardKey) throw new Error(`${verb} ${collection} by ${by}`);
    if (!namesOnly(filter[shardKey], accounts)) throw new Error(`${verb} ${collection} of nobody, or others`);
  }
}

const sameWords = (words: readonly string[], others: readonly string[]) => words.join() === others.join();

/** Returns whether a condition is one of these ids, or an $in list of them, and nothing else. */
function namesOnly(condition: unknown, students: readonly Types.ObjectId[]): boolean {
  const isTheirs = (id: unknown) =>
    id instanceof mongoose.Types.ObjectId && students.some((student) => student.equals(id));
  const named = (condition as Document | undefined)?.$in;
  if (!Array.isArray(named)) return isTheirs(condition);
  return sameWords(Object.keys(condition as Document), ['$in']) && named.length > 0 && named.every(isTheirs);
}

/** Returns the distinct targets, as "update students", in the order of their first occurrence. */
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
  /** Creates a student, and the request that it will send. */
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
    what: 'a reused key with an assignment id that is invalid',
    places: ['look up students', 'look up rewards'],
    answer: { code: 'IDEMPOTENCY_KEY_REUSED' },
    async given() {
      const { student, assignment } = await givenClass();
      await submit(student, assignment, KEY);
      return { student, ask: () => submit(student, 'something', KEY) };
    },
  },
  {
    what: 'a submission that also records an expired session',
    places: [...SUBMITTING, ...['update students', 'insert submissions', 'insert pomodoro_sessions', 'insert rewards']],
    answer: PAID,
    async given() {
      const { student, assignment } = await givenClass();
      await givenRunning(student, { at: later(noon, -day) });
      return { student, ask: () => submit(student, assignment, KEY) };
    },
  },
  {
    what: 'a submission whose student is changed concurrently',
    places: [...SUBMITTING, 'update students', 'insert submissions', 'insert rewards'],
    answer: PAID,
    async given() {
      const { student, assignment } = await givenClass();
      stepInBefore('update students', () =>
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
    what: 'the start of a session that is already running',
    places: ['look up students', 'update students'],
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

describe('every command of a grant selects by the shard key, and only its own student:', () => {
  test.each(scenarios)('$what', async ({ places, answer, given }) => {
    const { student, ask } = await given();
    let answered: unknown;
    const targets = await targetsOf(async () => {
      answered = await ask();
    });
    expect(answered).toMatchObject(answer);
    expect(placesOf(targets)).toEqual(places);
    assertOfTheirShards(targets, [student]);
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
        ...sessions.slice(0, 3).map((session, position) => end(students[position]!, session, { ...KEY, by })),
        end(students[3]!, sessions[3]!, { at: later(noon, minute), by }),
        ...students.slice(0, 2).map((student) => start(student, { at: later(noon, day), by })),
      ]);
    });
    const [first, again, unpaid] = [PAID, REPLAYED, { replayed: false, reward: null }];
    const submitted = [again, first, first, first, again];
    expect(answered).toMatchObject([...submitted, again, first, first, unpaid, { joined: false }, { joined: false }]);
    expect(placesOf(targets)).toEqual([
      ...['look up students', 'look up pomodoro_sessions', 'look up rewards', 'look up assignments'],
      ...['update students', 'insert submissions', 'insert pomodoro_sessions', 'insert rewards'],
    ]);
    assertOfTheirShards(targets, students);
  });
});

describe('every command of the group of an act by hand selects by its students or by the account that acts:', () => {
  test.each(handMutations)('$name', async ({ name, prepare, writes }) => {
    const { students, request } = await prepare();
    const targets = await targetsOf(() => request({ key: name }), isOfGroup);
    const written = name === 'grantBonuses' ? ['insert manual_acts', ...writes] : writes;
    expect(placesOf(targets).filter((place) => !place.startsWith('look up'))).toEqual(
      written.filter((each) => each !== 'commitTransaction'),
    );
    expect(placesOf(targets)).toContain('look up students');
    assertOfTheirShards(targets, [...students, admin.accountId]);
  });
});

/** An act first finds, outside of its group, its key and what it is about. */
const isOfGroup = (commandName: string) => commandName !== 'find';

const [self, other] = [new mongoose.Types.ObjectId(), new mongoose.Types.ObjectId()];
const ownReward = { studentId: self, sequence: 1 };
const ofStudents = [{ $match: { _id: { $in: [self] } } }, { $replaceWith: { student: '$$ROOT' } }];
const joined = (coll: string, filter: Document) => ({ $unionWith: { coll, pipeline: [{ $match: filter }] } });
const reading = (...more: Document[]) => ({ aggregate: 'students', pipeline: [...ofStudents, ...more] });

const refused: readonly { readonly what: string; readonly command: Document; readonly because: string }[] = [
  {
    what: 'an update whose filter starts with another field',
    command: { update: 'students', updates: [{ q: { revision: 1, _id: self } }] },
    because: 'update students by revision',
  },
  {
    what: 'an update of all matching documents',
    command: { update: 'students', updates: [{ q: { _id: self }, multi: true }] },
    because: 'more than an update',
  },
  {
    what: 'an update that may insert',
    command: { update: 'students', updates: [{ q: { _id: self }, upsert: true }] },
    because: 'more than an update',
  },
  {
    what: 'an update of another student, after one of its own',
    command: { update: 'students', updates: [{ q: { _id: self } }, { q: { _id: other } }] },
    because: 'update students of nobody, or others',
  },
  {
    what: 'a reward without its student',
    command: { insert: 'rewards', documents: [ownReward, { _id: self }] },
    because: 'insert rewards of nobody, or others',
  },
  {
    what: 'an insert into a collection that is not sharded',
    command: { insert: 'accounts', documents: [{ _id: self }] },
    because: 'accounts is not sharded',
  },
  {
    what: 'a look-up of a session by its id alone',
    command: reading(joined('pomodoro_sessions', { _id: self })),
    because: 'look up pomodoro_sessions by _id',
  },
  {
    what: 'a look-up of a reward by its key first',
    command: reading(joined('rewards', { requestKey: 'a key', studentId: self })),
    because: 'look up rewards by requestKey',
  },
  {
    what: 'one wrong filter among several',
    command: reading(joined('rewards', ownReward), joined('rewards', { sequence: 1 })),
    because: 'look up rewards by sequence',
  },
  {
    what: 'a look-up of a range of students',
    command: reading(joined('rewards', { studentId: { $gte: self } })),
    because: 'look up rewards of nobody, or others',
  },
  {
    what: 'a list that contains another student',
    command: reading(joined('rewards', { studentId: { $in: [self, other] } })),
    because: 'look up rewards of nobody, or others',
  },
  {
    what: 'the assignments of a course',
    command: reading(joined('assignments', { courseId: self })),
    because: 'assignments not by _id alone',
  },
  {
    what: 'a read of a whole collection',
    command: reading({ $unionWith: { coll: 'rewards', pipeline: [] } }),
    because: 'everything in rewards is looked up',
  },
  {
    what: 'a join of another kind',
    command: reading({ $lookup: { from: 'rewards', as: 'rewards' } }),
    because: 'a grant looks up with $lookup',
  },
  { what: 'a command of another kind', command: { find: 'students', filter: { _id: self } }, because: 'sends find' },
];

describe('the checker', () => {
  const check = (command: Document) => assertOfTheirShards(targetsIn(Object.keys(command)[0]!, command), [self]);

  test.each(refused)('refuses $what', ({ command, because }) => {
    expect(() => check(command)).toThrow(because);
  });

  test('accepts the same commands with their shard keys', () => {
    check({ update: 'students', updates: [{ q: { _id: self, revision: 1 } }] });
    check({ insert: 'rewards', documents: [ownReward] });
    check(
      reading(
        joined('rewards', ownReward),
        joined('rewards', { studentId: { $in: [self] } }),
        joined('assignments', { _id: other }),
      ),
    );
  });
});

/** Returns the unique indexes that do not start with the shard key. They prevent sharding, or sharding by the student. */
async function uniqueBesidesShardKey(): Promise<string[]> {
  const unique = await Promise.all(
    collections.map(async ({ collection: { name } }) => {
      // MongoDB does not list the _id index as unique. If _id is not the shard key, it is unique only within a shard.
      const indexes = (await mongoose.connection.collection(name).indexes()).filter((index) => index.unique);
      return indexes.map(({ key }) => ({ name, by: Object.keys(key) }));
    }),
  );
  const besides = unique.flat().filter(({ name, by }) => by[0] !== SHARD_KEYS[name]);
  return besides.map(({ name, by }) => `${name}.${by.join()}`).sort();
}

/** Returns the indexes that can serve the shard key: they start with it and contain every document. */
async function shardKeyIndexes(name: string, shardKey: string): Promise<(string | undefined)[]> {
  const indexes = await mongoose.connection.collection(name).indexes();
  return indexes
    .filter(({ key, partialFilterExpression, sparse }) => {
      return Object.keys(key)[0] === shardKey && !partialFilterExpression && !sparse;
    })
    .map((index) => index.name);
}

describe('the indexes', () => {
  test('that are unique start with the shard key, except in two collections that are not sharded', async () => {
    expect(await uniqueBesidesShardKey()).toEqual(['accounts.email', 'courses.joinCode']);
  });

  test("are reported if a unique index of a student's collection starts with another field", async () => {
    const { collection } = RewardModel;
    await collection.createIndex({ requestId: 1, studentId: 1, _id: 1 }, { unique: true, name: 'astray' });
    try {
      expect(await uniqueBesidesShardKey()).toContain('rewards.requestId,studentId,_id');
    } finally {
      await collection.dropIndex('astray');
    }
  });

  test.each(Object.entries(SHARD_KEYS))(
    'of %s include one that starts with %s and contains every document',
    async (name, shardKey) => {
      expect(await shardKeyIndexes(name, shardKey)).not.toEqual([]);
    },
  );

  test('cannot serve a shard key if they start with another field, or do not contain every document', async () => {
    expect(await shardKeyIndexes('rewards', 'requestKey')).toEqual([]);
    expect(await shardKeyIndexes('sign_ins', 'endedAt')).toEqual([]);
  });
});
