import type { Types } from 'mongoose';
import { BadInput } from '../granting/bad-input.js';
import type { Committer } from '../granting/committer.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { renameAccount } from '../storage/account-store.js';
import type { StudentRecord } from '../storage/models/student.js';

export interface UpdateStudentProfile {
  readonly studentId: Types.ObjectId;
  /** An absent field stays unchanged. */
  readonly changes: Partial<Pick<StudentRecord, 'displayName' | 'timeZone' | 'showOnLeaderboard'>>;
  readonly facts: RequestFacts;
}

/**
 * Changes a student's display name, leaderboard visibility, or the time zone of its days from now on.
 * @throws Unavailable
 */
export async function updateStudentProfile(committer: Committer, input: UpdateStudentProfile): Promise<StudentRecord> {
  return committer.submit<StudentRecord>({
    studentId: input.studentId,
    facts: input.facts,
    lookups: {},
    decide: (student) => ({
      writes: { student: { ...student, ...input.changes } },
      answer: (now) => now,
    }),
  });
}

/**
 * Changes the display name of a teacher or an admin, the only field of their profile.
 * @throws BadInput for any field that only students have
 */
export async function updateStaffProfile(
  accountId: Types.ObjectId,
  { displayName, ...others }: UpdateStudentProfile['changes'],
): Promise<void> {
  const unknown = Object.keys(others);
  if (unknown.length > 0) {
    throw new BadInput(
      unknown.map((field) => ({ path: `input.${field}`, message: 'Only students have this. Leave it out.' })),
    );
  }
  if (displayName !== undefined) await renameAccount(accountId, displayName);
}
