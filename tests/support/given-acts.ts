/** Acts by hand of teachers and admins, run on test data. Needs useDatabase(). */
import { Types } from 'mongoose';
import { discardSubmission } from '../../src/actions/discard-submission.js';
import { extendDeadline } from '../../src/actions/extend-deadline.js';
import { gradeSubmission } from '../../src/actions/grade-submission.js';
import { grantBonus } from '../../src/actions/grant-bonus.js';
import { type BonusesGranted, grantBonuses } from '../../src/actions/grant-bonuses.js';
import { restoreReward } from '../../src/actions/restore-reward.js';
import { revokeReward } from '../../src/actions/revoke-reward.js';
import type { Teacher } from '../../src/auth/course-access.js';
import type { ActDone } from '../../src/granting/manual-acts.js';
import type { Refused } from '../../src/granting/refusal.js';
import { AccountModel, type Role } from '../../src/storage/models/account.js';
import type { AssignmentRecord } from '../../src/storage/models/assignment.js';
import type { CourseRecord } from '../../src/storage/models/course.js';
import { noon } from '../rewards/given.js';
import { here, requestOf, type Sending } from './given.js';

/** Inserts an account. @returns its id */
export async function givenAccount(role: Role, _id = new Types.ObjectId()): Promise<Types.ObjectId> {
  await AccountModel.collection.insertOne({
    _id,
    email: `${_id}@school.example`,
    passwordHash: `$argon2id$v=19$m=19456,t=2,p=1$${'c'.repeat(22)}$${'A'.repeat(43)}`,
    role,
    displayName: role === 'STUDENT' ? null : 'Teacher',
    createdAt: noon,
  });
  return _id;
}

export const teacherOf = ({ teacherId }: Pick<CourseRecord, 'teacherId'>): Teacher => ({
  accountId: teacherId,
  role: 'TEACHER',
});

let keys = 0;

/** What each act needs besides its own input. Without a key, each act has a new one. */
function sent(teacher: Teacher, { at = noon, key = null }: Sending) {
  keys += 1;
  return { teacher, idempotencyKey: key ?? `act-${keys}`, facts: requestOf(teacher.accountId, at) };
}

type Acted = Promise<ActDone | Refused>;

export const bonus = (
  course: CourseRecord,
  studentId: Types.ObjectId,
  { points = 10, note = 'Well done.', by = here, ...sending }: Sending & { points?: number; note?: string } = {},
): Acted =>
  grantBonus(by, {
    ...sent(teacherOf(course), sending),
    studentId: studentId.toHexString(),
    courseId: course._id.toHexString(),
    points,
    note,
  });

export const bonuses = (
  course: CourseRecord,
  studentIds: readonly Types.ObjectId[] | null,
  { points = 10, note = 'Well done, all.', by = here, ...sending }: Sending & { points?: number; note?: string } = {},
): Promise<BonusesGranted | Refused> =>
  grantBonuses(by, {
    ...sent(teacherOf(course), sending),
    courseId: course._id.toHexString(),
    studentIds: studentIds?.map((id) => id.toHexString()) ?? null,
    points,
    note,
  });

export const grade = (
  teacher: Teacher,
  submissionId: Types.ObjectId,
  given: number,
  { feedback, by = here, ...sending }: Sending & { feedback?: string | null } = {},
): Acted =>
  gradeSubmission(by, { ...sent(teacher, sending), submissionId: submissionId.toHexString(), grade: given, feedback });

type Noted = Sending & { note?: string };

export const revoke = (
  teacher: Teacher,
  rewardId: Types.ObjectId,
  { note = 'A mistake.', by = here, ...sending }: Noted = {},
): Acted => revokeReward(by, { ...sent(teacher, sending), rewardId: rewardId.toHexString(), note });

export const restore = (
  teacher: Teacher,
  rewardId: Types.ObjectId,
  { note = 'No mistake.', by = here, ...sending }: Noted = {},
): Acted => restoreReward(by, { ...sent(teacher, sending), rewardId: rewardId.toHexString(), note });

export const discard = (
  teacher: Teacher,
  submissionId: Types.ObjectId,
  { note = 'The wrong file.', by = here, ...sending }: Noted = {},
): Acted => discardSubmission(by, { ...sent(teacher, sending), submissionId: submissionId.toHexString(), note });

export const extend = (
  teacher: Teacher,
  studentId: Types.ObjectId,
  assignment: Pick<AssignmentRecord, '_id'>,
  dates: { dueDate: Date; closesAt: Date | null } | null,
  { note = 'Was ill.', by = here, ...sending }: Noted = {},
): Acted =>
  extendDeadline(by, {
    ...sent(teacher, sending),
    assignmentId: assignment._id.toHexString(),
    studentId: studentId.toHexString(),
    dates,
    note,
  });
