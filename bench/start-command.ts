import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root directory of the project. */
export const ROOT = fileURLToPath(new URL('../', import.meta.url));

const { start } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).scripts as { start: string };
/** The words of the start script after "exec node". */
const [, , ...words] = start.split(' ');

/** The options with which `npm start` runs node. All compared servers use the same options. */
export const NODE_OPTIONS: readonly string[] = words.filter((word) => word.startsWith('--'));

/** The script that `npm start` runs, and its arguments. */
export const START_SCRIPT: readonly string[] = words.filter((word) => !word.startsWith('--'));
