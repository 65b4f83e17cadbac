/**
 * The rules of who may see and do what. graphql/schema.ts applies those of fields. Of storage it imports types only.
 * Objects: an object that a viewer may not see does not exist for them. Fields: each has a rule, see fieldRules.
 */
import type { Types } from 'mongoose';
import type { Loaders } from '../storage/loaders.js';
import type { Role } from '../storage/models/account.js';
import type { AssignmentHead } from '../storage/models/assignment.js';
import type { CourseRecord } from '../storage/models/course.js';
import type { RewardRecord } from '../storage/models/reward.js';
import type { StudentRecord } from '../storage/models/student.js';
import type { SubmissionHead } from '../storage/models/submission.js';
import { isEnrolled, teaches } from './course-access.js';

/** The account that is signed in. */
export interface Viewer {
  readonly accountId: Types.ObjectId;
  readonly role: Role;
  readonly signInId: string;
}

/** What a viewer may see. Reads what it needs through the loaders of the request. */
export class Policy {
  constructor(
    private readonly viewer: Viewer,
    private readonly loaders: Loaders,
  ) {}

  /** True for the teacher of the course, and for admins. */
  teaches(course: CourseRecord): boolean {
    return teaches(this.viewer, course);
  }

  /** True for those who teach the course, and for its students. */
  async canSeeCourse(course: CourseRecord): Promise<boolean> {
    if (this.viewer.role !== 'STUDENT') return this.teaches(course);
    const self = await this.loaders.student.load(this.viewer.accountId.toHexString());
    return self !== null && isEnrolled(self, course._id);
  }

  /** Returns a filter for the courses that the viewer may see. */
  async visibleCourses(): Promise<Record<string, unknown>> {
    if (this.viewer.role === 'ADMIN') return {};
    if (this.viewer.role === 'TEACHER') return { teacherId: this.viewer.accountId };
    const self = await this.loaders.student.load(this.viewer.accountId.toHexString());
    return { _id: { $in: self?.courseIds ?? [] } };
  }

  /** True for those who may see the course of the assignment. */
  async canSeeAssignment(assignment: AssignmentHead): Promise<boolean> {
    const course = await this.loaders.course.load(assignment.courseId.toHexString());
    return course !== null && this.canSeeCourse(course);
  }

  /** True for the student, for those who teach a course in which the student is enrolled, and for admins. */
  async canSeeStudent(student: StudentRecord): Promise<boolean> {
    if (this.viewer.role === 'ADMIN' || student._id.equals(this.viewer.accountId)) return true;
    if (this.viewer.role === 'STUDENT') return false;
    const taught = await this.loaders.taughtCourseIds.load(this.viewer.accountId.toHexString());
    return student.courseIds.some((id) => taught.has(id.toHexString()));
  }

  /**
   * Of a user that the viewer sees. Those who see a student may see its address. A row of the ledger shows its student who
   * wrote it, and this is no reason to show the address of a teacher.
   */
  canSeeEmail(userId: string, role: Role): boolean {
    return role === 'STUDENT' || this.viewer.role === 'ADMIN' || this.viewer.accountId.equals(userId);
  }

  /** Returns the teacher whose courses' submissions are all that the viewer sees of a student; null: it sees them all. */
  get seesSubmissionsTaughtBy(): Types.ObjectId | null {
    return this.viewer.role === 'TEACHER' ? this.viewer.accountId : null;
  }

  /** True for the student who submitted it, for those who teach the assignment's course, and for admins. */
  async canSeeSubmission(submission: SubmissionHead): Promise<boolean> {
    if (this.viewer.role === 'STUDENT') return submission.studentId.equals(this.viewer.accountId);
    const assignment = await this.loaders.assignment.load(submission.assignmentId.toHexString());
    return assignment !== null && this.canSeeAssignment(assignment);
  }

  /**
   * Of a row of a student whom the viewer sees. What a teacher wrote, such as the feedback to a submission, is for the
   * student and for those who teach that course. What belongs to no course is for everyone who sees the row.
   */
  async canSeeNote(row: RewardRecord): Promise<boolean> {
    if (this.viewer.role !== 'TEACHER') return true;
    const courseId = await this.courseIdOf(row);
    if (!courseId) return true;
    const taught = await this.loaders.taughtCourseIds.load(this.viewer.accountId.toHexString());
    return taught.has(courseId.toHexString());
  }

  /** Returns the course that a row, or the row that it corrects, is about. A session belongs to none. */
  private async courseIdOf(row: RewardRecord): Promise<Types.ObjectId | undefined> {
    const { loaders } = this;
    const corrected = row.corrects && (await loaders.reward.load(row.corrects.toHexString()));
    const { courseId, submissionId, subject } = corrected ?? row;
    if (courseId) return courseId;
    const submission = submissionId && (await loaders.submission.load(submissionId.toHexString()));
    const assignmentId = submission?.assignmentId ?? (subject.kind === 'assignment' ? subject.id : null);
    const assignment = assignmentId && (await loaders.assignment.load(assignmentId.toHexString()));
    return assignment?.courseId;
  }
}

/**
 * - everyone: whether signed in or not.
 * - signed in: every account.
 * - with the object: everybody who may see the object.
 * - students: only students.
 * - teachers: teachers and admins.
 * - those who teach it: only those who teach the course that the object is or belongs to.
 */
export type FieldRule = 'everyone' | 'signed in' | 'students' | 'teachers' | 'with the object' | 'those who teach it';

/** The rule of each field of each object type, by name. The server does not start if a field has no rule. */
export const fieldRules: Readonly<Record<string, FieldRule>> = {
  'Query.me': 'signed in',
  'Query.student': 'signed in',
  'Query.course': 'signed in',
  'Query.courses': 'signed in',
  'Query.assignment': 'signed in',
  'Query.submission': 'signed in',
  'Query.badges': 'everyone',

  'Mutation.signUp': 'everyone',
  'Mutation.signIn': 'everyone',
  'Mutation.refreshSession': 'everyone',
  'Mutation.signOut': 'signed in',
  'Mutation.updateProfile': 'signed in',
  'Mutation.submitAssignment': 'students',
  'Mutation.reviseSubmission': 'students',
  'Mutation.startPomodoro': 'students',
  'Mutation.endPomodoro': 'students',
  'Mutation.joinCourse': 'students',
  'Mutation.createCourse': 'teachers',
  'Mutation.createAssignment': 'teachers',
  'Mutation.updateAssignment': 'teachers',
  'Mutation.grantBonus': 'teachers',
  'Mutation.grantBonuses': 'teachers',
  'Mutation.gradeSubmission': 'teachers',
  'Mutation.revokeReward': 'teachers',
  'Mutation.restoreReward': 'teachers',
  'Mutation.discardSubmission': 'teachers',
  'Mutation.extendDeadline': 'teachers',

  'Subscription.rewardGranted': 'students',
  'Subscription.pomodoroChanged': 'students',
  'Subscription.courseRewardGranted': 'teachers',

  'Course.joinCode': 'those who teach it',
  'Course.students': 'those who teach it',
  'Assignment.submissions': 'those who teach it',
  'Assignment.extensions': 'those who teach it',

  ...withTheObject('Refusal', ['code', 'message']),
  ...withTheObject('PageInfo', ['hasNextPage', 'hasPreviousPage', 'startCursor', 'endCursor']),
  ...withTheObject('Session', ['accessToken', 'refreshToken', 'expiresAt', 'user']),
  ...withTheObject('Teacher', ['id', 'displayName', 'email', 'role']),
  ...withTheObject('Admin', ['id', 'displayName', 'email', 'role']),
  ...withTheObject('Course', ['id', 'name', 'assignments', 'leaderboard']),
  ...withTheObject('Assignment', [
    'id',
    'course',
    'title',
    'instructions',
    'dueDate',
    'closesAt',
    'mySubmission',
    'myExtension',
    'pointsNow',
    'submissionCount',
  ]),
  ...withTheObject('Submission', [
    'id',
    'assignment',
    'student',
    'content',
    'submittedAt',
    'revisedAt',
    'late',
    'grade',
    'feedback',
    'gradedAt',
    'gradeReward',
    'discardedAt',
    'reward',
  ]),
  ...withTheObject('PomodoroSession', [
    'id',
    'status',
    'startedAt',
    'plannedMinutes',
    'endsAt',
    'endedAt',
    'focusedSeconds',
    'device',
    'assignment',
    'reward',
  ]),
  ...withTheObject('Badge', ['id', 'name', 'description', 'counter', 'threshold']),
  ...withTheObject('UnlockedBadge', ['badge', 'unlockedAt', 'reward']),
  ...withTheObject('Progress', ['level', 'xp', 'lifetimeXp', 'auraPoints']),
  ...withTheObject('Streak', ['days', 'longest', 'freezes', 'lastActiveOn']),
  ...withTheObject('Student', [
    'id',
    'displayName',
    'email',
    'role',
    'timeZone',
    'showOnLeaderboard',
    'level',
    'xp',
    'xpForNextLevel',
    'lifetimeXp',
    'auraPoints',
    'unlockedBadges',
    'streak',
    'submissionCount',
    'pomodoroCount',
    'totalPomodoroSeconds',
    'runningPomodoro',
    'rewards',
    'submissions',
    'dailyProgress',
    'courses',
  ]),
  ...withTheObject('DailyProgress', ['date', 'xp', 'auraPoints', 'focusedSeconds', 'submissions']),
  ...withTheObject('Reward', [
    'id',
    'sequence',
    'reason',
    'xp',
    'auraPoints',
    'worth',
    'corrects',
    'note',
    'by',
    'before',
    'after',
    'lines',
    'leveledUp',
    'surplusDiscarded',
    'newBadges',
    'lostBadges',
    'rulesVersion',
    'grantedAt',
    'student',
    'submission',
    'pomodoro',
    'courseCursor',
  ]),
  ...withTheObject('RewardLine', ['rule', 'text', 'points']),
  ...withTheObject('LeaderboardEntry', ['rank', 'displayName', 'auraPoints', 'level', 'isMe']),
  ...withTheObject('LeaderboardConnection', ['edges', 'pageInfo', 'me']),
  ...connection('Course'),
  ...connection('Student'),
  ...connection('Assignment'),
  ...connection('Submission'),
  ...connection('Reward'),
  ...withTheObject('Extension', ['student', 'dueDate', 'closesAt', 'note']),
  ...connection('Extension'),
  ...withTheObject('LeaderboardEdge', ['cursor', 'node']),
  ...withTheObject('SubmitAssignmentPayload', [...grantFields(), 'submission']),
  ...withTheObject('EndPomodoroPayload', [...grantFields(), 'session']),
  ...withTheObject('StartPomodoroPayload', ['session', 'joined', 'student']),
  ...withTheObject('ReviseSubmissionPayload', ['submission']),
  ...withTheObject('CreateCoursePayload', ['course']),
  ...withTheObject('CreateAssignmentPayload', ['assignment']),
  ...withTheObject('UpdateAssignmentPayload', ['assignment']),
  ...withTheObject('JoinCoursePayload', ['course']),
  ...withTheObject('GrantBonusPayload', actFields()),
  ...withTheObject('GrantBonusesPayload', ['entries', 'paid', 'replayed', 'refused']),
  ...withTheObject('GrantBonusesEntry', ['studentId', 'result']),
  ...withTheObject('GradeSubmissionPayload', [...actFields(), 'submission']),
  ...withTheObject('CorrectRewardPayload', actFields()),
  ...withTheObject('DiscardSubmissionPayload', [...actFields(), 'submission', 'rewards']),
  ...withTheObject('ExtendDeadlinePayload', [...actFields(), 'extension', 'assignment']),
};

function withTheObject(type: string, fields: readonly string[]): Record<string, FieldRule> {
  return Object.fromEntries(fields.map((field) => [`${type}.${field}`, 'with the object' as const]));
}

function connection(node: string): Record<string, FieldRule> {
  return {
    ...withTheObject(`${node}Edge`, ['cursor', 'node']),
    ...withTheObject(`${node}Connection`, ['edges', 'pageInfo']),
  };
}

function actFields(): string[] {
  return [...grantFields(), 'leveledDown', 'lostBadges'];
}

function grantFields(): string[] {
  return ['student', 'level', 'leveledUp', 'badges', 'newBadges', 'reward', 'replayed'];
}
