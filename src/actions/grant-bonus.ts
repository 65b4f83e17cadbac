import { Types } from 'mongoose';
import { teachesCourse, teachesOneOf } from '../auth/correction-rights.js';
import { isEnrolled, type Teacher } from '../auth/course-access.js';
import type { Committer } from '../granting/committer.js';
import { fingerprintOf } from '../granting/find-replay.js';
import { type ActDone, carryOut, type ManualPlan, type ManualRequest } from '../granting/manual-acts.js';
import { dayOf, payReward } from '../granting/pay-reward.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import { canonicalId, toObjectId } from '../storage/object-id.js';
import { loadCoursesOfStudents } from '../storage/student-store.js';
import { NO_SUCH_COURSE } from './create-assignment.js';

export interface GrantBonus {
  readonly teacher: Teacher;
  readonly studentId: string;
  readonly courseId: string;
  readonly points: number;
  readonly note: string;
  readonly idempotencyKey: string;
  readonly facts: RequestFacts;
}

/**
 * Gives points to a student of a course.
 * @throws Unavailable
 */
export async function grantBonus(committer: Committer, input: GrantBonus): Promise<ActDone | Refused> {
  const { points, note, idempotencyKey, facts } = input;
  const studentId = toObjectId(input.studentId);
  const courseId = toObjectId(input.courseId);
  const request: ManualRequest = {
    operation: 'grantBonus',
    requestKey: idempotencyKey,
    fingerprint: fingerprintOf(canonicalId(input.studentId), canonicalId(input.courseId), `${points}`, note),
    facts,
  };
  const rewardId = new Types.ObjectId();
  return carryOut(committer, request, async (): Promise<ManualPlan | Refused> => {
    if (!courseId || !(await teachesCourse(input.teacher, courseId))) return refuse('NOT_FOUND', NO_SUCH_COURSE);
    const [student] = studentId ? await loadCoursesOfStudents([studentId]) : [];
    const refusal = await enrolmentRefusal(input.teacher, student, courseId);
    if (refusal) return refusal;
    return {
      studentId: student!._id,
      lookups: {},
      decide: (now, _, actId) => {
        const bonus = { points, note, courseId, actId, rewardId };
        const { student, reward } = payBonus(now, bonus, request);
        return { kind: 'planned', writes: { student, rewards: [reward] }, details: { note } };
      },
    };
  });
}

/**
 * Returns why an account that teaches the course may give this student nothing there; null if it may.
 * @param student undefined if there is none
 */
export async function enrolmentRefusal(
  teacher: Teacher,
  student: Pick<StudentRecord, '_id' | 'courseIds'> | undefined,
  courseId: Types.ObjectId,
): Promise<Refused | null> {
  if (!student || student._id.equals(teacher.accountId)) return refuse('NOT_FOUND', NO_SUCH_STUDENT);
  if (isEnrolled(student, courseId)) return null;
  const isSeen = await teachesOneOf(teacher, student.courseIds);
  return isSeen ? refuse('NOT_ENROLLED', NOT_IN_COURSE) : refuse('NOT_FOUND', NO_SUCH_STUDENT);
}

const NO_SUCH_STUDENT = 'There is no such student in this course. Query course.students to see who takes it.';
const NOT_IN_COURSE = 'This student does not take the course. The student joins it with its join code.';

interface Bonus {
  readonly points: number;
  readonly note: string;
  readonly courseId: Types.ObjectId;
  /** The act that gives it. A student gets one bonus for each act. */
  readonly actId: Types.ObjectId;
  readonly rewardId: Types.ObjectId;
}

export function payBonus(
  student: StudentRecord,
  { points, note, courseId, actId, rewardId }: Bonus,
  { operation, fingerprint, facts }: ManualRequest,
): { student: StudentRecord; reward: RewardRecord } {
  const at = facts.receivedAt;
  return payReward(
    student,
    { kind: 'BonusGranted', at, localDate: dayOf(student, at), points, note },
    {
      rewardId,
      reason: 'BONUS',
      subject: { kind: 'bonus', id: actId },
      operation,
      requestKey: null,
      fingerprint,
      facts,
      courseId,
    },
  );
}
