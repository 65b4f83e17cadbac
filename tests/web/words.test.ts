import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { words } from '../../web/app/words/en';

const app = fileURLToPath(new URL('../../web/app', import.meta.url));
const sources = readdirSync(app, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('words') && !file.includes('generated'))
  .map((file) => ({ file, text: readFileSync(join(app, file), 'utf8') }));

/** "words.signIn.title" for each text. */
function keysOf(section: object, path: string): string[] {
  return Object.entries(section).flatMap(([key, value]) =>
    typeof value === 'object' ? keysOf(value, `${path}.${key}`) : [`${path}.${key}`],
  );
}

const isUsed = (key: string, text: string): boolean => new RegExp(`\\b${key.replaceAll('.', '\\.')}\\b`).test(text);

test('each word has a use, written in full', () => {
  const all = sources.map(({ text }) => text).join('\n');
  expect(keysOf(words, 'words').filter((key) => !isUsed(key, all))).toEqual([]);
  // The pattern takes whole names only.
  expect(isUsed('words.signIn.titl', 'words.signIn.title')).toBe(false);
});

/** Text between tags, or in a property that people read. Symbols such as ↑ are no words. */
const BARE_TEXT =
  />[^<>{}=()]*[A-Za-z]{2}[^<>{}=();]*<\/|\}\s*[A-Za-z][A-Za-z ]+<\/|\b(aria-label|title|placeholder|alt|label|hint)="[^"]*[A-Za-z]/;

test('no component has words of its own', () => {
  const components = sources.filter(({ file }) => file.endsWith('.tsx'));
  expect(components.filter(({ text }) => BARE_TEXT.test(text)).map(({ file }) => file)).toEqual([]);
  for (const bare of ['<p>Some text</p>', '<h1>Level {level} of</h1>', '<input placeholder="Search" />'])
    expect(bare).toMatch(BARE_TEXT);
});
