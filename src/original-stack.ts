/**
 * Stacks of compiled files name lines of their sources. Node can do this for a whole process, but then it keeps the
 * source map of every file that it loads, of packages too: 6 MB.
 */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The folder of all compiled files of this project. */
const ROOT = new URL('.', import.meta.url).href;
const maps = new Map<string, SourceMap | null>();

/**
 * Reads a source map when a stack first names its file.
 * @returns the stack with a source file, a line and a column in place of each position in a compiled file
 */
export function originalStack(stack: string): string {
  return stack.replace(/(file:[^\s()]+\.js):(\d+):(\d+)/g, (position, file: string, line: string, column: string) => {
    const origin = mapOf(file)?.findOrigin(Number(line), Number(column));
    if (!origin || !('fileName' in origin)) return position;
    return `${fileURLToPath(new URL(origin.fileName, file))}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

function mapOf(file: string): SourceMap | null {
  if (!file.startsWith(ROOT)) return null;
  let map = maps.get(file);
  if (map === undefined) {
    map = readMap(file);
    maps.set(file, map);
  }
  return map;
}

/** @returns null if there is no readable map: an error is reported all the same, with its compiled position */
function readMap(file: string): SourceMap | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${file}.map`), 'utf8')));
  } catch {
    return null;
  }
}
