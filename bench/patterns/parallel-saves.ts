import { model, Schema } from 'mongoose';
import {
  assignmentSchema,
  decide,
  type Pattern,
  recordsIn,
  rewardOf,
  type StoredAssignment,
  type StoredStudent,
  studentFields,
  submissionSchema,
} from './pattern.js';

const Assignment = model<StoredAssignment>('ParallelAssignment', assignmentSchema, 'assignments');
const Student = model<StoredStudent>('ParallelStudent', new Schema(studentFields), 'students');
const Submission = model('ParallelSubmission', submissionSchema(), 'submissions');

/** Reads the student, changes it in memory, and saves the student and the submission in parallel. */
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

  recordsOf: recordsIn('submissions'),
};
