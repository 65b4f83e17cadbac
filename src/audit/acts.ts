import { fingerprintOf } from '../granting/find-replay.js';
import type { ManualActRecord } from '../storage/models/manual-act.js';
import type { ManualOperation, RewardRecord } from '../storage/models/reward.js';
import type { SubmissionRecord } from '../storage/models/submission.js';
import type { Findings } from './drift.js';
import { isManual, isRepeated } from './rows.js';
import { pathOfAct, pathOfRow, type StudentSnapshot } from './student-snapshot.js';

/** How many rows an act of each operation names: at least and at most. */
const ROWS: Readonly<Record<ManualOperation, readonly [number, number]>> = {
  grantBonus: [1, 1],
  // Its bonuses are transactions of their own; they name the act as their subject.
  grantBonuses: [0, 0],
  gradeSubmission: [1, 1],
  revokeReward: [1, 1],
  restoreReward: [1, 1],
  // The row of the submission and, if it has a grade that counts, that of the grade.
  discardSubmission: [1, 2],
  // A row only if the reward becomes worth more.
  extendDeadline: [0, 1],
};

export const isManualOperation = (operation: string): operation is ManualOperation => Object.hasOwn(ROWS, operation);

/** The acts and rows of a student, while they are matched with each other. */
interface Matching {
  readonly snapshot: StudentSnapshot;
  readonly positions: ReadonlyMap<string, number>;
  /** The ids of the rows that an act has named. */
  readonly claimed: Set<string>;
  readonly findings: Findings;
}

/** Checks that each act has the rows that it names, and that each row written by hand belongs to exactly one act. */
export function checkActs(snapshot: StudentSnapshot, findings: Findings): void {
  const { rewards, acts } = snapshot;
  const positions = new Map(rewards.map(({ _id }, position) => [_id.toHexString(), position]));
  const matching: Matching = { snapshot, positions, claimed: new Set(), findings };
  const keys = new Set<string>();
  for (const act of acts) {
    const { actorId, operation, requestKey } = act;
    if (isRepeated(keys, `${actorId} ${operation} ${requestKey}`)) {
      findings.add(`${pathOfAct(act)}.requestKey`, requestKey, undefined);
    }
    checkAct(act, matching);
  }
  for (const row of rewards) {
    if (isManual(row) && !matching.claimed.has(row._id.toHexString())) addUnnamed(row, snapshot, findings);
  }
}

/** Either there is no act, or what connects it with the row is wrong. */
function addUnnamed(row: RewardRecord, { acts }: StudentSnapshot, findings: Findings): void {
  const path = pathOfRow(row.sequence - 1);
  findings.add(`${path}._id`, row._id, 'a row that a manual act names');
  if (row.subject.kind === 'bonus') findings.add(`${path}.subject.id`, row.subject.id, 'the act that gave the bonus');
  for (const act of acts) {
    if (act.requestId !== row.requestId || act.operation !== row.operation) continue;
    findings.add(`${pathOfAct(act)}.rewardIds`, act.rewardIds, `ids with ${row._id}`);
  }
}

function checkAct(act: ManualActRecord, matching: Matching): void {
  const { findings } = matching;
  const path = pathOfAct(act);
  if (!isManualOperation(act.operation)) {
    findings.add(`${path}.operation`, act.operation, Object.keys(ROWS).join(' or '));
    return;
  }
  const [least, most] = ROWS[act.operation];
  const { length } = act.rewardIds;
  if (length < least || length > most) {
    const count = least === most ? `${least}` : `${least} or ${most}`;
    findings.add(`${path}.rewardIds`, act.rewardIds, `the ids of ${count} rows: an act without them has no effect`);
  }
  checkStudents(act, matching);
  const rows = act.operation === 'grantBonuses' ? bonusesOf(act, matching) : namedRows(act, matching);
  for (const row of rows) checkRowOfAct(act, row, matching);
  checkDetails(act, rows, matching);
}

function checkStudents(act: ManualActRecord, { snapshot: { student }, findings }: Matching): void {
  const own = act.studentIds.filter((id) => id.equals(student._id));
  const isForOne = act.operation !== 'grantBonuses';
  if (own.length === 1 && !(isForOne && act.studentIds.length > 1)) return;
  findings.add(`${pathOfAct(act)}.studentIds`, act.studentIds, isForOne ? [student._id] : 'each student once');
}

function bonusesOf(act: ManualActRecord, { snapshot, claimed }: Matching): RewardRecord[] {
  const bonuses = snapshot.rewards.filter(
    ({ operation, subject }) => operation === 'grantBonuses' && subject.kind === 'bonus' && subject.id.equals(act._id),
  );
  for (const { _id } of bonuses) claimed.add(_id.toHexString());
  return bonuses;
}

/** Returns the rows that the act names. Its rows were written at once, so they follow each other in the ledger. */
function namedRows(act: ManualActRecord, { snapshot, positions, claimed, findings }: Matching): RewardRecord[] {
  const rows: RewardRecord[] = [];
  for (const [index, id] of act.rewardIds.entries()) {
    const field = `${pathOfAct(act)}.rewardIds[${index}]`;
    const key = id.toHexString();
    const row = snapshot.rewards[positions.get(key) ?? -1];
    const previous = rows.at(-1);
    if (!row || !isManual(row)) {
      findings.add(field, id, 'a row that was written by hand: the act has no such row');
    } else if (claimed.has(key)) {
      findings.add(field, id, 'a row that no other act names');
    } else {
      if (previous && row.sequence !== previous.sequence + 1) {
        findings.add(`${pathOfAct(act)}.rewardIds`, act.rewardIds, 'rows that follow each other');
      }
      claimed.add(key);
      rows.push(row);
    }
  }
  return rows;
}

function checkRowOfAct(act: ManualActRecord, row: RewardRecord, { findings }: Matching): void {
  const path = pathOfAct(act);
  const ofRow = pathOfRow(row.sequence - 1);
  findings.compareCopies(`${path}.operation`, act.operation, `${ofRow}.operation`, row.operation);
  findings.compareCopies(`${path}.actorId`, act.actorId, `${ofRow}.actorId`, row.actorId);
  findings.compareCopies(`${path}.fingerprint`, act.fingerprint, `${ofRow}.fingerprint`, row.fingerprint);
  const note = 'note' in row.action ? (row.action.note ?? undefined) : undefined;
  findings.compareCopies(`${path}.note`, act.note, `${ofRow}.action.note`, note);
  if (row.action.kind === 'BonusGranted') findings.compare(`${ofRow}.subject.id`, row.subject.id, act._id);
  // A bonus of grantBonuses may have been paid by a repeat of the request.
  if (act.operation === 'grantBonuses') return;
  findings.compareCopies(`${path}.at`, act.at, `${ofRow}.grantedAt`, row.grantedAt);
  findings.compareCopies(`${path}.requestId`, act.requestId, `${ofRow}.requestId`, row.requestId);
}

function checkDetails(act: ManualActRecord, rows: readonly RewardRecord[], matching: Matching): void {
  const { findings, snapshot } = matching;
  const path = pathOfAct(act);
  if (act.note === undefined && act.operation !== 'gradeSubmission') findings.add(`${path}.note`, undefined, 'a note');
  checkExtension(act, rows, matching);
  const fingerprints = fingerprintsOf(act, rows, snapshot);
  if (fingerprints.length === 0 || fingerprints.includes(act.fingerprint)) return;
  // Either the fingerprint or what it was made of may be wrong.
  findings.add(`${path}.fingerprint`, act.fingerprint, fingerprints[0]);
  for (const field of ['note', 'assignmentId', 'extension'] as const) {
    if (act[field] !== undefined) findings.add(`${path}.${field}`, act[field], 'the input that was hashed');
  }
  for (const { sequence, action } of rows) {
    findings.add(`${pathOfRow(sequence - 1)}.action`, action, 'the input that was hashed');
  }
}

function checkExtension(
  { operation, assignmentId, extension, ...act }: ManualActRecord,
  rows: readonly RewardRecord[],
  { snapshot, findings }: Matching,
): void {
  const path = pathOfAct({ operation, ...act });
  if (operation !== 'extendDeadline') {
    findings.compare(`${path}.assignmentId`, assignmentId, undefined);
    findings.compare(`${path}.extension`, extension, undefined);
    return;
  }
  if (assignmentId === undefined) findings.add(`${path}.assignmentId`, undefined, 'an assignment');
  if (extension === undefined) findings.add(`${path}.extension`, undefined, 'the dates, or null');
  if (extension?.closesAt && extension.closesAt < extension.dueDate) {
    findings.add(`${path}.extension.closesAt`, extension.closesAt, 'not before dueDate');
  }
  for (const { action, sequence, corrects } of rows) {
    if (action.kind !== 'DeadlineExtended') continue;
    const ofRow = `${pathOfRow(sequence - 1)}.action.dueDate`;
    findings.compareCopies(`${path}.extension.dueDate`, extension?.dueDate, ofRow, action.dueDate);
    const submission = submissionPaidBy(corrects, snapshot);
    if (submission) findings.compare(`${path}.assignmentId`, assignmentId, submission.assignmentId);
  }
}

const submissionPaidBy = (
  rewardId: RewardRecord['corrects'],
  { submissions }: StudentSnapshot,
): SubmissionRecord | undefined => submissions.find((submission) => rewardId?.equals(submission.rewardId));

/** The fingerprints that the input of the act can have had. [] if they cannot be derived. */
function fingerprintsOf(act: ManualActRecord, rows: readonly RewardRecord[], snapshot: StudentSnapshot): string[] {
  const { operation, note = '', assignmentId, extension } = act;
  const studentId = `${snapshot.student._id}`;
  if (operation === 'extendDeadline') {
    if (extension === undefined) return [];
    return [fingerprintOf(`${assignmentId}`, studentId, JSON.stringify(extension), note)];
  }
  const [row] = rows;
  if (!row) return [];
  const { action, courseId, corrects, submissionId } = row;
  if (operation === 'grantBonus' && action.kind === 'BonusGranted') {
    return [fingerprintOf(studentId, `${courseId}`, `${action.points}`, note)];
  }
  if (operation === 'gradeSubmission' && 'grade' in action) {
    // A request without a feedback keeps the former one, and an empty part stands for it.
    return [JSON.stringify(action.note), ''].map((sent) => fingerprintOf(`${submissionId}`, `${action.grade}`, sent));
  }
  if (operation === 'revokeReward' || operation === 'restoreReward') return [fingerprintOf(`${corrects}`, note)];
  if (operation !== 'discardSubmission') return [];
  const submission = submissionPaidBy(corrects, snapshot);
  return submission ? [fingerprintOf(`${submission._id}`, note)] : [];
}
