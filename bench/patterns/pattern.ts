import { type mongo, Schema, type Types } from 'mongoose';
import {
  decideReward,
  type LocalDate,
  newStudentState,
  type RewardDecision,
  type StudentState,
} from '../../src/rewards/index.js';

/** A way to pay rewards that people write today, on mongoose's default connection. */
export interface Pattern {
  /** Collections and indexes. */
  prepare(): Promise<void>;
  submit(request: Submitting): Promise<Submitted>;
  /** Which student was paid for which assignment, once for each record of it. */
  recordsOf(database: mongo.Db, studentIds: readonly Types.ObjectId[]): Promise<PaidFor[]>;
}

export interface PaidFor {
  readonly studentId: Types.ObjectId;
  readonly assignmentId: Types.ObjectId;
}

export interface Submitting {
  readonly studentId: string;
  readonly assignmentId: string;
  readonly content: string;
  readonly at: Date;
}

/** What the mutation answers from. */
export interface Submitted {
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

/** What is kept of a reward: enough to answer a repeat. */
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

/** A student who has done nothing yet, as all patterns store one. */
export const newcomer = (_id: Types.ObjectId, displayName: string) => ({
  _id,
  displayName,
  ...structuredClone(newStudentState),
});

/** What the product's own rules say. */
export function decide({ badges, ...student }: StoredStudent, dueDate: Date, at: Date): RewardDecision {
  const localDate: LocalDate = at.toISOString().slice(0, 10);
  // The rules refuse a student who holds a badge twice, which in a race these patterns bring about.
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
