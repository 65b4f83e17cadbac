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

/** @returns the text of an operation without its comments */
function operation(name: string): string {
  const text = readFileSync(new URL(`../web/graphiql/operations/${name}.graphql`, import.meta.url), 'utf8');
  return text.replace(/^#.*\n/gm, '');
}
