import { expect, test } from '@jest/globals';
import { Policy } from '../../src/auth/policy.js';
import { createLoaders } from '../../src/storage/loaders.js';
import { type Role } from '../../src/storage/models/account.js';
import { givenSubmitted } from '../support/by-hand.js';
import { useDatabase } from '../support/database.js';
import { storedStudent } from '../support/given.js';

useDatabase();

test.each<{ role: Role; sees: boolean }>([
  { role: 'TEACHER', sees: true },
  { role: 'STUDENT', sees: false },
])(
  'the account that a course names as its teacher sees the course and its students as a $role: $sees',
  async ({ role, sees }) => {
    const { course, student, assignment, submission } = await givenSubmitted();
    const viewer = { accountId: course.teacherId, role, signInId: 'a sign-in' };
    const policy = new Policy(viewer, createLoaders(new AbortController().signal));
    expect({
      course: await policy.canSeeCourse(course),
      assignment: await policy.canSeeAssignment(assignment),
      student: await policy.canSeeStudent(await storedStudent(student)),
      submission: await policy.canSeeSubmission(submission),
    }).toEqual({ course: sees, assignment: sees, student: sees, submission: sees });
  },
);
