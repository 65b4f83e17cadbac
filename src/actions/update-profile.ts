import type { Types } from 'mongoose';
import { BadInput } from '../granting/bad-input.js';
import type { Committer } from '../granting/committer.js';
import type { RequestFacts } from '../granting/request-facts.js';
import { renameAccount } from '../storage/account-store.js';
import type { StudentRecord } from '../storage/models/student.js';

export interface UpdateStudentProfile {
  readonly studentId: Types.ObjectId;
  /** What is absent stays as it is. */
  readonly changes: Partial<Pick<StudentRecord, 'displayName' | 'timeZone' | 'showOnLeaderboard'>>;
  readonly facts: RequestFacts;
}

/**
 * Changes how a student is shown, and the zone that its days are reckoned in from now on.
 * @throws Unavailable
 */
export async function updateStudentProfile(committer: Committer, input: UpdateStudentProfile): Promise<StudentRecord> {
  return committer.submit<StudentRecord>({
    studentId: input.studentId,
    facts: input.facts,
    needs: {},
    decide: (student) => ({
      writes: { student: { ...student, ...input.changes } },
      answer: (now) => now,
    }),
  });
}

/**
 * Changes how a teacher or an admin is shown, which is all that their profile has.
 * @throws BadInput where anything is sent that only students have
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
