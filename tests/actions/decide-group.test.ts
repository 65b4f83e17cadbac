import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Types } from 'mongoose';
import { type DecidedGroup, decideGroup, type Known, type StudentRequest } from '../../src/actions/decide-group.js';
import { endPomodoro } from '../../src/actions/end-pomodoro.js';
import type { Committer } from '../../src/actions/grant-reward.js';
import { newStudentDocument } from '../../src/actions/new-student.js';
import type { Refused } from '../../src/actions/refusal.js';
import { startPomodoro } from '../../src/actions/start-pomodoro.js';
import { submitAssignment } from '../../src/actions/submit-assignment.js';
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
  ...newStudentDocument({ _id: new Types.ObjectId(), displayName: 'Ada', timeZone: 'UTC', createdAt: later(noon, -day) }),
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
  const known: Omit<Known, 'expired'> = { rewards: stored.rewards, sessions: stored.sessions, assignments };
  return decideGroup(requests, students, known);
}

/** The same world after these requests: what the group that comes next would read. */
function after(requests: readonly StudentRequest<unknown>[], stored: World): World {
  const { writes } = decide(requests, stored);
  return {
    students: stored.students.map((each) => writes.students.find(({ before }) => before === each)?.after ?? each),
    rewards: [...stored.rewards, ...writes.rewards],
    sessions: [...stored.sessions, ...writes.sessions],
    assignments: stored.assignments,
  };
}

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

const factsOf = (actorId: Types.ObjectId, receivedAt: Date) => ({ requestId: 'request', receivedAt, actorId });

function submitted({ _id }: StudentRecord, to: AssignmentRecord, told: Sending & { readonly content?: string } = {}) {
  const { key = null, at = noon, content = 'My essay.' } = told;
  const input = { studentId: _id, assignmentId: to._id.toHexString(), content, idempotencyKey: key };
  return requestFor((committer) => submitAssignment(committer, { ...input, facts: factsOf(_id, at) }));
}

function ended({ _id }: StudentRecord, session: Types.ObjectId, { key = null, at = later(noon, 25 * minute) }: Sending = {}) {
  const input = { studentId: _id, sessionId: session.toHexString(), idempotencyKey: key };
  return requestFor((committer) => endPomodoro(committer, { ...input, facts: factsOf(_id, at) }));
}

function started({ _id }: StudentRecord, { at = noon }: Sending = {}) {
  const input = { studentId: _id, plannedMinutes: 25, device: null, assignmentId: null };
  return requestFor((committer) => startPomodoro(committer, { ...input, facts: factsOf(_id, at) }));
}

/** What became of the only request of a group, in a word. */
function outcomeOf({ answers, writes }: DecidedGroup): string {
  const answer = answers[0]!() as Refused | { kind: string; replayed: boolean; session?: PomodoroSessionRecord };
  if (answer.kind === 'refused') return (answer as Refused).code;
  const { replayed, session } = answer as { replayed: boolean; session?: PomodoroSessionRecord };
  if (session && session.status !== 'COMPLETED' && writes.sessions.length === 1) return session.status;
  return replayed ? 'replay' : 'paid';
}

/** Each with each that comes behind it. */
const pairsOf = <Item>(items: readonly Item[]) =>
  items.flatMap((first, position) => items.slice(position + 1).map((second) => ({ first, second })));

describe('submitAssignment, where two outcomes would be right', () => {
  const mine = assignment();
  const other = assignment();
  const ada = student();

  /** In the order of precedence. Each makes its outcome the right one, were it not for those before it. */
  const outcomes: { readonly outcome: string; readonly given: (stored: World) => World }[] = [
    { outcome: 'IDEMPOTENCY_KEY_REUSED', given: (stored) => after([submitted(ada, other, { key: 'one' })], stored) },
    { outcome: 'replay', given: (stored) => after([submitted(ada, mine)], stored) },
    { outcome: 'ALREADY_SUBMITTED', given: (stored) => after([submitted(ada, mine, { content: 'Another.' })], stored) },
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
    { outcome: 'paid', given: (stored) => stored },
  ];

  const pairs = pairsOf(outcomes)
    // An assignment is paid with one text only.
    .filter(({ first, second }) => !(first.outcome === 'replay' && second.outcome === 'ALREADY_SUBMITTED'));

  test.each(pairs)('$first.outcome comes before $second.outcome', ({ first, second }) => {
    const stored = second.given(first.given(world({ students: [ada], assignments: [mine, other] })));
    const decided = decide([submitted(ada, mine, { key: 'one' })], stored);
    expect(outcomeOf(decided)).toBe(first.outcome);
    if (first.outcome !== 'paid') expect(decided.writes).toEqual({ students: [], submissions: [], sessions: [], rewards: [] });
  });
});

describe('endPomodoro, where two outcomes would be right', () => {
  const session = running();
  const ada = student({ runningPomodoro: session });
  const at = (when: Date) => ({ when, given: (stored: World) => stored });

  /** The session of the request ran, unless told otherwise. The request arrives `when` it says, or 25 minutes later. */
  const outcomes: { readonly outcome: string; readonly when?: Date; readonly given: (stored: World) => World }[] = [
    {
      outcome: 'IDEMPOTENCY_KEY_REUSED',
      given: (stored) => {
        const another = running();
        const before = world({ students: [{ ...ada, runningPomodoro: another }] });
        const { rewards, sessions, students } = after([ended(ada, another.id, { key: 'one' })], before);
        const { sequence, revision } = students[0]!;
        return { ...stored, rewards, sessions, students: [{ ...ada, sequence, revision }] };
      },
    },
    {
      outcome: 'replay',
      given: (stored) => after([ended(ada, session.id)], stored),
    },
    { outcome: 'EXPIRED', ...at(later(noon, 2 * day)) },
    { outcome: 'ABANDONED', ...at(later(noon, minute)) },
    {
      outcome: 'NOT_FOUND',
      given: (stored) => ({
        ...stored,
        students: stored.students.map((each) => ({ ...each, runningPomodoro: running() })),
      }),
    },
    { outcome: 'paid', given: (stored) => stored },
  ];

  const possible = new Set([
    'IDEMPOTENCY_KEY_REUSED and replay',
    'IDEMPOTENCY_KEY_REUSED and EXPIRED',
    'IDEMPOTENCY_KEY_REUSED and ABANDONED',
    'IDEMPOTENCY_KEY_REUSED and NOT_FOUND',
    'IDEMPOTENCY_KEY_REUSED and paid',
    'replay and NOT_FOUND',
  ]);
  void possible;

  test.each(pairsOf(outcomes))('$first.outcome comes before $second.outcome', ({ first, second }) => {
    const stored = second.given(first.given(world({ students: [ada] })));
    const when = first.when ?? second.when ?? later(noon, 25 * minute);
    const decided = decide([ended(ada, session.id, { key: 'one', at: when })], stored);
    expect(outcomeOf(decided)).toBe(first.outcome);
  });
});
