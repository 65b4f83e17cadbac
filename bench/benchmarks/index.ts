import type { Benchmark } from '../bench.js';
import { bareDriver } from './bare-driver.js';
import { byHand } from './by-hand.js';
import { costOfGrants } from './cost.js';
import { endPomodoros } from './end-pomodoros.js';
import { growth } from './growth.js';
import { hotStudent } from './hot-student.js';
import { live } from './live.js';
import { liveIdle } from './live-idle.js';
import { commonPatterns } from './patterns.js';
import { postgraphile } from './postgraphile.js';
import { queries } from './queries.js';
import { replays } from './replays.js';
import { deadlineRush } from './rush.js';
import { start } from './start.js';
import { submitAssignments } from './submissions.js';
import { twoProcesses } from './two-processes.js';

/**
 * All benchmarks, in the order in which they run. Benchmarks that are compared with each other run one after the other.
 */
export const benchmarks: readonly Benchmark[] = [
  bareDriver,
  submitAssignments,
  postgraphile,
  commonPatterns,
  endPomodoros,
  replays,
  hotStudent,
  twoProcesses,
  queries,
  deadlineRush,
  costOfGrants,
  byHand,
  start,
  live,
  liveIdle,
  growth,
];
