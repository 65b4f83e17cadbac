import { type mongo, Types } from 'mongoose';
import type { CourseCursor } from '../context.js';
import type { Cursors } from '../cursors.js';

/** An ObjectId, and a sequence as an unsigned number of 32 bits. */
const ID_BYTES = 12;
const ENTRY_BYTES = ID_BYTES + 4;
/**
 * Maximum number of students in a cursor: those who were granted anything within the last minutes. If there are more, the
 * event has no cursor, and the previous one stays valid. The longest cursor fits into a message of 64 KiB.
 */
const MOST_STUDENTS = 2_000;
/** Characters: base64url has four for three bytes, and the encryption adds some. */
export const MAX_COURSE_CURSOR_LENGTH = Math.ceil((MOST_STUDENTS * ENTRY_BYTES + 200) / 3) * 4;

const scopeOf = (courseId: string): string => `live rewards of course ${courseId.toLowerCase()}`;

/** @returns null if the cursor would be too long */
export function sealCourseCursor(cursors: Cursors, courseId: string, cursor: CourseCursor): string | null {
  const { upTo, students } = cursor;
  if (students.length > MOST_STUDENTS) return null;
  const packed = Buffer.alloc(students.length * ENTRY_BYTES);
  for (const [position, { studentId, sequence }] of students.entries()) {
    packed.set(studentId.id, position * ENTRY_BYTES);
    packed.writeUInt32BE(sequence, position * ENTRY_BYTES + ID_BYTES);
  }
  return cursors.seal(scopeOf(courseId), [upTo, packed]);
}

/** @throws BadInput if the cursor does not belong to this course */
export function openCourseCursor(cursors: Cursors, courseId: string, cursor: string): CourseCursor {
  const [upTo, packed] = cursors.open(scopeOf(courseId), cursor, MAX_COURSE_CURSOR_LENGTH) as [Date, mongo.Binary];
  const bytes = Buffer.from(packed.buffer.subarray(0, packed.position));
  const students = Array.from({ length: bytes.length / ENTRY_BYTES }, (_, position) => {
    const entry = bytes.subarray(position * ENTRY_BYTES, (position + 1) * ENTRY_BYTES);
    return { studentId: new Types.ObjectId(entry.subarray(0, ID_BYTES)), sequence: entry.readUInt32BE(ID_BYTES) };
  });
  return { upTo, students };
}
