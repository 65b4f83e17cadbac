/**
 * Checks that each promise has a test. The name of a test's `describe` or `test` begins with the promise, for example
 * "paid" or "refused-NOT_FOUND". This test reads the source of the test files.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { handMutations } from '../support/by-hand.js';
import { grantingMutations } from '../support/granting-mutations.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The promises of every granting mutation, in addition to its refusals. */
const GRANTING_PROMISES = ['paid', 'replayed', 'raced', 'retried', 'crashed', 'unavailable'];

/** Codes of the contract that are never sent, each with the reason. */
const NEVER_SENT: Readonly<Record<string, string>> = {};

/** The promises of every act by hand, in addition to the refusals of its own. */
const HAND_PROMISES = ['replayed', 'refused-IDEMPOTENCY_KEY_REUSED', 'raced', 'retried', 'crashed'];

describe('every refusal', () => {
  const codes = membersOf('src/granting/refusal.ts', 'RefusalCode');
  const sent = actions().flatMap((action) => codesIn(action, codes).map((code) => ({ action, code })));

  test.each(sent)('$action refuses with $code, and has a test for it', ({ action, code }) => {
    expect(promisesOf(action)).toContain(`refused-${code}`);
  });

  test.each(codes)('%s is sent, or a reason is given why not', (code) => {
    expect(sent.some((each) => each.code === code)).toBe(!(code in NEVER_SENT));
  });
});

describe('every granting mutation', () => {
  const operations = membersOf('src/storage/models/reward.ts', 'GrantingOperation');
  const promised = operations.flatMap((operation) => GRANTING_PROMISES.map((promise) => ({ operation, promise })));

  test.each(promised)('$operation has tests with the promise $promise', ({ operation, promise }) => {
    expect([...promisesOf(toKebabCase(operation)), ...sharedPromises('grantingMutations')]).toContain(promise);
  });

  test('is covered by the shared tests', () => {
    expect(grantingMutations.map(({ name }) => name).sort()).toEqual([...operations].sort());
  });
});

describe('every act by hand', () => {
  const operations = membersOf('src/storage/models/reward.ts', 'ManualOperation');

  test.each(HAND_PROMISES)('has tests with the promise %s', (promise) => {
    expect(sharedPromises('handMutations')).toContain(promise);
  });

  test('is covered by the shared tests', () => {
    expect(handMutations.map(({ name }) => name).sort()).toEqual([...operations].sort());
  });
});

describe('every mutation', () => {
  const [, body = ''] = /^type Mutation \{\n(.*?)^\}/ms.exec(read('schema/schema.graphql')) ?? [];
  const mutations = [...body.matchAll(/^ {2}(\w+)[(:]/gm)].map(([, name]) => name!);

  test.each(mutations)('%s has tests for its action', (mutation) => {
    expect(testFilesOf(toKebabCase(mutation))).not.toEqual([]);
  });
});

describe('the search for promises', () => {
  test.each([
    `describe('paid', () => { test('x', f); });`,
    `describe('paid: a session', () => { test('x', f); });`,
    `describe.each(rows)('paid', () => { test('x', f); });`,
    `describe('other', () => { describe('paid', () => { test.each(rows)('x', f); }); });`,
    `test('paid, once', f);`,
  ])('finds the promise in %s', (text) => {
    expect(promisesIn(text)).toContain('paid');
  });

  test.each([
    `// describe('paid', () => { test('x', f); });`,
    `describe('paid', () => {});`,
    `describe.skip('paid', () => { test('x', f); });`,
    `describe('paid', () => { test.skip('x', f); test.todo('y'); test.failing('z', f); });`,
    `describe('unpaid', () => { test('x', f); });`,
    `test('is paid', f);`,
  ])('finds no promise in %s', (text) => {
    expect(promisesIn(text)).not.toContain('paid');
  });
});

/** @returns the names of the action files, without extension */
function actions(): string[] {
  return readdirSync(path.join(root, 'src/actions'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.basename(file, '.ts'));
}

/** @returns the promises for which an action has tests */
function promisesOf(action: string): string[] {
  return testFilesOf(action).flatMap((file) => promisesIn(read(file)));
}

/** @returns the promises of the shared tests, which run for every mutation of a list */
function sharedPromises(list: 'grantingMutations' | 'handMutations'): string[] {
  return filesIn('tests/granting').flatMap((file) => sharedPromisesIn(parse(read(file)), list));
}

function sharedPromisesIn(node: ts.Node, list: string): string[] {
  const isShared = ts.isCallExpression(node) && node.expression.getText() === `describe.each(${list})`;
  if (isShared) return promisesWithin(node);
  const inside: string[] = [];
  ts.forEachChild(node, (child) => void inside.push(...sharedPromisesIn(child, list)));
  return inside;
}

function testFilesOf(action: string): string[] {
  return filesIn('tests/actions').filter((file) => {
    const within = path.relative('tests/actions', file);
    return within === `${action}.test.ts` || within.startsWith(`${action}${path.sep}`);
  });
}

function filesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => path.join(folder, file));
}

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

function promisesIn(text: string): string[] {
  return promisesWithin(parse(text));
}

/** @returns the first word of each title with at least one test that runs and must pass */
function promisesWithin(node: ts.Node): string[] {
  if (isSwitchedOff(node)) return [];
  const title = titleOf(node);
  const promises = title !== null && runsTests(node) ? [title.split(/[^\w-]/)[0]!] : [];
  ts.forEachChild(node, (child) => void promises.push(...promisesWithin(child)));
  return promises;
}

/** @returns the title of a `describe` or `test`; null for any other node */
function titleOf(node: ts.Node): string | null {
  if (!ts.isCallExpression(node) || !/^(describe|test)\b/.test(node.expression.getText())) return null;
  const [title] = node.arguments;
  return title && ts.isStringLiteralLike(title) ? title.text : null;
}

function isSwitchedOff(node: ts.Node): boolean {
  return ts.isCallExpression(node) && /^(describe|test)\.(skip|todo|failing)\b/.test(node.expression.getText());
}

function runsTests(node: ts.Node): boolean {
  if (isSwitchedOff(node)) return false;
  if (titleOf(node) !== null && /^test\b/.test((node as ts.CallExpression).expression.getText())) return true;
  return ts.forEachChild(node, (child) => runsTests(child) || undefined) ?? false;
}

/** @returns the string literals of a union type */
function membersOf(file: string, type: string): string[] {
  const members: string[] = [];
  ts.forEachChild(parse(read(file)), (node) => {
    if (ts.isTypeAliasDeclaration(node) && node.name.text === type) members.push(...textsIn(node));
  });
  return members;
}

/** @returns the codes that occur in the source of an action */
function codesIn(action: string, codes: readonly string[]): string[] {
  const texts = new Set(textsIn(parse(read(`src/actions/${action}.ts`))));
  return codes.filter((code) => texts.has(code));
}

function textsIn(node: ts.Node): string[] {
  const own = ts.isStringLiteralLike(node) ? [node.text] : [];
  const inside: string[] = [];
  ts.forEachChild(node, (child) => void inside.push(...textsIn(child)));
  return [...own, ...inside];
}

function parse(text: string): ts.SourceFile {
  return ts.createSourceFile('text.ts', text, ts.ScriptTarget.Latest, true);
}

/** Converts the name of a mutation to that of its test file: submitAssignment to submit-assignment. */
function toKebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
