/** The dates and resubmissions that hold for one student only. */
import { groupBy } from '../group-by.js';
import type { ManualActRecord } from '../storage/models/manual-act.js';
import type { ExtensionRecord, ResubmissionRecord } from '../storage/models/student.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import { type Findings, isSameValue } from './drift.js';
import type { StudentSnapshot } from './student-snapshot.js';

/**
 * Two acts on one student that arrived this close together, by the clocks of their servers, may have been committed in
 * either order: nothing stored says which came last. A request lasts seconds; the rest is for clocks that differ.
 */
const UNORDERED_MS = 60_000;

/** Compares the student's extensions with the latest act about each assignment. */
export function checkExtensions({ student, acts }: StudentSnapshot, findings: Findings): void {
  const extending = acts.filter(({ operation, assignmentId }) => operation === 'extendDeadline' && assignmentId);
  if (extending.length === 0) {
    findings.compare('extensions', student.extensions, undefined);
    return;
  }
  const byAssignment = groupBy(extending, ({ assignmentId }) => assignmentId!.toHexString());
  const expected = [...byAssignment.values()].flatMap((each) => extensionsLeftBy(each, student.extensions ?? []));
  findings.compare('extensions', student.extensions, inStoredOrder(student.extensions, expected));
}

/** Returns what the acts on one assignment left, in a list: the stored extension if one of the last ones gave it. */
function extensionsLeftBy(
  acts: readonly ManualActRecord[],
  stored: readonly ExtensionRecord[],
): readonly ExtensionRecord[] {
  const latest = acts.reduce((one, other) => (other.at >= one.at ? other : one));
  const left = stored.find(({ assignmentId }) => assignmentId.equals(latest.assignmentId!));
  const isPossible = acts.some(
    (act) => latest.at.getTime() - act.at.getTime() <= UNORDERED_MS && isSameExtension(extensionOfAct(act), left),
  );
  const extension = isPossible ? left : extensionOfAct(latest);
  return extension ? [extension] : [];
}

function extensionOfAct({ assignmentId, extension, note = '' }: ManualActRecord): ExtensionRecord | undefined {
  return extension ? { assignmentId: assignmentId!, ...extension, note } : undefined;
}

const isSameExtension = (one: ExtensionRecord | undefined, other: ExtensionRecord | undefined): boolean =>
  one === undefined || other === undefined
    ? one === other
    : isSameValue(one.dueDate, other.dueDate) && isSameValue(one.closesAt, other.closesAt) && one.note === other.note;

/** Compares what the student may submit again with the discarded submissions. */
export function checkResubmissions({ student, submissions, rewards }: StudentSnapshot, findings: Findings): void {
  if (!rewards.some(({ operation }) => operation === 'discardSubmission')) {
    findings.compare('resubmissions', student.resubmissions, undefined);
    return;
  }
  const byAssignment = groupBy(submissions, ({ assignmentId }) => assignmentId.toHexString());
  const expected = [...byAssignment.values()].flatMap((each) => resubmissionOf(each));
  findings.compare('resubmissions', student.resubmissions, inStoredOrder(student.resubmissions, expected));
}

/**
 * Returns, in a list, what the counting submission replaced; if none counts, the last one, which the next will replace.
 * The counting one need not be the last: the reward of an earlier one may have been restored.
 */
function resubmissionOf(submissions: readonly SubmissionRecord[]): ResubmissionRecord[] {
  const replaced = new Set(submissions.map(({ replaces }) => replaces?.toHexString()));
  const counting = submissions.find(({ discardedAt }) => !discardedAt);
  const last = submissions.find(({ _id }) => !replaced.has(_id.toHexString()));
  const replaces = counting ? counting.replaces : last?._id;
  return replaces ? [{ assignmentId: submissions[0]!.assignmentId, replaces }] : [];
}

/** The order of the entries, which says when each changed last, has no meaning. */
function inStoredOrder<Entry extends ExtensionRecord | ResubmissionRecord>(
  stored: readonly Entry[] | undefined,
  expected: readonly Entry[],
): Entry[] {
  const positionOf = ({ assignmentId }: Entry) => {
    const position = (stored ?? []).findIndex((each) => each.assignmentId.equals(assignmentId));
    return position < 0 ? Number.MAX_SAFE_INTEGER : position;
  };
  return expected.toSorted((one, other) => positionOf(one) - positionOf(other));
}
