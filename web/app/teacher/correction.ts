/** What a teacher puts right by hand: the requests of the outbox, and those that undo them. Pure. */
import { stringifyDocument, type TypedDocumentNode } from '@urql/core';
import {
  DiscardSubmissionDocument,
  type DiscardSubmissionInput,
  ExtendDeadlineDocument,
  GradeSubmissionDocument,
  GrantBonusDocument,
  GrantBonusesDocument,
  RestoreRewardDocument,
  RestoreSubmissionAndGradeDocument,
  RevokeRewardDocument,
} from '../api/generated/teacher';
import type { Entry } from '../outbox/entry';
import { words } from '../words/en';

/** One thing that a teacher did, in one request or in several. The outbox keeps it beside each of them. */
export interface Act {
  /** The same for all requests of the act. */
  readonly id: string;
  /** What it does, while it waits: "Bonus of 20 for Ada". */
  readonly label: string;
  /** What it did, when the server has done it: "Ada has a bonus of 20." */
  readonly done: string;
  /** For how many students: more than one has a progress bar. */
  readonly students: number;
  readonly undo: Undo | null;
}

/** How an act is undone. `id` of rows that the act wrote comes from the server's answer. */
export type Undo =
  /** What it paid is taken back. */
  | { readonly kind: 'revoke' }
  /** What it took back is restored, in the order in which it was taken. */
  | { readonly kind: 'restore' }
  | {
      readonly kind: 'regrade';
      readonly submissionId: string;
      readonly grade: number;
      readonly feedback: string | null;
    }
  | {
      readonly kind: 'extend';
      readonly assignmentId: string;
      readonly studentId: string;
      readonly dueDate: string | null;
      readonly closesAt: string | null;
      /** Of the former extension; null: there was none. */
      readonly note: string | null;
    };

/** A request of an act. */
export interface Part {
  readonly query: string;
  /** One request for each may wait at a time: so a double click is one. */
  readonly subject: string;
  /** How many of the act's students it is for. */
  readonly students: number;
  readonly variables: (requestKey: string) => unknown;
}

/** What the outbox keeps of a part. */
export interface Memo {
  readonly act: Act;
  readonly students: number;
}

function part<Input extends { readonly idempotencyKey: string }>(
  document: TypedDocumentNode<unknown, { input: Input }>,
  subject: string,
  input: Omit<Input, 'idempotencyKey'>,
): Part {
  return {
    query: stringifyDocument(document),
    subject,
    students: 1,
    variables: (idempotencyKey) => ({ input: { ...input, idempotencyKey } }),
  };
}

export const subjects = {
  reward: (rewardId: string) => `reward:${rewardId}`,
  grade: (submissionId: string) => `grade:${submissionId}`,
  discard: (submissionId: string) => `discard:${submissionId}`,
  extension: (assignmentId: string, studentId: string) => `extension:${assignmentId}:${studentId}`,
  /** A student may get several bonuses. Those of one dialog are one act. */
  bonus: (actId: string, portion: number) => `bonus:${actId}:${portion}`,
} as const;

export const revoke = (rewardId: string, note: string): Part =>
  part(RevokeRewardDocument, subjects.reward(rewardId), { rewardId, note });

export const restore = (rewardId: string, note: string): Part =>
  part(RestoreRewardDocument, subjects.reward(rewardId), { rewardId, note });

// The server refuses fields that it does not know, so each input names its own.
export const grade = (submissionId: string, of: { grade: number; feedback: string | null }): Part =>
  part(GradeSubmissionDocument, subjects.grade(submissionId), {
    submissionId,
    grade: of.grade,
    feedback: of.feedback,
  });

export const discard = (input: Omit<DiscardSubmissionInput, 'idempotencyKey'>): Part =>
  part(DiscardSubmissionDocument, subjects.discard(input.submissionId), input);

export interface ExtensionDates {
  /** Null: the assignment's own dates. */
  readonly dueDate: string | null;
  readonly closesAt: string | null;
}

export const extend = (
  { assignmentId, studentId }: { readonly assignmentId: string; readonly studentId: string },
  dates: ExtensionDates,
  note: string,
): Part =>
  part(ExtendDeadlineDocument, subjects.extension(assignmentId, studentId), {
    assignmentId,
    studentId,
    dueDate: dates.dueDate,
    closesAt: dates.closesAt,
    note,
  });

/**
 * One request pays so many students. The class is paid in portions rather than by one request, so that the bar moves, a
 * lost answer repeats one portion only, and no request takes so long that a proxy gives it up. Each portion has its own
 * key, and all are stored before the first is sent.
 */
const STUDENTS_OF_A_PORTION = 25;

export function bonus(
  actId: string,
  studentIds: readonly string[],
  terms: { readonly courseId: string; readonly points: number; readonly note: string },
): Part[] {
  const [only] = studentIds;
  if (studentIds.length === 1)
    return [part(GrantBonusDocument, subjects.bonus(actId, 0), { studentId: only!, ...terms })];
  const portions: Part[] = [];
  for (let from = 0; from < studentIds.length; from += STUDENTS_OF_A_PORTION) {
    const ids = studentIds.slice(from, from + STUDENTS_OF_A_PORTION);
    const input = { studentIds: [...ids], ...terms };
    portions.push({
      ...part(GrantBonusesDocument, subjects.bonus(actId, portions.length), input),
      students: ids.length,
    });
  }
  return portions;
}

interface RowOfAct {
  readonly id: string;
  readonly corrects: { readonly id: string } | null;
}

/** What the answers of all acts may have. */
interface Answered {
  readonly reward?: RowOfAct | null;
  readonly rewards?: readonly RowOfAct[];
  readonly entries?: readonly {
    readonly result: { readonly __typename: string; readonly message?: string; readonly reward?: RowOfAct };
  }[];
  readonly leveledDown?: boolean;
  readonly lostBadges?: readonly { readonly name: string }[];
}

export const answerOf = ({ outcome }: Entry): Answered | null =>
  outcome.kind === 'accepted' ? (outcome.result as Answered) : null;

/** The rows that an accepted request wrote. */
function rowsOf(entry: Entry): readonly RowOfAct[] {
  const { reward, rewards, entries } = answerOf(entry) ?? {};
  return rewards ?? entries?.flatMap(({ result }) => result.reward ?? []) ?? (reward ? [reward] : []);
}

/** @returns the requests that undo those that the server has accepted; empty: there is nothing to undo */
export function undoing(undo: Undo | null, accepted: readonly Entry[]): readonly Part[] {
  const note = words.correction.undoNote;
  switch (undo?.kind) {
    case 'revoke':
      return accepted.flatMap((entry) => rowsOf(entry).map(({ id, corrects }) => revoke(corrects?.id ?? id, note)));
    case 'restore':
      return accepted.map((entry) => restoring(rowsOf(entry), note)).filter((each) => each !== null);
    case 'regrade':
      return [grade(undo.submissionId, undo)];
    case 'extend':
      return [extend(undo, undo, undo.note ?? note)];
    default:
      return [];
  }
}

/** A discard takes back the submission's own row first, and then that of its grade. */
function restoring(rows: readonly RowOfAct[], note: string): Part | null {
  const [first, second] = rows.map(({ id, corrects }) => corrects?.id ?? id);
  if (first === undefined) return null;
  if (second === undefined) return restore(first, note);
  return {
    query: stringifyDocument(RestoreSubmissionAndGradeDocument),
    subject: subjects.reward(first),
    students: 1,
    variables: (key) => ({
      input: { rewardId: first, note, idempotencyKey: key },
      grade: { rewardId: second, note, idempotencyKey: `${key} grade` },
    }),
  };
}
