import type { Types } from 'mongoose';

/** The students of a course. */
class Roster {
  readonly members = new Set<string>();
  /** Until the roster has been read, any student may be a member. */
  isRead = false;

  /** Adds the students that were read. Those who have joined since stay. */
  fill(studentIds: readonly Types.ObjectId[]): void {
    for (const id of studentIds) this.members.add(id.toHexString());
    this.isRead = true;
  }
}

/** The rosters of the courses that have subscriptions. */
export class Rosters {
  readonly #rosters = new Map<string, Roster>();

  listen(courseId: Types.ObjectId): void {
    const key = courseId.toHexString();
    if (!this.#rosters.has(key)) this.#rosters.set(key, new Roster());
  }

  forget(courseId: Types.ObjectId): void {
    this.#rosters.delete(courseId.toHexString());
  }

  /** Undefined if the course has no subscriptions. Fill it only with what is read after this call. */
  of(courseId: Types.ObjectId): Roster | undefined {
    return this.#rosters.get(courseId.toHexString());
  }

  /** @param courseIds all courses that the student takes now. Nobody leaves a course. */
  joined(studentId: Types.ObjectId, courseIds: readonly Types.ObjectId[]): void {
    for (const id of courseIds) this.of(id)?.members.add(studentId.toHexString());
  }

  has(courseId: Types.ObjectId, studentId: Types.ObjectId): boolean {
    return this.of(courseId)?.members.has(studentId.toHexString()) ?? false;
  }

  /** The subscribed courses of a student, and those whose roster has not been read yet. */
  coursesOf(studentId: Types.ObjectId): string[] {
    const student = studentId.toHexString();
    return [...this.#rosters].flatMap(([course, { members, isRead }]) =>
      !isRead || members.has(student) ? [course] : [],
    );
  }
}
