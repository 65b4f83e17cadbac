import { clocksApart } from './clocks-apart.js';
import { poisonedGroups, rivalServers } from './conflicts.js';
import { bonusesKilled, corrections, rivalCorrections } from './corrections.js';
import { everydayUse } from './everyday-use.js';
import { commandsFail } from './failing-commands.js';
import { diskFull, diskSlow } from './failing-disk.js';
import { hangUps } from './hang-ups.js';
import { isolatedPrimary } from './isolated-primary.js';
import { lateRepeats } from './late-repeats.js';
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
import { machineKilled } from './machine-killed.js';
import { clockMoved } from './moved-clocks.js';
import { deadlineRush, manySubjects, none, sameSubject } from './no-faults.js';
import { hotStudent, overload } from './overload.js';
import { serverPaused } from './paused-server.js';
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
export const databaseScenarios: readonly Scenario[] = [isolatedPrimary, majorityGone, commandsFail, diskSlow, diskFull];

/** Scenarios in which teachers correct by hand. */
export const correctionScenarios: readonly Scenario[] = [rivalCorrections, corrections, bonusesKilled];

/** Scenarios of what happens to servers, clients and clocks in daily use. */
export const lifeScenarios: readonly Scenario[] = [
  machineKilled,
  serverPaused,
  clocksApart,
  hangUps,
  lateRepeats,
  everydayUse,
];

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
  ...correctionScenarios,
  ...lifeScenarios,
  ...liveScenarios,
];
