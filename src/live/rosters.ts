import type { Types } from 'mongoose';

interface Roster {
  readonly members: Set<string>;
  /** Until it has been read, everybody may be a member. */
  isRead: boolean;
}

/** Who takes the courses that somebody listens to. */
export class Rosters {
  readonly #rosters = new Map<string, Roster>();

  listen(courseId: Types.ObjectId): void {
    const key = courseId.toHexString();
    if (!this.#rosters.has(key)) this.#rosters.set(key, { members: new Set(), isRead: false });
  }

  forget(courseId: Types.ObjectId): void {
    this.#rosters.delete(courseId.toHexString());
  }

  /** Adds what was read; a student who joined meanwhile stays in it. */
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

  /** The courses whose listeners have to hear of this student; more than that before a roster has been read. */
  coursesOf(studentId: Types.ObjectId): string[] {
    const student = studentId.toHexString();
    return [...this.#rosters].flatMap(([course, { members, isRead }]) =>
      !isRead || members.has(student) ? [course] : [],
    );
  }
}
