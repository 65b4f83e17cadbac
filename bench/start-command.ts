import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root directory of the project. */
export const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** How `npm start` runs node. */
export interface StartCommand {
  /** The options of node. All compared servers use the same options, except another version with its own. */
  readonly nodeOptions: readonly string[];
  /** The script and its arguments. */
  readonly script: readonly string[];
}

/** @param root the directory of a version of the project */
export function startCommandOf(root: string): StartCommand {
  const { start } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts as { start: string };
  // The words after "exec node".
  const [, , ...words] = start.split(' ');
  return {
    nodeOptions: words.filter((word) => word.startsWith('--')),
    script: words.filter((word) => !word.startsWith('--')),
  };
}

export const { nodeOptions: NODE_OPTIONS, script: START_SCRIPT } = startCommandOf(ROOT);
