import { type mongo, Schema, type Types } from 'mongoose';
import {
  decideReward,
  type LocalDate,
  newStudentState,
  type RewardDecision,
  type StudentState,
} from '../../src/rewards/index.js';

/** A common way to implement paying a reward. It uses mongoose's default connection. */
export interface Pattern {
  /** Creates the collections and indexes. */
  prepare(): Promise<void>;
  submit(request: SubmitRequest): Promise<SubmitResult>;
  /** @returns the student and assignment of each reward record. A reward that was recorded twice appears twice. */
  recordsOf(database: mongo.Db, studentIds: readonly Types.ObjectId[]): Promise<PaymentRecord[]>;
}

export interface PaymentRecord {
  readonly studentId: Types.ObjectId;
  readonly assignmentId: Types.ObjectId;
}

export interface SubmitRequest {
  readonly studentId: string;
  readonly assignmentId: string;
  readonly content: string;
  readonly at: Date;
}

/** The data for the response of the mutation. */
export interface SubmitResult {
  readonly student: StoredStudent;
  readonly reward: StoredReward;
  readonly submissionId: string;
  readonly submittedAt: Date;
  readonly replayed: boolean;
}

export interface StoredBadge {
  readonly badgeId: string;
  readonly unlockedAt: Date;
}

export interface StoredStudent extends Omit<StudentState, 'badges' | 'streak' | 'focusToday'> {
  readonly displayName: string;
  readonly streak: StudentState['streak'];
  readonly focusToday: StudentState['focusToday'];
  readonly badges: readonly StoredBadge[];
}

/** The stored part of a reward: enough to replay a response. */
export type StoredReward = Pick<
  RewardDecision,
  'xp' | 'auraPoints' | 'lines' | 'before' | 'after' | 'leveledUp' | 'surplusDiscarded' | 'newBadges'
>;

const progress = { _id: false, level: Number, xp: Number, lifetimeXp: Number, auraPoints: Number };

export const rewardFields = {
  xp: Number,
  auraPoints: Number,
  lines: [{ _id: false, rule: String, text: String, points: Number }],
  before: progress,
  after: progress,
  leveledUp: Boolean,
  surplusDiscarded: Number,
  newBadges: [String],
};

export const studentFields = {
  displayName: String,
  level: Number,
  xp: Number,
  lifetimeXp: Number,
  auraPoints: Number,
  submissionCount: Number,
  pomodoroCount: Number,
  totalPomodoroSeconds: Number,
  streak: { days: Number, longest: Number, freezes: Number, lastActiveOn: String },
  focusToday: { date: String, paidMinutes: Number },
  badges: [{ _id: false, badgeId: String, unlockedAt: Date }],
};

export interface StoredAssignment {
  readonly courseId: Types.ObjectId;
  readonly title: string;
  readonly dueDate: Date;
}

export const assignmentSchema = new Schema<StoredAssignment>({
  courseId: Schema.Types.ObjectId,
  title: String,
  dueDate: Date,
});

/** A submission with its reward, as two of the patterns store it in a collection of its own. */
export interface StoredSubmission extends PaymentRecord {
  readonly _id: Types.ObjectId;
  readonly content: string;
  readonly submittedAt: Date;
  readonly reward: StoredReward;
}

/** The schema of a StoredSubmission. Its unique index allows one document for each student and assignment. */
export const submissionSchema = () =>
  new Schema<StoredSubmission>({
    studentId: Schema.Types.ObjectId,
    assignmentId: Schema.Types.ObjectId,
    content: String,
    submittedAt: Date,
    reward: rewardFields,
  }).index({ studentId: 1, assignmentId: 1 }, { unique: true });

/** Implements `recordsOf` for a pattern that stores a StoredSubmission for each reward. */
export const recordsIn =
  (collection: string): Pattern['recordsOf'] =>
  (database, studentIds) =>
    database
      .collection<PaymentRecord>(collection)
      .find({ studentId: { $in: [...studentIds] } })
      .toArray();

/** @returns a student without any reward, in the form in which all patterns store students */
export const newStudent = (_id: Types.ObjectId, displayName: string) => ({
  _id,
  displayName,
  ...structuredClone(newStudentState),
});

/** Decides a reward by the product's own rules. */
export function decide({ badges, ...student }: StoredStudent, dueDate: Date, at: Date): RewardDecision {
  const localDate: LocalDate = at.toISOString().slice(0, 10);
  // In a race these patterns store a badge twice. The rules reject a student with a duplicate badge.
  const state = { ...student, badges: [...new Set(badges.map(({ badgeId }) => badgeId))] };
  return decideReward(state, { kind: 'AssignmentSubmitted', at, localDate, dueDate });
}

export const rewardOf = (decision: RewardDecision): StoredReward => ({
  xp: decision.xp,
  auraPoints: decision.auraPoints,
  lines: decision.lines,
  before: decision.before,
  after: decision.after,
  leveledUp: decision.leveledUp,
  surplusDiscarded: decision.surplusDiscarded,
  newBadges: decision.newBadges,
});
