/** What the dates of an assignment say of a moment. */
export interface Dates {
  readonly dueDate: string;
  readonly closesAt: string | null;
}

export interface Dated extends Dates {
  readonly myExtension: Dates | null;
}

const DAY_MS = 24 * 3_600_000;

/** The dates of this student, who may have others than the class. */
export const datesOf = (assignment: Dated): Dates => assignment.myExtension ?? assignment;

export function isClosed(assignment: Dated, now: number): boolean {
  const { closesAt } = datesOf(assignment);
  return closesAt !== null && Date.parse(closesAt) <= now;
}

/** Where it is another text than at an earlier moment, the server may say something else of what is paid and accepted. */
export const stepOf = (assignment: Dated, now: number): string =>
  // The points change at whole days before and after the due date.
  `${Math.ceil((now - Date.parse(datesOf(assignment).dueDate)) / DAY_MS)} ${isClosed(assignment, now)}`;
