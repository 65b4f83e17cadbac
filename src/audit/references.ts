import type { Types } from 'mongoose';
import { AccountModel, type AccountRecord } from '../storage/models/account.js';
import { AssignmentModel, type AssignmentRecord } from '../storage/models/assignment.js';
import { CourseModel, type CourseRecord } from '../storage/models/course.js';
import { type Drift, Findings, isObjectId } from './drift.js';
import { pathOfAct, pathOfRow, pathOfSession, pathOfSubmission, type StudentSnapshot } from './student-snapshot.js';

interface Reference {
  readonly field: string;
  readonly id: Types.ObjectId;
}

/** What the students of a batch refer to, by id. */
interface Referred {
  /** The roles of the students' own accounts. */
  readonly own: ReadonlyMap<string, AccountRecord['role']>;
  readonly accounts: ReadonlyMap<string, Pick<AccountRecord, '_id' | 'role'>>;
  readonly courses: ReadonlyMap<string, Pick<CourseRecord, '_id'>>;
  readonly assignments: ReadonlyMap<string, Pick<AssignmentRecord, '_id' | 'courseId'>>;
}

/**
 * Returns a function that checks what students refer to: their accounts, the accounts that acted on them, assignments
 * and courses. It looks them up after the snapshot was read. This is safe because they are never deleted, and their
 * roles and courses never change: one that is missing now was missing then.
 */
export function createReferenceChecker(): (snapshots: readonly StudentSnapshot[]) => Promise<Drift[]> {
  const staff = createLookup((_id) => AccountModel.find({ _id }, { role: 1 }).lean<AccountRecord[]>());
  const assignments = createLookup((_id) => AssignmentModel.find({ _id }, { courseId: 1 }).lean<AssignmentRecord[]>());
  const courses = createLookup((_id) => CourseModel.find({ _id }, { _id: 1 }).lean<CourseRecord[]>());
  return async (snapshots) => {
    const ids = (of: (snapshot: StudentSnapshot) => readonly Reference[]) => snapshots.flatMap(of).map(({ id }) => id);
    const referred: Referred = {
      own: await rolesOfStudents(snapshots),
      accounts: await staff(ids(actorsOf)),
      assignments: await assignments(ids(assignmentsOf)),
      courses: await courses(ids(coursesOf)),
    };
    return snapshots.flatMap((snapshot) => {
      const findings = new Findings(snapshot.student._id.toHexString());
      checkReferences(snapshot, referred, findings);
      return findings.drifts;
    });
  };
}

/** Not cached: each student is verified once. */
async function rolesOfStudents(snapshots: readonly StudentSnapshot[]): Promise<Referred['own']> {
  const ids = snapshots.map(({ student }) => student._id);
  const found = await AccountModel.find({ _id: { $in: ids } }, { role: 1 }).lean<AccountRecord[]>();
  return new Map(found.map(({ _id, role }) => [_id.toHexString(), role]));
}

/** The lookup caches what it has found. */
function createLookup<Found extends { readonly _id: Types.ObjectId }>(
  find: (filter: { $in: Types.ObjectId[] }) => Promise<Found[]>,
): (ids: readonly Types.ObjectId[]) => Promise<ReadonlyMap<string, Found>> {
  const known = new Map<string, Found>();
  return async (ids) => {
    const unknown = new Map(ids.filter((id) => !known.has(id.toHexString())).map((id) => [id.toHexString(), id]));
    if (unknown.size === 0) return known;
    for (const found of await find({ $in: [...unknown.values()] })) known.set(found._id.toHexString(), found);
    return known;
  };
}

function checkReferences(snapshot: StudentSnapshot, referred: Referred, findings: Findings): void {
  checkAccount(snapshot, referred, findings);
  for (const { field, id } of actorsOf(snapshot)) {
    const role = referred.accounts.get(id.toHexString())?.role;
    if (role !== 'TEACHER' && role !== 'ADMIN') findings.add(field, id, 'the account of a teacher or an admin');
  }
  checkEnrolment(snapshot, referred, findings);
}

/** Nobody leaves a course, so a student takes the courses of everything that is stored about it. */
function checkEnrolment(snapshot: StudentSnapshot, referred: Referred, findings: Findings): void {
  const { courseIds } = snapshot.student;
  const taken = new Set(Array.isArray(courseIds) ? courseIds.map(String) : []);
  for (const { field, id } of coursesOf(snapshot)) {
    if (!referred.courses.has(id.toHexString())) findings.add(field, id, undefined);
    if (!taken.has(id.toHexString())) findings.add('courseIds', courseIds, `ids with ${id}, as ${field} says`);
  }
  for (const { field, id } of assignmentsOf(snapshot)) {
    const assignment = referred.assignments.get(id.toHexString());
    if (!assignment) findings.add(field, id, undefined);
    else if (isObjectId(assignment.courseId) && !taken.has(assignment.courseId.toHexString())) {
      findings.add('courseIds', courseIds, `ids with ${assignment.courseId}, the course of ${field}`);
    }
  }
}

/** Only somebody who can sign in joins a course, which comes before anything else that is stored about a student. */
function checkAccount({ student: { _id, revision } }: StudentSnapshot, { own }: Referred, findings: Findings): void {
  const role = own.get(_id.toHexString());
  if (role !== undefined) findings.compare(`accounts[${_id}].role`, role, 'STUDENT');
  else if (revision !== 0)
    findings.add(`accounts[${_id}]`, undefined, 'the account of a student who has done something');
}

const reference = (field: string, id: unknown): Reference[] => (isObjectId(id) ? [{ field, id }] : []);

const actorsOf = ({ acts }: StudentSnapshot): Reference[] =>
  acts.flatMap((act) => reference(`${pathOfAct(act)}.actorId`, act.actorId));

function assignmentsOf({ student, submissions, sessions, acts }: StudentSnapshot): Reference[] {
  const { extensions, resubmissions } = student;
  const named = Object.entries({ extensions, resubmissions }).flatMap(([name, entries]) =>
    Array.isArray(entries)
      ? entries.flatMap((entry, index) => reference(`${name}[${index}].assignmentId`, entry?.assignmentId))
      : [],
  );
  return [
    ...named,
    ...reference('runningPomodoro.assignmentId', student.runningPomodoro?.assignmentId),
    ...submissions.flatMap((each) => reference(`${pathOfSubmission(each)}.assignmentId`, each.assignmentId)),
    ...sessions.flatMap((each) => reference(`${pathOfSession(each)}.assignmentId`, each.assignmentId)),
    ...acts.flatMap((each) => reference(`${pathOfAct(each)}.assignmentId`, each.assignmentId)),
  ];
}

function coursesOf({ student: { courseIds }, rewards }: StudentSnapshot): Reference[] {
  return [
    ...(Array.isArray(courseIds) ? courseIds.flatMap((id, index) => reference(`courseIds[${index}]`, id)) : []),
    ...rewards.flatMap(({ courseId }, position) => reference(`${pathOfRow(position)}.courseId`, courseId)),
  ];
}
