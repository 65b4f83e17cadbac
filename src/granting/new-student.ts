import { newStudentState } from '../rewards/index.js';
import { emptyAuraWindow } from '../storage/aura-window.js';
import type { StudentRecord } from '../storage/models/student.js';

/** The document of a student who has done nothing yet. */
export function newStudentDocument(
  student: Pick<StudentRecord, '_id' | 'displayName' | 'timeZone' | 'createdAt'>,
): StudentRecord {
  return {
    ...student,
    dayZone: null,
    revision: 0,
    sequence: 0,
    showOnLeaderboard: true,
    courseIds: [],
    ...structuredClone(newStudentState),
    auraWindow: emptyAuraWindow,
    badges: [],
    runningPomodoro: null,
  };
}
