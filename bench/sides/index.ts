import type { Side } from '../bench.js';
import { bareDriver } from './bare-driver.js';
import { costOfGrants } from './cost.js';
import { endPomodoros } from './end-pomodoros.js';
import { growth } from './growth.js';
import { hotStudent } from './hot-student.js';
import { patternsOfToday } from './patterns.js';
import { queries } from './queries.js';
import { replays } from './replays.js';
import { deadlineRush } from './rush.js';
import { start } from './start.js';
import { submitAssignments } from './submissions.js';
import { twoProcesses } from './two-processes.js';

/** In the order in which they take turns: what is compared with each other stands side by side. */
export const sides: readonly Side[] = [
  bareDriver,
  submitAssignments,
  patternsOfToday,
  endPomodoros,
  replays,
  hotStudent,
  twoProcesses,
  queries,
  deadlineRush,
  costOfGrants,
  start,
  growth,
];
