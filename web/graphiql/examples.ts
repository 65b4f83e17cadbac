import bonus from './operations/bonus.graphql?raw';
import bonusVariables from './operations/bonus.json?raw';
import classLeaderboard from './operations/class-leaderboard.graphql?raw';
import classLeaderboardVariables from './operations/class-leaderboard.json?raw';
import endPomodoro from './operations/end-pomodoro.graphql?raw';
import endPomodoroVariables from './operations/end-pomodoro.json?raw';
import extend from './operations/extend.graphql?raw';
import extendVariables from './operations/extend.json?raw';
import grade from './operations/grade.graphql?raw';
import gradeVariables from './operations/grade.json?raw';
import liveRewards from './operations/live-rewards.graphql?raw';
import myAssignments from './operations/my-assignments.graphql?raw';
import myClass from './operations/my-class.graphql?raw';
import myProgress from './operations/my-progress.graphql?raw';
import revoke from './operations/revoke.graphql?raw';
import revokeVariables from './operations/revoke.json?raw';
import signIn from './operations/sign-in.graphql?raw';
import signInVariables from './operations/sign-in.json?raw';
import startPomodoro from './operations/start-pomodoro.graphql?raw';
import startPomodoroVariables from './operations/start-pomodoro.json?raw';
import submit from './operations/submit.graphql?raw';
import submitVariables from './operations/submit.json?raw';

/** The tabs of a first visit, in the order in which to try them. The title of a tab is the name of its operation. */
export const examples = [
  example(signIn, signInVariables),
  example(myAssignments),
  example(submit, submitVariables),
  example(startPomodoro, startPomodoroVariables),
  example(endPomodoro, endPomodoroVariables),
  example(myProgress),
  example(classLeaderboard, classLeaderboardVariables),
  example(liveRewards),
  // For teachers.
  example(myClass),
  example(grade, gradeVariables),
  example(bonus, bonusVariables),
  example(revoke, revokeVariables),
  example(extend, extendVariables),
];

/** Removes the newline at the end of each file, which the editor would show as an empty line. */
function example(query: string, variables?: string) {
  return { query: query.trimEnd(), ...(variables ? { variables: variables.trimEnd() } : {}) };
}
