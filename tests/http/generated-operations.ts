/** Operations in the style of client code generators. ADR 12 lists their costs. */

export interface GeneratedOperation {
  readonly name: string;
  readonly by: 'STUDENT' | 'TEACHER';
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The deepest page that a school's client would show, as Relay compiles it: one fragment per component, with flags. */
const TEACHER_DASHBOARD = `
query TeacherDashboardPageQuery(
  $courses: Int! $assignments: Int! $submissions: Int! $after: String
  $withReward: Boolean! $withBadges: Boolean! $withStreak: Boolean! $withContent: Boolean! $withRunning: Boolean!
  $withEmail: Boolean! $withCounts: Boolean! $withLeaderboard: Boolean! $hideClosed: Boolean!
) {
  me { __typename ...TeacherDashboardHeader_user id }
  courses(first: $courses, after: $after) {
    edges { cursor node { __typename ...CourseCard_course id } }
    pageInfo { endCursor hasNextPage }
  }
}
fragment TeacherDashboardHeader_user on User {
  __isUser: __typename
  ...Avatar_user
  email @include(if: $withEmail)
  role
}
fragment Avatar_user on User { __isUser: __typename id displayName }
fragment CourseCard_course on Course {
  id
  name
  joinCode
  leaderboard(period: WEEK, first: 3) @include(if: $withLeaderboard) {
    edges { cursor node { ...LeaderboardRow_entry __typename } }
    pageInfo { endCursor hasNextPage }
  }
  assignments(first: $assignments) {
    edges { cursor node { __typename ...AssignmentCard_assignment id } }
    pageInfo { endCursor hasNextPage }
  }
}
fragment LeaderboardRow_entry on LeaderboardEntry { rank displayName auraPoints level isMe }
fragment AssignmentCard_assignment on Assignment {
  id
  ...AssignmentTitle_assignment
  ...AssignmentDates_assignment
  submissionCount @include(if: $withCounts)
  submissions(first: $submissions) {
    edges { cursor node { __typename ...SubmissionRow_submission id } }
    pageInfo { endCursor hasNextPage }
  }
}
fragment AssignmentTitle_assignment on Assignment { id title }
fragment AssignmentDates_assignment on Assignment { id dueDate closesAt @skip(if: $hideClosed) }
fragment SubmissionRow_submission on Submission {
  id
  late
  submittedAt
  revisedAt
  ...SubmissionPreview_submission @include(if: $withContent)
  reward @include(if: $withReward) { ...RewardCell_reward __typename id }
  student { ...StudentCell_student __typename id }
}
fragment SubmissionPreview_submission on Submission { id content }
fragment RewardCell_reward on Reward {
  id
  xp
  auraPoints
  leveledUp
  lines { rule text points __typename }
  newBadges { ...BadgeIcon_badge __typename id }
}
fragment StudentCell_student on Student {
  id
  ...Avatar_user
  email @include(if: $withEmail)
  level
  xp
  xpForNextLevel
  ...StudentStreak_student @include(if: $withStreak)
  ...StudentBadges_student @include(if: $withBadges)
  ...StudentFocus_student @include(if: $withRunning)
}
fragment StudentStreak_student on Student { id streak { days longest freezes lastActiveOn __typename } }
fragment StudentBadges_student on Student {
  id
  unlockedBadges { unlockedAt badge { ...BadgeIcon_badge __typename id } __typename }
}
fragment StudentFocus_student on Student {
  id
  runningPomodoro { ...FocusClock_session __typename id }
}
fragment FocusClock_session on PomodoroSession {
  id status startedAt endsAt plannedMinutes assignment { ...AssignmentTitle_assignment __typename id }
}
fragment BadgeIcon_badge on Badge { id name description }
`;

const FLAGS = [
  'withReward',
  'withBadges',
  'withStreak',
  'withContent',
  'withRunning',
  'withEmail',
  'withCounts',
  'withLeaderboard',
  'hideClosed',
];
const flags = (...enabled: string[]) => Object.fromEntries(FLAGS.map((flag) => [flag, enabled.includes(flag)]));

/** A page of charts with one alias for each chart, as code that assembles a query writes them. */
const charts = (count: number): string => {
  const of = (n: number) => `
    ledger${n}: student(id: $s${n}) {
      id displayName
      rewards(first: 10) { edges { node { id xp grantedAt reason __typename } __typename } __typename }
      __typename
    }`;
  const ids = Array.from({ length: count }, (_, n) => n);
  return `query Charts(${ids.map((n) => `$s${n}: ID!`).join(' ')}) { ${ids.map(of).join('')} __typename }`;
};

/** Follows every connection: the student's rewards, the work they paid for, its assignment and its course. */
const STUDENT_HISTORY = `
query StudentHistoryQuery($first: Int!) {
  me {
    __typename
    id
    ... on Student {
      rewards(first: $first) { edges { cursor node {
        id
        submission { id late assignment { id title course { id name assignments(first: 3) { edges { cursor node {
          id title mySubmission { id reward { id lines { text points __typename } newBadges { id name __typename } __typename } __typename } __typename
        } __typename } pageInfo { endCursor hasNextPage __typename } __typename } __typename } __typename } __typename }
        pomodoro { id focusedSeconds assignment { id title __typename } __typename }
        __typename
      } __typename } pageInfo { endCursor hasNextPage __typename } __typename }
    }
  }
}`;

export const CHARTS = 20;

export const generatedOperations = (studentIds: readonly string[]): readonly GeneratedOperation[] => [
  {
    name: 'the whole dashboard of a teacher',
    by: 'TEACHER',
    query: TEACHER_DASHBOARD,
    variables: {
      courses: 3,
      assignments: 10,
      submissions: 5,
      ...flags(...FLAGS.filter((flag) => flag !== 'withContent')),
    },
  },
  {
    name: 'the dashboard of a teacher, with the text of submissions',
    by: 'TEACHER',
    query: TEACHER_DASHBOARD,
    variables: { courses: 1, assignments: 5, submissions: 20, ...flags('withContent') },
  },
  {
    name: `a page of ${CHARTS} charts`,
    by: 'TEACHER',
    query: charts(CHARTS),
    variables: Object.fromEntries(
      Array.from({ length: CHARTS }, (_, n) => [`s${n}`, studentIds[n % studentIds.length]]),
    ),
  },
  { name: 'the history of a student', by: 'STUDENT', query: STUDENT_HISTORY, variables: { first: 50 } },
];
