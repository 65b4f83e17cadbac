import { randomInt } from 'node:crypto';
import { Types } from 'mongoose';
import { createCourse as insertCourse } from '../storage/course-store.js';
import type { CourseRecord } from '../storage/models/course.js';
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

/** Without the letters and digits that people mistake for each other. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Two blocks of four, about 10^12 codes: too many to guess one. */
function newJoinCode(): string {
  const letters = Array.from({ length: 8 }, () => ALPHABET[randomInt(ALPHABET.length)]);
  return `${letters.slice(0, 4).join('')}-${letters.slice(4).join('')}`;
}
