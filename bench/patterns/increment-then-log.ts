import { model, Schema, type Types } from 'mongoose';
import {
  assignmentSchema,
  decide,
  type PaidFor,
  type Pattern,
  rewardFields,
  rewardOf,
  type StoredAssignment,
  type StoredReward,
  type StoredStudent,
  studentFields,
} from './pattern.js';

interface Logged extends PaidFor {
  readonly _id: Types.ObjectId;
  readonly content: string;
  readonly submittedAt: Date;
  readonly reward: StoredReward;
}

const Assignment = model<StoredAssignment>('IncrementAssignment', assignmentSchema, 'assignments');
const Student = model<StoredStudent>('IncrementStudent', new Schema(studentFields), 'students');
const RewardLog = model(
  'IncrementLog',
  new Schema<Logged>({
    studentId: Schema.Types.ObjectId,
    assignmentId: Schema.Types.ObjectId,
    content: String,
    submittedAt: Date,
    reward: rewardFields,
  }).index({ studentId: 1, assignmentId: 1 }, { unique: true }),
  'rewardlogs',
);

/** Look into the log, $inc the balances atomically, then insert into the log. */
export const incrementThenLog: Pattern = {
  async prepare() {
    for (const each of [Student, RewardLog]) await each.createCollection();
    await RewardLog.createIndexes();
  },

  async submit({ studentId, assignmentId, content, at }) {
    const [student, assignment, existing] = await Promise.all([
      Student.findById(studentId).orFail().lean<StoredStudent>(),
      Assignment.findById(assignmentId).orFail().lean<StoredAssignment>(),
      RewardLog.findOne({ studentId, assignmentId }).lean<Logged>(),
    ]);
    if (existing) {
      const { _id, submittedAt, reward } = existing;
      return { student, reward, submissionId: _id.toHexString(), submittedAt, replayed: true };
    }
    const decision = decide(student, assignment.dueDate, at);
    const { level, xp, streak } = decision.state;
    const updated = await Student.findByIdAndUpdate(
      studentId,
      {
        $inc: { lifetimeXp: decision.xp, auraPoints: decision.auraPoints, submissionCount: 1 },
        $addToSet: { badges: { $each: decision.newBadges.map((badgeId) => ({ badgeId, unlockedAt: at })) } },
        $set: { level, xp, streak },
      },
      { returnDocument: 'after' },
    )
      .orFail()
      .lean<StoredStudent>();
    const reward = rewardOf(decision);
    const logged = await RewardLog.create({ studentId, assignmentId, content, submittedAt: at, reward });
    return { student: updated, reward, submissionId: logged.id, submittedAt: at, replayed: false };
  },

  async recordsOf(database, studentIds) {
    return database
      .collection<PaidFor>('rewardlogs')
      .find({ studentId: { $in: [...studentIds] } })
      .toArray();
  },
};
