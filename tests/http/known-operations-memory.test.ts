/** Documents and plans take no more memory than their weight says, also if a client makes them hold much. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { buildSchema, parse } from 'graphql';
import { KnownOperations } from '../../src/http/known-operations.js';

const schema = buildSchema(`
  type Query { me: Query, name: String, list(of: [Int!]): String }
`);
// Jest starts node without this option.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** Bytes: twice what docs/adr/0026-known-operations.md measured. */
const MAX_BYTES_PER_WEIGHT = 200;

const times = (count: number, part: (n: number) => string) => Array.from({ length: count }, (_, n) => part(n)).join('');
/** Half a million plans are possible: one for each combination of these variables. */
const names = Array.from({ length: 19 }, (_, n) => `v${n}`);
const withPlans = (fields: string, tail = '') =>
  `query (${names.map((name) => `$${name}: Boolean!`).join(' ')}) {
    ${names.map((name) => `name @skip(if: $${name})`).join(' ')} ${fields}
  } ${tail}`;
const long = (text: string) => text.replaceAll('$v', `$${'v'.repeat(100)}`);

test.each<readonly [string, (n: number) => string]>([
  ['short documents', (n) => `{a${n}:name}`],
  ['documents of short fields', (n) => `{${times(100, () => 'me{name}')}} # ${n}`],
  ['documents of many operations', (n) => `${times(100, (operation) => `query a${operation}{name}`)} # ${n}`],
])('%s', (_, textOf) => {
  const known = new KnownOperations(schema);
  const before = heapUsed();
  for (let n = 0; known.weight < 300_000; n += 1) known.add(textOf(n), parse(textOf(n), { noLocation: true }));
  expect((heapUsed() - before) / known.weight).toBeLessThan(MAX_BYTES_PER_WEIGHT);
});

test.each<readonly [string, string]>([
  ['conditions', withPlans('')],
  ['conditions of long names', long(withPlans(''))],
  [
    'fragments',
    withPlans(
      times(100, (n) => `...F${n} `),
      times(100, (n) => `fragment F${n} on Query { name } `),
    ),
  ],
  ['a field that is asked for many times', withPlans(times(400, () => 'me { name } '))],
  ['a literal of many values', withPlans(`list(of: [${times(1_000, () => '1 ')}])`)],
])('plans with %s', (_, text) => {
  const known = new KnownOperations(schema);
  known.add(text, parse(text, { noLocation: true }));
  const before = heapUsed();
  const weightBefore = known.weight;
  const variables = text.match(/(?<=\$)v+\d+(?=: )/g)!;
  for (let n = 0; n < 3_000 && known.weight < 380_000; n += 1) {
    const values = Object.fromEntries(variables.map((name, bit) => [name, ((n >> bit) & 1) === 1]));
    known.lookUp(text, null)!.planFor(values);
  }
  expect((heapUsed() - before) / (known.weight - weightBefore)).toBeLessThan(MAX_BYTES_PER_WEIGHT);
});

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
