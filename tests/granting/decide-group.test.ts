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

const assignment = (told: Partial<AssignmentRecord> = {}): AssignmentRecord => ({
  _id: new Types.ObjectId(),
  courseId: course,
  title: 'An assignment',
  instructions: null,
  dueDate: noon,
  closesAt: null,
  createdAt: later(noon, -day),
  ...told,
});

const student = (told: Partial<StudentRecord> = {}): StudentRecord => ({
  ...newStudentDocument({
    _id: new Types.ObjectId(),
    displayName: 'Ada',
    timeZone: 'UTC',
    createdAt: later(noon, -day),
  }),
  courseIds: [course],
  ...told,
});

const running = (startedAt = noon) => ({
  id: new Types.ObjectId(),
  startedAt,
  plannedMinutes: 25,
  device: null,
  assignmentId: null,
});

/** What is stored: what a group would read. */
interface World {
  students: StudentRecord[];
  rewards: RewardRecord[];
  sessions: PomodoroSessionRecord[];
  assignments: AssignmentRecord[];
}

const world = (told: Partial<World>): World => ({ students: [], rewards: [], sessions: [], assignments: [], ...told });

function decide(requests: readonly StudentRequest<unknown>[], stored: World): DecidedGroup {
  const students = new Map(stored.students.map((each) => [each._id.toHexString(), each]));
  const assignments = new Map(stored.assignments.map((each) => [each._id.toHexString(), each]));
  return decideGroup(requests, { students, rewards: stored.rewards, sessions: stored.sessions, assignments });
}

/** The same world after a group: what the next one would read. */
function worldAfter({ writes }: DecidedGroup, stored: World): World {
  return {
    students: stored.students.map((each) => writes.students.find(({ before }) => before === each)?.after ?? each),
    rewards: [...stored.rewards, ...writes.rewards],
    sessions: [...stored.sessions, ...writes.sessions],
    assignments: stored.assignments,
  };
}

/** The same world after these requests. */
const afterwards = (requests: readonly StudentRequest<unknown>[], stored: World): World =>
  worldAfter(decide(requests, stored), stored);

/** What an action hands to the committer. */
function requestFor<Answer>(act: (committer: Committer) => Promise<Answer>): StudentRequest<Answer> {
  let handed: StudentRequest<Answer> | undefined;
  void act({
    submit(request) {
      handed = request as unknown as StudentRequest<Answer>;
      return new Promise(() => {});
    },
    idle: async () => {},
  });
  if (!handed) throw new Error('the action has to ask the committer at once');
  return handed;
}

interface Sending {
  readonly key?: string | null;
  readonly at?: Date;
}

/** Freezes a value with all that hangs on it; ids, which are the driver's own, stay as they are. */
function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Types.ObjectId)
    return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

const factsOf = (actorId: Types.ObjectId, receivedAt: Date) => ({ requestId: 'request', receivedAt, actorId });

function submitted({ _id }: StudentRecord, to: AssignmentRecord, told: Sending & { readonly content?: string } = {}) {
  const { key = null, at = noon, content = 'My essay.' } = told;
  const input = { studentId: _id, assignmentId: to._id.toHexString(), content, idempotencyKey: key };
  return requestFor((committer) => submitAssignment(committer, { ...input, facts: factsOf(_id, at) }));
}

function ended(
  { _id }: StudentRecord,
  session: Types.ObjectId,
  { key = null, at = later(noon, 25 * minute) }: Sending = {},
) {
  const input = { studentId: _id, sessionId: session.toHexString(), idempotencyKey: key };
  return requestFor((committer) => endPomodoro(committer, { ...input, facts: factsOf(_id, at) }));
}

function started({ _id }: StudentRecord, { at = noon }: Sending = {}) {
  const input = { studentId: _id, plannedMinutes: 25, device: null, assignmentId: null };
  return requestFor((committer) => startPomodoro(committer, { ...input, facts: factsOf(_id, at) }));
}

/** What became of the only request of a group, in a word. */
function outcomeOf({ answers, writes }: DecidedGroup): string {
  const answer = answers[0] as Refused | { kind: string; replayed: boolean; session?: PomodoroSessionRecord };
  if (answer.kind === 'refused') return (answer as Refused).code;
  const { replayed, session } = answer as { replayed: boolean; session?: PomodoroSessionRecord };
  if (session && session.status !== 'COMPLETED' && writes.sessions.length === 1) return session.status;
  return replayed ? 'replay' : 'paid';
}

const nothing: DecidedGroup['writes'] = { students: [], submissions: [], sessions: [], rewards: [] };

/** Turns what is stored into something else. */
type Given = (stored: World) => World;
const asItIs: Given = (stored) => stored;

/** Each with each that comes behind it. */
const pairsOf = <Item>(items: readonly Item[]) =>
  items.flatMap((first, position) => items.slice(position + 1).map((second) => ({ first, second })));

describe('submitAssignment, where two outcomes would be right', () => {
  const mine = assignment();
  const other = assignment();
  const ada = student();

  /** In the order of precedence. Each makes its outcome the right one, were it not for those before it. */
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
    { outcome: 'paid', given: asItIs },
  ];

  const pairs = pairsOf(outcomes)
    // An assignment is paid with one text only.
    .filter(({ first, second }) => !(first.outcome === 'replay' && second.outcome === 'ALREADY_SUBMITTED'));

  test.each(pairs)('$first.outcome comes before $second.outcome', ({ first, second }) => {
    const stored = second.given(first.given(world({ students: [ada], assignments: [mine, other] })));
    const decided = decide([submitted(ada, mine, { key: 'one' })], stored);
    expect(outcomeOf(decided)).toBe(first.outcome);
    expect(decided.writes).toEqual(nothing);
  });
});

describe('endPomodoro, where two outcomes would be right', () => {
  const mine = running();
  const ada = student({ runningPomodoro: mine });

  /** Somebody else's doing, of which only the ledger and the ended sessions tell. */
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

  /** In the order of precedence. The request arrives 25 minutes after the start, unless the outcome needs it otherwise. */
  const outcomes: readonly { readonly outcome: string; readonly given: Given; readonly at?: Date }[] = [
    { outcome: 'IDEMPOTENCY_KEY_REUSED', given: endedAnother },
    { outcome: 'replay', given: (stored) => afterwards([ended(ada, mine.id)], stored) },
    { outcome: 'NOT_FOUND', given: runsAnother },
    { outcome: 'EXPIRED', given: asItIs, at: later(noon, 2 * day) },
    { outcome: 'ABANDONED', given: asItIs, at: later(noon, minute) },
    { outcome: 'paid', given: asItIs },
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

describe('reads of different moments are refused', () => {
  const mine = assignment();
  const session = running();
  const ada = student({ runningPomodoro: session });
  const before = world({ students: [ada], assignments: [mine] });

  test('where a reward was read that the student does not know of', () => {
    const { rewards } = afterwards([submitted(ada, mine)], before);
    expect(() => decide([submitted(ada, mine)], { ...before, rewards })).toThrow(StaleRevision);
  });

  test('where a session was read that has ended, and a student in which it runs', () => {
    const { sessions } = afterwards([ended(ada, session.id, { at: later(noon, minute) })], before);
    expect(() => decide([ended(ada, session.id)], { ...before, sessions })).toThrow(StaleRevision);
  });

  test('where a session was read that was paid, and its reward was not', () => {
    const { students, sessions } = afterwards([ended(ada, session.id)], before);
    expect(() => decide([ended(ada, session.id)], { ...before, students, sessions })).toThrow(StaleRevision);
  });
});

test('a group that names a student who does not exist is refused', () => {
  const nobody = student();
  expect(() => decide([started(nobody)], world({}))).toThrow(`there is no student ${nobody._id}`);
});

describe('a group of any requests', () => {
  /** Three students, one of whom has done nothing yet, one runs a session, and one left it running. */
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

  const sending = fc.record({
    key: fc.constantFrom(null, 'one', 'two'),
    at: fc.integer({ min: 0, max: 14 * 60 }).map((minutes) => later(noon, minutes * minute)),
  });
  const who = fc.constantFrom(ada, bob, cleo);
  const anyRequest: fc.Arbitrary<StudentRequest<unknown>> = fc.oneof(
    fc
      .tuple(who, fc.constantFrom(open, closed, foreign), sending, fc.constantFrom('My essay.', 'Another.'))
      .map(([by, to, sent, content]) => submitted(by, to, { ...sent, content })),
    fc
      .tuple(who, fc.constantFrom(bob.runningPomodoro!.id, cleo.runningPomodoro!.id, new Types.ObjectId()), sending)
      .map(([by, session, sent]) => ended(by, session, sent)),
    fc.tuple(who, sending).map(([by, sent]) => started(by, sent)),
  );
  const anyGroup = fc.array(anyRequest, { maxLength: 12 });

  const givenSessions = [bob, cleo].map(({ runningPomodoro }) => runningPomodoro!.id.toHexString());

  /** As JSON, but for the ids of sessions that a request has started: it makes a new one with each try. */
  const plain = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (_, part) => {
        if (!part?.startedAt) return part;
        const { id, _id = id, ...session } = part;
        return { ...session, id: givenSessions.includes(_id.toString()) ? _id : 'new' };
      }),
    );

  /** Without what tells of the whole group: the student in an answer, and its revision. */
  const answersOf = ({ answers }: DecidedGroup) =>
    answers.map((answer) => plain({ ...(answer as object), student: null }));
  const plainStudents = (students: readonly StudentRecord[]) =>
    students.map((each) => plain({ ...each, revision: null }));

  test('decides what they would be decided one by one', () => {
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

  test('answers each with its student as the group leaves it, one revision further where anything is written', () => {
    fc.assert(
      fc.property(anyGroup, (requests) => {
        const { answers, writes } = decide(requests, stored);
        const left = new Map(stored.students.map((each) => [each._id.toHexString(), each]));
        for (const { before, after } of writes.students) {
          expect(after.revision).toBe(before.revision + 1);
          left.set(after._id.toHexString(), after);
        }
        for (const [position, answer] of answers.entries()) {
          const { kind, student } = answer as { kind: string; student?: StudentRecord };
          if (kind !== 'refused') expect(student).toBe(left.get(requests[position]!.studentId.toHexString()));
        }
      }),
    );
  });

  test('is decided the same again, and changes nothing of what it is given', () => {
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
