/**
 * The cost of each field that costs more than an ordinary one. No other place defines such costs. See
 * docs/adr/0012-what-an-operation-may-cost.md. tests/graphql/field-costs.test.ts fails if a field is missing here.
 */
import { MAX_BONUSES } from '../actions/grant-bonuses.js';
import { badges } from '../rewards/index.js';
import { MAX_COURSE_CURSOR_LENGTH } from './reward/course-cursor.js';

export interface FieldCost {
  /** Maximum size of the field's text in a response, in bytes. */
  readonly bytes?: number;
  /** Database commands for each place in the query, whatever the number of objects: the loaders batch them. */
  readonly commands?: number;
  /** Points for the database's work on each object, in addition to the points for the field's place in the response. */
  readonly work?: number;
  /** Points for what takes time, but no memory. */
  readonly time?: number;
  /** Assumed length of a list that has no `first` argument. */
  readonly items?: number;
  /** Its input may name students; then the lists of its result have an item for each, and no more. */
  readonly namesStudents?: boolean;
}

/** A text of at most this many code points. JSON escapes a control character with six bytes. */
const text = (codePoints: number): FieldCost => ({ bytes: 6 * codePoints });
/**
 * A typical text of 20,000 characters with one or two bytes each. Larger texts are counted when they are read: see
 * RequestContext.countText.
 */
const LONG_TEXT: FieldCost = { bytes: 32_000 };
/** What a teacher typically writes about an act. RequestContext.countText counts what is longer. */
const NOTE: FieldCost = { bytes: 600 };
/** A name of at most this many code points. Without control characters, UTF-8 takes at most four bytes each. */
const name = (codePoints: number): FieldCost => ({ bytes: 4 * codePoints });
/** A short text that the server writes itself. */
const SHORT_TEXT: FieldCost = { bytes: 150 };

/** One document by its id, read in one batch with the others at the same place in the query. */
const ROW: FieldCost = { commands: 1, work: 1 };
/** A document that is shown only after the policy has read another one. */
const CHECKED_ROW: FieldCost = { commands: 2, work: 2 };
/** A page: for each parent, the database finds the first row in an index. */
const PAGE: FieldCost = { commands: 1, work: 4 };
/**
 * As much as six commands: reads, a decision, a transaction or a password hash, and reads for the response. A mutation
 * that waits for its turn takes little memory, and has queues of its own: those of the committer and of the passwords.
 */
const MUTATION: FieldCost = { time: 3_000 };

/** Costs by field name, such as `Query.me`. */
export const fieldCosts: Readonly<Record<string, FieldCost>> = {
  'Query.me': ROW,
  'Query.student': CHECKED_ROW,
  'Query.course': CHECKED_ROW,
  'Query.courses': { commands: 2, work: 4 },
  'Query.assignment': { commands: 3, work: 3 },
  'Query.submission': { commands: 4, work: 4 },
  'Query.badges': { items: badges.length },

  ...sameForEach(
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
      'grantBonus',
      'gradeSubmission',
      'revokeReward',
      'restoreReward',
      'discardSubmission',
      'extendDeadline',
    ],
    MUTATION,
  ),
  // 32 transactions for 500 students, one after the other: a third of what one operation may cost.
  'Mutation.grantBonuses': { commands: 32, namesStudents: true },

  // Of each event: that of a course is shown only after the policy has read the course.
  'Subscription.rewardGranted': {},
  'Subscription.pomodoroChanged': {},
  'Subscription.courseRewardGranted': CHECKED_ROW,

  'Session.accessToken': { bytes: 600 },
  'Session.refreshToken': SHORT_TEXT,
  'Session.user': ROW,
  'Refusal.message': { bytes: 300 },
  'PageInfo.startCursor': SHORT_TEXT,
  'PageInfo.endCursor': SHORT_TEXT,
  ...Object.fromEntries(
    ['Course', 'Student', 'Assignment', 'Submission', 'Reward', 'Extension', 'Leaderboard'].map((node) => [
      `${node}Edge.cursor`,
      SHORT_TEXT,
    ]),
  ),

  ...user('User'),
  ...user('Teacher'),
  ...user('Admin'),
  ...user('Student'),
  'Student.timeZone': SHORT_TEXT,
  'Student.runningPomodoro': {},
  'Student.streak': {},
  'Student.unlockedBadges': { items: badges.length },
  'Student.rewards': PAGE,
  // A teacher's courses and their assignments, then the page.
  'Student.submissions': { commands: 3, work: 4 },
  // The database reads its rows from an index alone, one for each day; the rest of the work is grouping them.
  'Student.dailyProgress': { commands: 1, work: 20 },
  // A typical maximum. No rule limits how many courses a student takes.
  'Student.courses': { ...CHECKED_ROW, items: 50 },

  'Course.name': name(200),
  'Course.joinCode': SHORT_TEXT,
  'Course.assignments': PAGE,
  'Course.students': PAGE,
  // Leaderboards of several courses are not batched: each takes two commands that scan the course's index of students.
  'Course.leaderboard': { commands: 1, work: 1_000 },
  'LeaderboardEntry.displayName': name(80),

  'Assignment.title': name(200),
  'Assignment.instructions': { ...ROW, ...LONG_TEXT },
  'Assignment.course': ROW,
  'Assignment.mySubmission': ROW,
  'Assignment.myExtension': ROW,
  'Assignment.pointsNow': CHECKED_ROW,
  'Assignment.submissionCount': { commands: 1, work: 2 },
  'Assignment.submissions': { commands: 2, work: 4 },
  'Assignment.extensions': { commands: 2, work: 4 },
  'Extension.note': text(500),

  'Submission.content': { ...ROW, ...LONG_TEXT },
  'Submission.assignment': ROW,
  'Submission.student': CHECKED_ROW,
  'Submission.reward': ROW,
  'Submission.gradeReward': ROW,
  'Submission.feedback': NOTE,
  'SubmitAssignmentPayload.submission': ROW,
  'GradeSubmissionPayload.submission': ROW,
  'DiscardSubmissionPayload.submission': ROW,
  'DiscardSubmissionPayload.rewards': { items: 2 },
  'ExtendDeadlinePayload.assignment': ROW,
  'GrantBonusesPayload.entries': { items: MAX_BONUSES },

  'PomodoroSession.device': text(80),
  'PomodoroSession.assignment': CHECKED_ROW,
  'PomodoroSession.reward': ROW,

  'Reward.student': CHECKED_ROW,
  // The row that a correction corrects, its submission, and the assignment that the policy reads.
  'Reward.submission': { commands: 3, work: 3 },
  'Reward.pomodoro': CHECKED_ROW,
  'Reward.worth': ROW,
  'Reward.corrects': ROW,
  'Reward.note': NOTE,
  'Reward.by': ROW,
  'Reward.courseCursor': { bytes: MAX_COURSE_CURSOR_LENGTH },
  // On time, early, capped, and one spare.
  'Reward.lines': { items: 4 },
  // A student unlocks each badge once, so a page of rewards has few.
  'Reward.newBadges': { items: 2 },
  'Reward.lostBadges': { items: 2 },
  'RewardLine.rule': SHORT_TEXT,
  'RewardLine.text': NOTE,
  ...grant('RewardGrant'),
  ...grant('SubmitAssignmentPayload'),
  ...grant('EndPomodoroPayload'),
  ...act('Correction'),
  ...act('GrantBonusPayload'),
  ...act('GradeSubmissionPayload'),
  ...act('CorrectRewardPayload'),
  ...act('DiscardSubmissionPayload'),
  ...act('ExtendDeadlinePayload'),

  'Badge.name': SHORT_TEXT,
  'Badge.description': SHORT_TEXT,
  'UnlockedBadge.badge': {},
  'UnlockedBadge.reward': ROW,
};

function sameForEach(type: string, fields: readonly string[], cost: FieldCost): Record<string, FieldCost> {
  return Object.fromEntries(fields.map((field) => [`${type}.${field}`, cost]));
}

function user(type: string): Record<string, FieldCost> {
  return { [`${type}.displayName`]: name(80), [`${type}.email`]: { ...ROW, ...name(254) } };
}

function grant(type: string): Record<string, FieldCost> {
  return { [`${type}.badges`]: { items: badges.length }, [`${type}.newBadges`]: { items: badges.length } };
}

/** An act that takes points away can cost several badges at once. */
function act(type: string): Record<string, FieldCost> {
  return { ...grant(type), [`${type}.lostBadges`]: { items: badges.length } };
}
