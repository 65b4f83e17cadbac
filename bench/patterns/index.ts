import { checkThenPush } from './check-then-push.js';
import { incrementThenLog } from './increment-then-log.js';
import { parallelSaves } from './parallel-saves.js';
import type { Pattern } from './pattern.js';

export const patterns = {
  'parallel saves': parallelSaves,
  'check, then $push': checkThenPush,
  '$inc, then a log': incrementThenLog,
} satisfies Record<string, Pattern>;

export type PatternName = keyof typeof patterns;
export const patternNames = Object.keys(patterns) as PatternName[];
