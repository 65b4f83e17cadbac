import { model, Schema } from 'mongoose';
import {
  assignmentSchema,
  decide,
  type Pattern,
  recordsIn,
  rewardOf,
  type StoredAssignment,
  type StoredStudent,
  type StoredSubmission,
  studentFields,
  submissionSchema,
} from './pattern.js';

const Assignment = model<StoredAssignment>('IncrementAssignment', assignmentSchema, 'assignments');
const Student = model<StoredStudent>('IncrementStudent', new Schema(studentFields), 'students');
const RewardLog = model('IncrementLog', submissionSchema(), 'rewardlogs');

/** Looks for the reward in the log, increments the balances atomically with $inc, then inserts into the log. */
export const incrementThenLog: Pattern = {
  async prepare() {
    for (const each of [Student, RewardLog]) await each.createCollection();
    await RewardLog.createIndexes();
  },

  async submit({ studentId, assignmentId, content, at }) {
    const [student, assignment, existing] = await Promise.all([
      Student.findById(studentId).orFail().lean<StoredStudent>(),
      Assignment.findById(assignmentId).orFail().lean<StoredAssignment>(),
      RewardLog.findOne({ studentId, assignmentId }).lean<StoredSubmission>(),
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

  recordsOf: recordsIn('rewardlogs'),
};
