/**
 * The part of the checker that concerns what students and teachers do besides: changes, and the answers of reads. No
 * reward is corrected in these runs, so the points of a student name the row after which it had them. Pure.
 */
import { isDeepStrictEqual } from 'node:util';
import { groupBy } from '../../src/group-by.js';
import type { AccountRecord } from '../../src/storage/models/account.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { RewardRecord } from '../../src/storage/models/reward.js';
import type { Invariant, Stored, Violation } from './checker.js';
import type { Attempt, LogicalRequest, ReportedProgress, ReportedReward } from './record.js';

/** The documents that the checks need besides those of the students. */
export interface StoredSchool extends Stored {
  readonly assignments: readonly Pick<AssignmentRecord, '_id' | 'dueDate'>[];
  readonly accounts: readonly Pick<AccountRecord, '_id' | 'email'>[];
}

interface BoardEntry {
  readonly rank: number;
  readonly displayName: string;
  readonly auraPoints: number;
  readonly level: number;
  readonly isMe: boolean;
}

interface BoardRead {
  readonly leaderboard: { readonly edges: readonly { readonly node: BoardEntry }[]; readonly me: BoardEntry | null };
}

type LedgerRow = Pick<
  ReportedReward,
  'id' | 'sequence' | 'reason' | 'xp' | 'auraPoints' | 'before' | 'after' | 'grantedAt'
>;

interface LedgerRead extends ReportedProgress {
  readonly submissionCount: number;
  readonly pomodoroCount: number;
  readonly totalPomodoroSeconds: number;
  readonly timeZone: string;
  readonly rewards: { readonly edges: readonly { readonly node: LedgerRow }[] };
  readonly submissions: {
    readonly edges: readonly { readonly node: { readonly id: string; readonly content: string } }[];
  };
}

/** @returns the violations of changes and reads; `check` in checker.ts finds all others */
export function checkEveryday(attempts: readonly Attempt[], stored: StoredSchool): Violation[] {
  const view: View = { attempts, stored, history: historyOf(attempts, stored), changes: changesOf(attempts) };
  return [
    ...changesKept(view),
    ...newcomersKept(view),
    ...dueDatesCurrent(view),
    ...attempts.flatMap((each) => {
      if (each.result.kind !== 'answered') return [];
      const { data } = each.result;
      if (each.request.operation === 'ledger') return ledgerProblems(each, data as LedgerRead | null, view);
      if (each.request.operation === 'leaderboard') return boardProblems(each, data as BoardRead | null, view);
      return [];
    }),
  ];
}

interface View {
  readonly attempts: readonly Attempt[];
  readonly stored: StoredSchool;
  readonly history: History;
  readonly changes: ReadonlyMap<string, Changes>;
}

const violation = (invariant: Invariant, { requestId, server }: Attempt, text: string): Violation => ({
  invariant,
  text: `${requestId} at ${server}: ${text}`,
});

/** Between which moments each row of a student was committed. The first row is at index 1. */
interface Commits {
  readonly rows: readonly RewardRecord[];
  readonly notBefore: readonly number[];
  readonly notAfter: readonly number[];
}

type History = ReadonlyMap<string, Commits>;

/** A row is committed after its attempt was sent, and before the first answer that shows it or a later row. */
function historyOf(attempts: readonly Attempt[], { students, rewards }: Stored): History {
  const payers = new Map(attempts.map((each) => [each.requestId, each]));
  const rowsOf = groupBy(rewards, ({ studentId }) => studentId.toHexString());
  const shown = groupBy(
    attempts.flatMap(({ request, result, endedAt }) => {
      if (result.kind === 'granted') return [{ id: request.studentId, last: result.reward?.sequence ?? 0, endedAt }];
      if (request.operation !== 'ledger' || result.kind !== 'answered') return [];
      return [{ id: request.studentId, last: lastSequenceOf(result.data as LedgerRead | null), endedAt }];
    }),
    ({ id }) => id,
  );
  return new Map(
    students.map(({ _id }) => {
      const id = _id.toHexString();
      const rows = rowsOf.get(id) ?? [];
      const notAfter = rows.map(({ sequence }) =>
        Math.min(...(shown.get(id) ?? []).filter(({ last }) => last >= sequence).map(({ endedAt }) => endedAt)),
      );
      const notBefore = rows.map(({ requestId }) => payers.get(requestId)?.sentAt ?? 0);
      const first = Number.NEGATIVE_INFINITY;
      return [id, { rows, notBefore: [first, ...notBefore], notAfter: [first, ...notAfter] }];
    }),
  );
}

const lastSequenceOf = (read: LedgerRead | null): number => read?.rewards.edges[0]?.node.sequence ?? 0;

/** The changes of one thing, in their order, and when each took effect: after the first, and before the second. */
type Changes = readonly { readonly value: string; readonly notBefore: number; readonly notAfter: number }[];

function changesOf(attempts: readonly Attempt[]): Map<string, Changes> {
  const changing = attempts.filter(({ request }) => request.everyday?.change);
  return new Map(
    [...groupBy(changing, ({ request }) => request.everyday!.change!.of)].map(([of, ofOne]) => {
      const numbers = groupBy(ofOne, ({ request }) => String(request.everyday!.change!.number));
      const inOrder = [...numbers].sort(([one], [other]) => Number(one) - Number(other));
      return [of, inOrder.map(([, each]) => changeOf(each))];
    }),
  );
}

function changeOf(attempts: readonly Attempt[]): Changes[number] {
  const answered = attempts.filter(({ result }) => result.kind === 'answered').map(({ endedAt }) => endedAt);
  return {
    value: attempts[0]!.request.everyday!.change!.value,
    notBefore: Math.min(...attempts.map(({ sentAt }) => sentAt)),
    notAfter: Math.min(...answered),
  };
}

/** The values that something may have had at a moment of a span: `before` the first change, or of a change. */
function possibleValues(changes: Changes, from: number, to: number, before: string): string[] {
  const last = changes.findLastIndex(({ notAfter }) => notAfter < from);
  return [
    ...(last < 0 ? [before] : []),
    ...changes.slice(Math.max(0, last)).flatMap(({ value, notBefore }) => (notBefore < to ? value : [])),
  ];
}

/** P1: each answer shows the new value, and what was changed last is stored. */
function changesKept({ attempts, stored, changes }: View): Violation[] {
  const wrong = attempts.flatMap((each) => {
    const { change } = each.request.everyday ?? {};
    if (!change || each.result.kind === 'no response' || each.result.kind === 'error') return [];
    const shown = each.result.kind === 'answered' ? JSON.stringify(each.result.data) : each.result.kind;
    if (shown.includes(JSON.stringify(change.value))) return [];
    return violation(
      'acknowledged-kept',
      each,
      `${change.of} was changed to ${change.value}, and the answer is ${shown}`,
    );
  });
  const values = new Map<string, string>([
    ...stored.submissions.map(({ _id, content }) => [`text ${_id}`, content] as const),
    ...stored.students.map(({ _id, timeZone }) => [`zone ${_id}`, timeZone] as const),
    ...stored.assignments.map(({ _id, dueDate }) => [`due ${_id}`, dueDate.toISOString()] as const),
  ]);
  const lost = [...changes].flatMap(([of, all]): Violation[] => {
    const { value, notAfter } = all.at(-1)!;
    if (notAfter === Number.POSITIVE_INFINITY || values.get(of) === value) return [];
    return [{ invariant: 'acknowledged-kept', text: `${of} is ${values.get(of)}, and was last changed to ${value}` }];
  });
  return [...wrong, ...lost];
}

/** Each address has one account with one student, and whoever has joined takes the course once. */
function newcomersKept({ attempts, stored }: View): Violation[] {
  const accounts = groupBy(stored.accounts, ({ email }) => email);
  const students = new Map(stored.students.map((student) => [student._id.toHexString(), student]));
  return attempts.flatMap((each) => {
    const { request, result } = each;
    if (result.kind !== 'answered' && result.kind !== 'refused') return [];
    if (request.operation === 'signUp') {
      const { email } = (request.everyday!.variables as { input: { email: string } }).input;
      const [account, ...others] = accounts.get(email) ?? [];
      const shown =
        result.kind === 'answered' ? (result.data as { user: { id: string } }).user.id : String(account?._id);
      const isKept = account && others.length === 0 && String(account._id) === shown && students.has(shown);
      return isKept ? [] : violation('acknowledged-kept', each, `${email} does not have one account and one student`);
    }
    if (request.operation !== 'joinCourse') return [];
    const { course } = (result.kind === 'answered' ? result.data : {}) as { course?: { id: string } };
    const count = students.get(request.studentId)?.courseIds.filter((id) => String(id) === course?.id).length;
    return count === 1 ? [] : violation('acknowledged-kept', each, `the student takes the course ${count} times`);
  });
}

/** A submission is paid by a due date that held at some moment between its request and its answer. */
function dueDatesCurrent({ attempts, stored: { rewards }, changes }: View): Violation[] {
  const payers = new Map(attempts.map((each) => [each.requestId, each]));
  return rewards.flatMap(({ requestId, subject, action }) => {
    const payer = payers.get(requestId);
    const ofAssignment = changes.get(`due ${subject.id}`);
    if (!payer || !ofAssignment || action.kind !== 'AssignmentSubmitted') return [];
    const to = payer.result.kind === 'granted' ? payer.endedAt : Number.POSITIVE_INFINITY;
    const due = action.dueDate.toISOString();
    const numbers = ofAssignment.map(({ value }) => value);
    const before = numbers.includes(due) ? '' : due;
    if (possibleValues(ofAssignment, payer.sentAt, to, before).includes(due)) return [];
    return violation('reads-current', payer, `the assignment was due ${due} only before or after the request`);
  });
}

/** What is stored before the first change. */
const FIRST_ZONE = 'UTC';
const FIRST_TEXT = 'An essay';

/** P3: a ledger is whole, it is that of the student beside it, and nothing of it is older than what was acknowledged. */
function ledgerProblems(attempt: Attempt, read: LedgerRead | null, { history, changes }: View): Violation[] {
  const { sentAt, endedAt, request } = attempt;
  const commits = history.get(request.studentId);
  if (!read || !commits) return [violation('reads-consistent', attempt, 'the student is not found')];
  const { rows, notBefore, notAfter } = commits;
  const shown = read.rewards.edges.map(({ node }) => node).reverse();
  const last = shown.length;
  const problems: Violation[] = [];
  const kept = rows.slice(0, last).map(reportedRowOf);
  if (!isDeepStrictEqual(shown.map(plain), kept)) {
    problems.push(violation('reads-consistent', attempt, `${last} rows are shown, not as they are stored`));
  }
  const { level, xp, lifetimeXp, auraPoints } = read;
  const student = { level, xp, lifetimeXp, auraPoints };
  const after = shown.at(-1)?.after ?? { level: 0, xp: 0, lifetimeXp: 0, auraPoints: 0 };
  const counted = read.submissionCount + read.pomodoroCount;
  if (!isDeepStrictEqual(plain(student), plain(after)) || counted !== last) {
    problems.push(
      violation('reads-consistent', attempt, `the student of row ${last} is shown as ${JSON.stringify(student)}`),
    );
  }
  if (notAfter[last + 1]! < sentAt) {
    problems.push(violation('reads-current', attempt, `row ${last + 1} was acknowledged before, and is not shown`));
  }
  if (notBefore[last]! > endedAt) problems.push(violation('reads-consistent', attempt, `row ${last} is of later`));
  const values: [string, string, string][] = [
    [`zone ${request.studentId}`, read.timeZone, FIRST_ZONE],
    ...read.submissions.edges.map(({ node: { id, content } }): [string, string, string] => [
      `text ${id}`,
      content,
      FIRST_TEXT,
    ]),
  ];
  for (const [of, value, before] of values) {
    const known = changes.get(of);
    if (known && !possibleValues(known, sentAt, endedAt, before).includes(value)) {
      problems.push(violation('reads-current', attempt, `${of} is shown as ${value}`));
    }
  }
  return problems;
}

/** Answers are parsed JSON; without this, their objects would differ from those of the database by their prototype. */
const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value));

function reportedRowOf({ _id, sequence, reason, xp, auraPoints, before, after, grantedAt }: RewardRecord): LedgerRow {
  return plain({
    ...{ id: _id.toHexString(), sequence, reason, xp, auraPoints, before, after },
    grantedAt: grantedAt.toISOString(),
  });
}

/**
 * A board is that of one moment between request and answer: all of its rows had been committed then, and none of the
 * rows that follow them. Its ranks are right.
 */
function boardProblems(attempt: Attempt, read: BoardRead | null, { stored, history, attempts }: View): Violation[] {
  if (!read) return [violation('reads-consistent', attempt, 'the course is not found')];
  const entries = read.leaderboard.edges.map(({ node }) => node);
  const problems: Violation[] = [];
  const ranks = entries.map(({ auraPoints }) => 1 + entries.filter((other) => other.auraPoints > auraPoints).length);
  const me = entries.find(({ isMe }) => isMe) ?? null;
  const isInOrder = entries.every(
    ({ auraPoints }, position) => auraPoints <= (entries[position - 1]?.auraPoints ?? auraPoints),
  );
  if (
    !isInOrder ||
    !isDeepStrictEqual(
      entries.map(({ rank }) => rank),
      ranks,
    ) ||
    !isDeepStrictEqual(me, read.leaderboard.me)
  ) {
    problems.push(violation('reads-consistent', attempt, 'its order, its ranks or the row of the viewer are wrong'));
  }
  let [from, to] = [attempt.sentAt, attempt.endedAt];
  const shown = new Map(entries.map((entry) => [entry.displayName, entry]));
  const members = membersAt(attempt, attempts, stored);
  for (const { _id, displayName } of stored.students) {
    const id = _id.toHexString();
    const { rows, notBefore, notAfter } = history.get(id)!;
    const entry = shown.get(displayName);
    if (!entry && !members.has(id)) continue;
    const last = entry
      ? rows.findIndex(({ after }) => after.auraPoints === entry.auraPoints && after.level === entry.level) + 1
      : 0;
    if (entry && last === 0) {
      problems.push(violation('reads-consistent', attempt, `${displayName} never was as the board shows it`));
      continue;
    }
    if (notAfter[last + 1]! < attempt.sentAt) {
      problems.push(violation('reads-current', attempt, `row ${last + 1} of ${displayName} was acknowledged before`));
    }
    from = Math.max(from, notBefore[last]!);
    to = Math.min(to, notAfter[last + 1] ?? Number.POSITIVE_INFINITY);
  }
  if (problems.length === 0 && from > to) {
    problems.push(violation('reads-consistent', attempt, 'there is no moment at which all of its rows were so'));
  }
  return problems;
}

/** The students who certainly took the course when the request was sent. */
function membersAt({ sentAt }: Attempt, attempts: readonly Attempt[], { students }: Stored): Set<string> {
  const joins = (request: LogicalRequest) => request.operation === 'joinCourse';
  const joining = new Set(attempts.filter(({ request }) => joins(request)).map(({ request }) => request.studentId));
  const joined = attempts.filter(
    ({ request, result, endedAt }) => joins(request) && result.kind === 'answered' && endedAt < sentAt,
  );
  const initial = students.filter(({ _id, courseIds }) => courseIds.length > 0 && !joining.has(_id.toHexString()));
  return new Set([...initial.map(({ _id }) => _id.toHexString()), ...joined.map(({ request }) => request.studentId)]);
}
