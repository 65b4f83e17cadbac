import { Types } from 'mongoose';
import type { RequestFacts } from '../granting/request-facts.js';
import { createCourse as insertCourse } from '../storage/course-store.js';
import { newJoinCode } from '../storage/join-codes.js';
import type { CourseRecord } from '../storage/models/course.js';

/** Creates a course that is taught by whoever asks, with a join code of its own. */
export async function createCourse(input: { name: string; facts: RequestFacts }): Promise<CourseRecord> {
  for (;;) {
    const course: CourseRecord = {
      _id: new Types.ObjectId(),
      name: input.name,
      joinCode: newJoinCode(),
      teacherId: input.facts.actorId,
      createdAt: input.facts.receivedAt,
    };
    if (await insertCourse(course)) return course;
  }
}
