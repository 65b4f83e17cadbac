import { Types } from 'mongoose';
import type { RequestFacts } from '../granting/request-facts.js';
import { createCourse as insertCourse } from '../storage/course-store.js';
import { newJoinCode } from '../storage/join-codes.js';
import type { CourseRecord } from '../storage/models/course.js';

/** Creates a course with a unique join code. The account that asks becomes its teacher. */
export async function createCourse(input: { name: string; facts: RequestFacts }): Promise<CourseRecord> {
  for (;;) {
    const course: CourseRecord = {
      _id: new Types.ObjectId(),
      name: input.name,
      joinCode: newJoinCode(),
      teacherId: input.facts.actorId,
      createdAt: input.facts.receivedAt,
    };
    // Inserting fails only if the join code is taken: try another one.
    if (await insertCourse(course)) return course;
  }
}
