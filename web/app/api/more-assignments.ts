import { CourseAssignmentsDocument } from './generated/assignments';
import type { Ask } from './use-all-pages';

/** @returns a function that asks for the page of the course's assignments after a cursor */
export const moreAssignments = (courseId: string, ask: Ask) => async (after: string) =>
  (await ask(CourseAssignmentsDocument, { courseId, after })).course?.assignments;
