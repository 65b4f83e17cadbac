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

interface StoredSubmission extends PaidFor {
  readonly _id: Types.ObjectId;
  readonly content: string;
  readonly submittedAt: Date;
  readonly reward: StoredReward;
}

const Assignment = model<StoredAssignment>('ParallelAssignment', assignmentSchema, 'assignments');
const Student = model<StoredStudent>('ParallelStudent', new Schema(studentFields), 'students');
const Submission = model(
  'ParallelSubmission',
  new Schema<StoredSubmission>({
    studentId: Schema.Types.ObjectId,
    assignmentId: Schema.Types.ObjectId,
    content: String,
    submittedAt: Date,
    reward: rewardFields,
  }).index({ studentId: 1, assignmentId: 1 }, { unique: true }),
  'submissions',
);

/** Read the student, change it in memory, and save it and the submission side by side. */
export const parallelSaves: Pattern = {
  async prepare() {
    for (const each of [Student, Submission]) await each.createCollection();
    await Submission.createIndexes();
  },

  async submit({ studentId, assignmentId, content, at }) {
    const [student, assignment, existing] = await Promise.all([
      Student.findById(studentId).orFail(),
      Assignment.findById(assignmentId).orFail(),
      Submission.findOne({ studentId, assignmentId }),
    ]);
    if (existing) {
      const { id, submittedAt, reward } = existing;
      return { student: student.toObject(), reward, submissionId: id, submittedAt, replayed: true };
    }
    const decision = decide(student.toObject(), assignment.dueDate, at);
    const { badges: _, ...state } = decision.state;
    const unlocked = decision.newBadges.map((badgeId) => ({ badgeId, unlockedAt: at }));
    student.set({ ...state, badges: [...student.badges, ...unlocked] });
    const submission = new Submission({
      studentId,
      assignmentId,
      content,
      submittedAt: at,
      reward: rewardOf(decision),
    });
    await Promise.all([student.save(), submission.save()]);
    return {
      student: student.toObject(),
      reward: rewardOf(decision),
      submissionId: submission.id,
      submittedAt: at,
      replayed: false,
    };
  },

  async recordsOf(database, studentIds) {
    return database
      .collection<PaidFor>('submissions')
      .find({ studentId: { $in: [...studentIds] } })
      .toArray();
  },
};
