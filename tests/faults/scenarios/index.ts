import { poisonedGroups, rivalServers } from './conflicts.js';
import { bonusesKilled, corrections, rivalCorrections } from './corrections.js';
import { commandsFail } from './failing-commands.js';
import { diskFull, diskSlow } from './failing-disk.js';
import { isolatedPrimary } from './isolated-primary.js';
import {
  liveCommitFails,
  livePrimaryKilled,
  livePrimaryPaused,
  liveReaderStalled,
  liveServerKilled,
  liveSocketsCut,
  liveStepDown,
} from './live-faults.js';
import { majorityGone } from './lost-majority.js';
import { answerDropped, commitFails, serverKilled, sigterm } from './lost-responses.js';
import { clockMoved } from './moved-clocks.js';
import { deadlineRush, manySubjects, none, sameSubject } from './no-faults.js';
import { hotStudent, overload } from './overload.js';
import { primaryKilled, primaryPaused, stepDown } from './replica-set-faults.js';
import type { Scenario } from './scenario.js';

/** Scenarios of grants, in the order in which they run. */
export const grantScenarios: readonly Scenario[] = [
  none,
  primaryKilled,
  stepDown,
  primaryPaused,
  commitFails,
  answerDropped,
  serverKilled,
  sameSubject,
  manySubjects,
  poisonedGroups,
  rivalServers,
  deadlineRush,
  clockMoved,
  sigterm,
  overload,
  hotStudent,
];

/** Scenarios in which the database fails in other ways than by its primary or a commit. */
export const databaseScenarios: readonly Scenario[] = [commandsFail, diskSlow];

/** Scenarios that take too long for `npm test`, which therefore does not play them. */
export const longScenarios: readonly Scenario[] = [isolatedPrimary, majorityGone, diskFull];

/** Scenarios in which teachers correct by hand. */
export const correctionScenarios: readonly Scenario[] = [rivalCorrections, corrections, bonusesKilled];

/** Scenarios with live subscribers. */
export const liveScenarios: readonly Scenario[] = [
  liveServerKilled,
  livePrimaryKilled,
  liveStepDown,
  livePrimaryPaused,
  liveCommitFails,
  liveSocketsCut,
  liveReaderStalled,
];

export const scenarios: readonly Scenario[] = [
  ...grantScenarios,
  ...databaseScenarios,
  ...longScenarios,
  ...correctionScenarios,
  ...liveScenarios,
];
