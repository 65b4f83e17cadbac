/**
 * What the fields cost that cost more than others: the one place where that is said. See
 * docs/adr/0012-what-an-operation-may-cost.md. tests/architecture/field-costs.test.ts finds a field that is missing.
 */
import { badges } from '../rewards/index.js';
import { LONGEST_COURSE_CURSOR } from './reward/course-cursor.js';

export interface FieldCost {
  /** Bytes that the field's text may have in an answer. */
  readonly bytes?: number;
  /** Commands to the database at each place of the query, for however many objects: its loaders batch them. */
  readonly commands?: number;
  /** Points for each object that the field is asked of, beside its place in the answer: what the database does for it. */
  readonly work?: number;
  /** The length of a list where nobody asks for one. */
  readonly items?: number;
}

/** Bytes of a text of so many code points: JSON writes a control character with six. */
const text = (codePoints: number): FieldCost => ({ bytes: 6 * codePoints });
/**
 * A text of 20,000 characters as people write it, with one or two bytes each. What needs more is counted as it is read:
 * see RequestContext.showText.
 */
const LONG_TEXT: FieldCost = { bytes: 32_000 };
/** Bytes of a name, which has no control characters: UTF-8 takes up to four. */
const name = (codePoints: number): FieldCost => ({ bytes: 4 * codePoints });
/** A text of ours, which is short. */
const OURS: FieldCost = { bytes: 150 };

/** One row by its id, read together with the others of its place. */
const ROW: FieldCost = { commands: 1, work: 1 };
/** A row that is shown only after the policy has read another one. */
const CHECKED_ROW: FieldCost = { commands: 2, work: 2 };
/** A page: the database looks for its beginning in an index, for each parent. */
const PAGE: FieldCost = { commands: 1, work: 4 };
/** Finding, deciding, a transaction or a password hash, and reading what is answered. */
const MUTATION: FieldCost = { commands: 6 };

/** By name: the type, a dot, and the field. */
export const fieldCosts: Readonly<Record<string, FieldCost>> = {
  'Query.me': ROW,
  'Query.student': CHECKED_ROW,
  'Query.course': CHECKED_ROW,
  'Query.courses': { commands: 2, work: 4 },
  'Query.assignment': { commands: 3, work: 3 },
  'Query.submission': { commands: 4, work: 4 },
  'Query.badges': { items: badges.length },

  ...ofEach(
    'Mutation',
    [
      'signUp',
      'signIn',
      'refreshSession',
      'signOut',
      'updateProfile',
      'submitAssignment',
      'reviseSubmission',
      'startPomodoro',
      'endPomodoro',
      'joinCourse',
      'createCourse',
      'createAssignment',
      'updateAssignment',
    ],
    MUTATION,
  ),

  // Of each event: that of a course is shown only after the policy has read the course.
  'Subscription.rewardGranted': {},
  'Subscription.pomodoroChanged': {},
  'Subscription.courseRewardGranted': ROW,

  'Session.accessToken': { bytes: 600 },
  'Session.refreshToken': OURS,
  'Session.user': ROW,
  'Refusal.message': { bytes: 300 },
  'PageInfo.startCursor': OURS,
  'PageInfo.endCursor': OURS,
  ...Object.fromEntries(
    ['Course', 'Student', 'Assignment', 'Submission', 'Reward', 'Leaderboard'].map((node) => [
      `${node}Edge.cursor`,
      OURS,
    ]),
  ),

  ...user('User'),
  ...user('Teacher'),
  ...user('Admin'),
  ...user('Student'),
  'Student.timeZone': OURS,
  'Student.runningPomodoro': {},
  'Student.streak': {},
  'Student.unlockedBadges': { items: badges.length },
  'Student.rewards': PAGE,
  // Its rows are read from an index alone, a day each; grouping them is the rest.
  'Student.dailyProgress': { commands: 1, work: 20 },
  // A student takes some; no rule says how many at most.
  'Student.courses': { ...CHECKED_ROW, items: 50 },

  'Course.name': name(200),
  'Course.joinCode': OURS,
  'Course.assignments': PAGE,
  'Course.students': PAGE,
  // Nothing batches those of several courses: each is two commands that walk through the index of its students.
  'Course.leaderboard': { commands: 1, work: 1_000 },
  'LeaderboardEntry.displayName': name(80),

  'Assignment.title': name(200),
  'Assignment.instructions': { ...ROW, ...LONG_TEXT },
  'Assignment.course': ROW,
  'Assignment.mySubmission': ROW,
  'Assignment.pointsNow': CHECKED_ROW,
  'Assignment.submissionCount': { commands: 1, work: 2 },
  'Assignment.submissions': { commands: 2, work: 4 },

  'Submission.content': { ...ROW, ...LONG_TEXT },
  'Submission.assignment': ROW,
  'Submission.student': CHECKED_ROW,
  'Submission.reward': ROW,
  'SubmitAssignmentPayload.submission': ROW,

  'PomodoroSession.device': text(80),
  'PomodoroSession.assignment': CHECKED_ROW,
  'PomodoroSession.reward': ROW,

  'Reward.student': CHECKED_ROW,
  'Reward.submission': CHECKED_ROW,
  'Reward.pomodoro': ROW,
  'Reward.courseCursor': { bytes: LONGEST_COURSE_CURSOR },
  // On time, early, capped, and one to spare.
  'Reward.lines': { items: 4 },
  // A student unlocks each badge once, so that a page of rewards has few.
  'Reward.newBadges': { items: 2 },
  'RewardLine.rule': OURS,
  'RewardLine.text': OURS,
  ...grant('RewardGrant'),
  ...grant('SubmitAssignmentPayload'),
  ...grant('EndPomodoroPayload'),

  'Badge.name': OURS,
  'Badge.description': OURS,
  'UnlockedBadge.badge': {},
  'UnlockedBadge.reward': ROW,
};

function ofEach(type: string, fields: readonly string[], cost: FieldCost): Record<string, FieldCost> {
  return Object.fromEntries(fields.map((field) => [`${type}.${field}`, cost]));
}

function user(type: string): Record<string, FieldCost> {
  return { [`${type}.displayName`]: name(80), [`${type}.email`]: { ...ROW, ...name(254) } };
}

function grant(type: string): Record<string, FieldCost> {
  return { [`${type}.badges`]: { items: badges.length }, [`${type}.newBadges`]: { items: badges.length } };
}
