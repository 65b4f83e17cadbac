import { readFileSync } from 'node:fs';

/** The operations of the project's pages. They take variables. */
export const SUBMIT = operation('submit');
export const END_POMODORO = operation('end-pomodoro');
export const MY_PROGRESS = operation('my-progress');

/** What a student's page asks of each reward. */
const REWARD = 'sequence reason xp auraPoints lines { text points } newBadges { id } after { level xp auraPoints }';
export const MY_REWARDS = `subscription ($after: Int) { rewardGranted(afterSequence: $after) { ${REWARD} } }`;
/** What a teacher's page asks. */
export const COURSE_REWARDS = `subscription ($courseId: ID!) {
  courseRewardGranted(courseId: $courseId) { ${REWARD} courseCursor student { id displayName } }
}`;

export const ROSTER = `query Roster($id: ID!) {
  course(id: $id) {
    students(first: 20) {
      edges {
        node {
          id displayName level xp auraPoints streak { days }
          unlockedBadges { badge { id } } runningPomodoro { id }
        }
      }
    }
  }
}`;

export const LEADERBOARD = `query Leaderboard($id: ID!) {
  course(id: $id) {
    leaderboard(period: WEEK, first: 20) {
      edges { node { rank displayName auraPoints level isMe } }
      me { rank auraPoints }
    }
  }
}`;

/** What SUBMIT asks, in the schema that PostGraphile derives from bench/postgraphile/schema.sql. */
export const SUBMIT_TO_POSTGRAPHILE = `mutation Submit($input: SubmitAssignmentInput!) {
  submitAssignment(input: $input) {
    submitResult {
      replayed
      xpForNextLevel
      reward {
        sequence reason xp auraPoints leveledUp
        lines { rule text points }
        before { level xp auraPoints }
        after { level xp auraPoints }
        surplusDiscarded grantedAt
        unlockedBadgesByRewardId { nodes { badgeByBadgeId { id name description } } }
      }
      student {
        displayName level xp auraPoints submissionCount streakDays streakFreezes
        unlockedBadgesByStudentId { nodes { badgeByBadgeId { id name } unlockedAt } }
      }
      submission { id submittedAt late }
    }
  }
}`;

/** @returns the text of an operation without its comments */
function operation(name: string): string {
  const text = readFileSync(new URL(`../web/graphiql/operations/${name}.graphql`, import.meta.url), 'utf8');
  return text.replace(/^#.*\n/gm, '');
}
