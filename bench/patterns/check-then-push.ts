import { model, Schema, Types } from 'mongoose';
import {
  assignmentSchema,
  decide,
  type Pattern,
  rewardFields,
  rewardOf,
  type StoredAssignment,
  type StoredReward,
  type StoredStudent,
  studentFields,
} from './pattern.js';

interface Pushed {
  readonly _id: Types.ObjectId;
  readonly assignmentId: Types.ObjectId;
  readonly content: string;
  readonly submittedAt: Date;
  readonly reward: StoredReward;
}

/** A student has no `submissions` field before the first submission. */
type PushedStudent = StoredStudent & { readonly submissions?: readonly Pushed[] };

const Assignment = model<StoredAssignment>('PushAssignment', assignmentSchema, 'assignments');
const Student = model(
  'PushStudent',
  new Schema<PushedStudent>({
    ...studentFields,
    submissions: [{ assignmentId: Schema.Types.ObjectId, content: String, submittedAt: Date, reward: rewardFields }],
  } as never),
  'students',
);

/** Keeps everything in the student: checks for the submission, then adds it with $push and the points with $inc. */
export const checkThenPush: Pattern = {
  async prepare() {
    await Student.createCollection();
  },

  async submit({ studentId, assignmentId, content, at }) {
    const [student, assignment] = await Promise.all([
      Student.findById(studentId).orFail().lean<PushedStudent>(),
      Assignment.findById(assignmentId).orFail().lean<StoredAssignment>(),
    ]);
    const existing = student.submissions?.find((each) => each.assignmentId.equals(assignmentId));
    if (existing) {
      const { _id, submittedAt, reward } = existing;
      return { student, reward, submissionId: _id.toHexString(), submittedAt, replayed: true };
    }
    const { submissions: _, ...progress } = student;
    const decision = decide(progress, assignment.dueDate, at);
    const { level, xp, streak } = decision.state;
    const submission = {
      _id: new Types.ObjectId(),
      assignmentId,
      content,
      submittedAt: at,
      reward: rewardOf(decision),
    };
    const badges = decision.newBadges.map((badgeId) => ({ badgeId, unlockedAt: at }));
    const updated = await Student.findByIdAndUpdate(
      studentId,
      {
        $push: { submissions: submission, badges: { $each: badges } },
        $inc: { lifetimeXp: decision.xp, auraPoints: decision.auraPoints, submissionCount: 1 },
        $set: { level, xp, streak },
      },
      { returnDocument: 'after' },
    )
      .orFail()
      .lean<PushedStudent>();
    return {
      student: updated,
      reward: submission.reward,
      submissionId: submission._id.toHexString(),
      submittedAt: at,
      replayed: false,
    };
  },

  async recordsOf(database, studentIds) {
    const students = await database
      .collection<{ _id: Types.ObjectId; submissions: Pushed[] }>('students')
      .find({ _id: { $in: [...studentIds] } })
      .toArray();
    return students.flatMap(({ _id, submissions = [] }) =>
      submissions.map(({ assignmentId }) => ({ studentId: _id, assignmentId })),
    );
  },
};
