import { Types } from 'mongoose';
import { createCourse as insertCourse } from '../storage/course-store.js';
import type { CourseRecord } from '../storage/models/course.js';
import { newJoinCode } from './join-codes.js';
import type { RequestFacts } from './request.js';

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
