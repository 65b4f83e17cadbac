import type { Types } from 'mongoose';

interface Roster {
  readonly members: Set<string>;
  /** Until the roster has been read, any student may be a member. */
  isRead: boolean;
}

/** The students of the courses that have subscriptions. */
export class Rosters {
  readonly #rosters = new Map<string, Roster>();

  listen(courseId: Types.ObjectId): void {
    const key = courseId.toHexString();
    if (!this.#rosters.has(key)) this.#rosters.set(key, { members: new Set(), isRead: false });
  }

  forget(courseId: Types.ObjectId): void {
    this.#rosters.delete(courseId.toHexString());
  }

  /** Adds the students that were read. Those who have joined since stay. */
  read(courseId: Types.ObjectId, studentIds: readonly Types.ObjectId[]): void {
    const roster = this.#rosters.get(courseId.toHexString());
    if (!roster) return;
    for (const id of studentIds) roster.members.add(id.toHexString());
    roster.isRead = true;
  }

  changed(studentId: Types.ObjectId, courseIds: readonly Types.ObjectId[]): void {
    const student = studentId.toHexString();
    const taken = new Set(courseIds.map((id) => id.toHexString()));
    for (const [course, { members }] of this.#rosters) {
      if (taken.has(course)) members.add(student);
      else members.delete(student);
    }
  }

  has(courseId: Types.ObjectId, studentId: Types.ObjectId): boolean {
    return this.#rosters.get(courseId.toHexString())?.members.has(studentId.toHexString()) ?? false;
  }

  /** The subscribed courses of a student, and those whose roster has not been read yet. */
  coursesOf(studentId: Types.ObjectId): string[] {
    const student = studentId.toHexString();
    return [...this.#rosters].flatMap(([course, { members, isRead }]) =>
      !isRead || members.has(student) ? [course] : [],
    );
  }
}
