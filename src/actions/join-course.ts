import type { Types } from 'mongoose';
import type { Committer } from '../granting/committer.js';
import { type Refused, refuse } from '../granting/refusal.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { findCourseByJoinCode } from '../storage/course-store.js';
import { joinCodeOf } from '../storage/join-codes.js';
import type { CourseRecord } from '../storage/models/course.js';

export interface JoinCourse {
  readonly studentId: Types.ObjectId;
  /** As the student typed it. */
  readonly joinCode: string;
  readonly facts: RequestFacts;
}

export interface CourseJoined {
  readonly kind: 'joined';
  readonly course: CourseRecord;
}

/**
 * Enrols a student in the course with this join code. A repeat changes nothing.
 * @param settle is called as soon as it is known whether the code is right. If it throws, nothing else happens.
 * @throws Unavailable
 */
export async function joinCourse(
  committer: Committer,
  input: JoinCourse,
  settle: (outcome: 'right' | 'wrong') => void = () => {},
): Promise<CourseJoined | Refused> {
  const course = await findCourseByJoinCode(joinCodeOf(input.joinCode));
  settle(course ? 'right' : 'wrong');
  if (!course) {
    return refuse('INVALID_JOIN_CODE', 'No course has this code. Compare it with the one that your teacher gave you.');
  }
  return committer.submit<CourseJoined>({
    studentId: input.studentId,
    facts: input.facts,
    lookups: {},
    decide: (student) => ({
      ...(student.courseIds.some((id) => id.equals(course._id))
        ? {}
        : { writes: { student: { ...student, courseIds: [...student.courseIds, course._id] } } }),
      answer: () => ({ kind: 'joined', course }),
    }),
  });
}
