import { clockMoved } from './clocks.js';
import { answerDropped, commitFails, serverKilled, sigterm } from './lost-answers.js';
import { primaryKilled, primaryPaused, stepDown } from './replica-set-faults.js';
import { poisonedGroups, rivalServers } from './rivals.js';
import type { Row } from './row.js';
import { hotStudent, overload } from './too-much.js';
import { deadlineRush, manySubjects, none, sameSubject } from './undisturbed.js';

/** Every row of the table, in its order. */
export const rows: readonly Row[] = [
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
