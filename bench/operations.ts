import { readFileSync } from 'node:fs';

/** The operations of the project's pages. They take variables. */
export const SUBMIT = operation('submit');
export const END_POMODORO = operation('end-pomodoro');
export const MY_PROGRESS = operation('my-progress');

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
