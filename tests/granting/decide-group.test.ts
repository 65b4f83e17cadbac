import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { endPomodoro } from '../../src/actions/end-pomodoro.js';
import { startPomodoro } from '../../src/actions/start-pomodoro.js';
import { submitAssignment } from '../../src/actions/submit-assignment.js';
import type { Committer } from '../../src/granting/committer.js';
import { type DecidedGroup, decideGroup, type StudentRequest } from '../../src/granting/decide-group.js';
import { newStudentDocument } from '../../src/granting/new-student.js';
import type { Refused } from '../../src/granting/refusal.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { PomodoroSessionRecord } from '../../src/storage/models/pomodoro-session.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { StudentRecord } from '../../src/storage/models/student.js';
import { StaleRevision } from '../../src/storage/student-store.js';
import { day, later, minute, noon } from '../rewards/given.js';

const course = new Types.ObjectId();

const assignment = (fields: Partial<AssignmentRecord> = {}): AssignmentRecord => ({
  _id: new Types.ObjectId(),
  courseId: course,
  title: 'An assignment',
  instructions: null,
  dueDate: noon,
  closesAt: null,
  createdAt: later(noon, -day),
  ...fields,
});

const student = (fields: Partial<StudentRecord> = {}): StudentRecord => ({
  ...newStudentDocument({
    _id: new Types.ObjectId(),
    displayName: 'Ada',
    timeZone: 'UTC',
    createdAt: later(noon, -day),
  }),
  courseIds: [course],
  ...fields,
});

const running = (startedAt = noon) => ({
  id: new Types.ObjectId(),
  startedAt,
  plannedMinutes: 25,
  device: null,
  assignmentId: null,
});

/** The stored documents, which a group would read. */
interface World {
  students: StudentRecord[];
  rewards: RewardRecord[];
  sessions: PomodoroSessionRecord[];
  assignments: AssignmentRecord[];
}

const world = (contents: Partial<World>): World => ({
  students: [],
  rewards: [],
  sessions: [],
  assignments: [],
  ...contents,
});

/** Decides on reads that contain every session and reward twice, because a read may find one by its id and by its key. */
function decide(requests: readonly StudentRequest<unknown>[], stored: World): DecidedGroup {
  const students = new Map(stored.students.map((each) => [each._id.toHexString(), each]));
  const assignments = new Map(stored.assignments.map((each) => [each._id.toHexString(), each]));
  const rewards = [...stored.rewards, ...stored.rewards];
  const sessions = [...stored.sessions, ...stored.sessions];
  return decideGroup(requests, { students, rewards, sessions, assignments, submissions: [], acts: [], ledger: [] });
}

/** The stored documents after a group, which the next group would read. */
function worldAfter({ writes }: DecidedGroup, stored: World): World {
  return {
    students: stored.students.map((each) => writes.students.find(({ before }) => before === each)?.after ?? each),
    rewards: [...stored.rewards, ...writes.rewards],
    sessions: [...stored.sessions, ...writes.sessions],
    assignments: stored.assignments,
  };
}

/** The stored documents after these requests. */
const afterwards = (requests: readonly StudentRequest<unknown>[], stored: World): World =>
  worldAfter(decide(requests, stored), stored);

/** @returns the request that an action passes to the committer */
function requestFor<Answer>(act: (committer: Committer) => Promise<Answer>): StudentRequest<Answer> {
  let passed: StudentRequest<Answer> | undefined;
  void act({
    submit(request) {
      passed = request as unknown as StudentRequest<Answer>;
      return new Promise(() => {});
    },
    idle: async () => {},
    load: () => ({ waiting: 0, inFlight: 0, oldestMs: 0 }),
  });
  if (!passed) throw new Error('the action must call the committer synchronously');
  return passed;
}

interface RequestOptions {
  readonly key?: string | null;
  readonly at?: Date;
}

/** Freezes a value and everything it contains, except dates and the driver's ids. */
function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Types.ObjectId)
    return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

const factsOf = (actorId: Types.ObjectId, receivedAt: Date) => ({ requestId: 'request', receivedAt, actorId });

function submitted(
  { _id }: StudentRecord,
  to: AssignmentRecord,
  options: RequestOptions & { readonly content?: string } = {},
) {
  const { key = null, at = noon, content = 'My essay.' } = options;
  const input = { studentId: _id, assignmentId: to._id.toHexString(), content, idempotencyKey: key };
  return requestFor((committer) => submitAssignment(committer, { ...input, facts: factsOf(_id, at) }));
}

function ended(
  { _id }: StudentRecord,
  session: Types.ObjectId,
  { key = null, at = later(noon, 25 * minute) }: RequestOptions = {},
) {
  const input = { studentId: _id, sessionId: session.toHexString(), idempotencyKey: key };
  return requestFor((committer) => endPomodoro(committer, { ...input, facts: factsOf(_id, at) }));
}

function started({ _id }: StudentRecord, { at = noon }: RequestOptions = {}) {
  const input = { studentId: _id, plannedMinutes: 25, device: null, assignmentId: null };
  return requestFor((committer) => startPomodoro(committer, { ...input, facts: factsOf(_id, at) }));
}

/** The outcome of the only request of a group, in one word. */
function outcomeOf({ answers, writes }: DecidedGroup): string {
  const answer = answers[0] as Refused | { kind: string; replayed: boolean; session?: PomodoroSessionRecord };
  if (answer.kind === 'refused') return (answer as Refused).code;
  const { replayed, session } = answer as { replayed: boolean; session?: PomodoroSessionRecord };
  if (session && session.status !== 'COMPLETED' && writes.sessions.length === 1) return session.status;
  return replayed ? 'replay' : 'paid';
}

const nothing: DecidedGroup['writes'] = {
  students: [],
  submissions: [],
  submissionChanges: [],
  sessions: [],
  rewards: [],
  acts: [],
};

/** Sets up a situation: changes the stored documents. */
type Given = (stored: World) => World;
const unchanged: Given = (stored) => stored;

/** Each item paired with each later item. */
const pairsOf = <Item>(items: readonly Item[]) =>
  items.flatMap((first, position) => items.slice(position + 1).map((second) => ({ first, second })));

describe('submitAssignment, given a situation that fits two outcomes', () => {
  const mine = assignment();
  const other = assignment();
  const ada = student();

  /** In order of precedence. Each situation leads to its outcome unless an earlier one applies too. */
  const outcomes: readonly { readonly outcome: string; readonly given: Given }[] = [
    {
      outcome: 'IDEMPOTENCY_KEY_REUSED',
      given: (stored) => afterwards([submitted(ada, other, { key: 'one' })], stored),
    },
    { outcome: 'replay', given: (stored) => afterwards([submitted(ada, mine)], stored) },
    {
      outcome: 'ALREADY_SUBMITTED',
      given: (stored) => afterwards([submitted(ada, mine, { content: 'Another.' })], stored),
    },
    {
      outcome: 'NOT_FOUND',
      given: (stored) => ({ ...stored, students: stored.students.map((each) => ({ ...each, courseIds: [] })) }),
    },
    {
      outcome: 'ASSIGNMENT_CLOSED',
      given: (stored) => ({
        ...stored,
        assignments: stored.assignments.map((each) => ({ ...each, closesAt: later(noon, -1) })),
      }),
    },
    { outcome: 'paid', given: unchanged },
  ];

  const pairs = pairsOf(outcomes)
    // These two exclude each other: an assignment is paid with one text only.
    .filter(({ first, second }) => !(first.outcome === 'replay' && second.outcome === 'ALREADY_SUBMITTED'));

  test.each(pairs)('$first.outcome comes before $second.outcome', ({ first, second }) => {
    const stored = second.given(first.given(world({ students: [ada], assignments: [mine, other] })));
    const decided = decide([submitted(ada, mine, { key: 'one' })], stored);
    expect(outcomeOf(decided)).toBe(first.outcome);
    expect(decided.writes).toEqual(nothing);
  });
});

describe('endPomodoro, given a situation that fits two outcomes', () => {
  const mine = running();
  const ada = student({ runningPomodoro: mine });

  /** Another session was ended under the same key. Only the ledger and the ended sessions show it. */
  const endedAnother: Given = (stored) => {
    const another = running();
    const busy = { ...stored, students: stored.students.map((each) => ({ ...each, runningPomodoro: another })) };
    const done = afterwards([ended(ada, another.id, { key: 'one' })], busy);
    return { ...done, students: done.students.map((each) => ({ ...each, runningPomodoro: mine })) };
  };
  const runsAnother: Given = (stored) => ({
    ...stored,
    students: stored.students.map((each) => ({ ...each, runningPomodoro: running() })),
  });

  /** In order of precedence. The request arrives 25 minutes after the start, unless the outcome has its own time. */
  const outcomes: readonly { readonly outcome: string; readonly given: Given; readonly at?: Date }[] = [
    { outcome: 'IDEMPOTENCY_KEY_REUSED', given: endedAnother },
    { outcome: 'replay', given: (stored) => afterwards([ended(ada, mine.id)], stored) },
    { outcome: 'NOT_FOUND', given: runsAnother },
    { outcome: 'EXPIRED', given: unchanged, at: later(noon, 2 * day) },
    { outcome: 'ABANDONED', given: unchanged, at: later(noon, minute) },
    { outcome: 'paid', given: unchanged },
  ];

  test.each(pairsOf(outcomes))('$first.outcome comes before $second.outcome', ({ first, second }) => {
    const stored = second.given(first.given(world({ students: [ada] })));
    const decided = decide([ended(ada, mine.id, { key: 'one', at: first.at ?? second.at })], stored);
    expect(outcomeOf(decided)).toBe(first.outcome);
    if (['IDEMPOTENCY_KEY_REUSED', 'replay', 'NOT_FOUND'].includes(first.outcome)) {
      expect(decided.writes).toEqual(nothing);
    }
  });
});

describe('decideGroup rejects contradictory reads', () => {
  const mine = assignment();
  const session = running();
  const ada = student({ runningPomodoro: session });
  const before = world({ students: [ada], assignments: [mine] });

  test('given a reward that the student does not include yet', () => {
    const { rewards } = afterwards([submitted(ada, mine)], before);
    expect(() => decide([submitted(ada, mine)], { ...before, rewards })).toThrow(StaleRevision);
  });

  test('given an ended session that is still running in the student', () => {
    const { sessions } = afterwards([ended(ada, session.id, { at: later(noon, minute) })], before);
    expect(() => decide([ended(ada, session.id)], { ...before, sessions })).toThrow(StaleRevision);
  });

  test('given a paid session without its reward', () => {
    const { students, sessions } = afterwards([ended(ada, session.id)], before);
    expect(() => decide([ended(ada, session.id)], { ...before, students, sessions })).toThrow(StaleRevision);
  });
});

test('a group with a request for a student who does not exist is rejected', () => {
  const unknown = student();
  expect(() => decide([started(unknown)], world({}))).toThrow(`there is no student ${unknown._id}`);
});

describe('given any group of requests', () => {
  /** Three students: ada has done nothing yet, bob runs a session, and cleo has one that ran too long. */
  const ada = student();
  const bob = student({ runningPomodoro: running() });
  const cleo = student({ runningPomodoro: running(later(noon, -2 * day)), timeZone: 'Asia/Tokyo' });
  const [open, closed, foreign] = [
    assignment(),
    assignment({ closesAt: later(noon, -1) }),
    assignment({ courseId: new Types.ObjectId() }),
  ];
  const stored = afterwards(
    [submitted(bob, open, { key: 'one', at: later(noon, -day) })],
    world({ students: [ada, bob, cleo], assignments: [open, closed, foreign] }),
  );

  const anyOptions = fc.record({
    key: fc.constantFrom(null, 'one', 'two'),
    at: fc.integer({ min: 0, max: 14 * 60 }).map((minutes) => later(noon, minutes * minute)),
  });
  const who = fc.constantFrom(ada, bob, cleo);
  const anyRequest: fc.Arbitrary<StudentRequest<unknown>> = fc.oneof(
    fc
      .tuple(who, fc.constantFrom(open, closed, foreign), anyOptions, fc.constantFrom('My essay.', 'Another.'))
      .map(([by, to, options, content]) => submitted(by, to, { ...options, content })),
    fc
      .tuple(who, fc.constantFrom(bob.runningPomodoro!.id, cleo.runningPomodoro!.id, new Types.ObjectId()), anyOptions)
      .map(([by, session, options]) => ended(by, session, options)),
    fc.tuple(who, anyOptions).map(([by, options]) => started(by, options)),
  );
  const anyGroup = fc.array(anyRequest, { maxLength: 12 });

  const givenSessions = [bob, cleo].map(({ runningPomodoro }) => runningPomodoro!.id.toHexString());

  /** As JSON. The ids of started sessions are replaced, because each call of `decide` creates a new one. */
  const plain = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (_, part) => {
        if (!part?.startedAt) return part;
        const { id, _id = id, ...session } = part;
        return { ...session, id: givenSessions.includes(_id.toString()) ? _id : 'new' };
      }),
    );

  /** The answers without their students, which depend on the whole group. */
  const answersOf = ({ answers }: DecidedGroup) =>
    answers.map((answer) => plain({ ...(answer as object), student: null }));
  const plainStudents = (students: readonly StudentRecord[]) =>
    students.map((each) => plain({ ...each, revision: null }));

  test('the decisions are the same as one request at a time', () => {
    fc.assert(
      fc.property(anyGroup, (requests) => {
        let oneByOne = stored;
        const answers: unknown[] = [];
        const submissions: object[] = [];
        for (const request of requests) {
          const decided = decide([request], oneByOne);
          answers.push(...answersOf(decided));
          submissions.push(...decided.writes.submissions);
          oneByOne = worldAfter(decided, oneByOne);
        }

        const decided = decide(requests, stored);
        const together = worldAfter(decided, stored);
        expect(answersOf(decided)).toEqual(answers);
        expect(decided.writes.submissions).toEqual(submissions);
        expect(together.rewards).toEqual(oneByOne.rewards);
        expect(plain(together.sessions)).toEqual(plain(oneByOne.sessions));
        expect(plainStudents(together.students)).toEqual(plainStudents(oneByOne.students));
      }),
    );
  });

  test('each answer has its student after the whole group, and a written student has the next revision', () => {
    fc.assert(
      fc.property(anyGroup, (requests) => {
        const { answers, writes } = decide(requests, stored);
        const studentsAfter = new Map(stored.students.map((each) => [each._id.toHexString(), each]));
        for (const { before, after } of writes.students) {
          expect(after.revision).toBe(before.revision + 1);
          studentsAfter.set(after._id.toHexString(), after);
        }
        for (const [position, answer] of answers.entries()) {
          const { kind, student } = answer as { kind: string; student?: StudentRecord };
          if (kind !== 'refused') expect(student).toBe(studentsAfter.get(requests[position]!.studentId.toHexString()));
        }
      }),
    );
  });

  test('deciding it again has the same result, and the input is not changed', () => {
    fc.assert(
      fc.property(anyGroup, (requests) => {
        const once = decide(requests, deepFreeze(stored));
        const again = decide(requests, stored);
        expect(plain(again.writes)).toEqual(plain(once.writes));
        expect(answersOf(again)).toEqual(answersOf(once));
      }),
    );
  });
});
