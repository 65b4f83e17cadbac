import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The directory of the project. */
export const ROOT = fileURLToPath(new URL('../', import.meta.url));

const { start } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).scripts as { start: string };
/** Without "exec node". */
const [, , ...words] = start.split(' ');

/** The options of node with which `npm start` runs the product: what it is compared with has them too. */
export const NODE_OPTIONS: readonly string[] = words.filter((word) => word.startsWith('--'));

/** What it runs with them. */
export const START_SCRIPT: readonly string[] = words.filter((word) => !word.startsWith('--'));
