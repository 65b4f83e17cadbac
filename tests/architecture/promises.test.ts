/**
 * Tests are named after what they promise: a `describe` or `test` whose name begins with "paid", "refused-NOT_FOUND"
 * and so on. This reads the test files' text and fails where a promise has none.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { grantingMutations } from '../support/granting-mutations.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What every mutation that pays promises, beside its refusals. */
const GRANTING_PROMISES = ['paid', 'replayed', 'raced', 'retried', 'crashed', 'unavailable'];

/** Codes that are in the contract and never sent, and why. */
const NEVER_SENT: Readonly<Record<string, string>> = {
  NOT_ENROLLED: 'without a mutation that leaves a course, a course that a student does not take does not exist for it',
};

describe('every refusal', () => {
  const codes = membersOf('src/actions/refusal.ts', 'RefusalCode');
  const sent = actions().flatMap((action) => codesIn(action, codes).map((code) => ({ action, code })));

  test.each(sent)('$action refuses with $code, and has a test of it', ({ action, code }) => {
    expect(promisesOf(action)).toContain(`refused-${code}`);
  });

  test.each(codes)('%s is sent, or it is written down why not', (code) => {
    expect(sent.some((each) => each.code === code)).toBe(!(code in NEVER_SENT));
  });
});

describe('every granting mutation', () => {
  const operations = membersOf('src/storage/models/reward.ts', 'GrantingOperation');
  const promised = operations.flatMap((operation) => GRANTING_PROMISES.map((promise) => ({ operation, promise })));

  test.each(promised)('$operation has tests that are called $promise', ({ operation, promise }) => {
    expect([...promisesOf(toKebabCase(operation)), ...sharedPromises()]).toContain(promise);
  });

  test('is among those that the shared tests try', () => {
    expect(grantingMutations.map(({ name }) => name).sort()).toEqual([...operations].sort());
  });
});

describe('every mutation', () => {
  const [, body = ''] = /^type Mutation \{\n(.*?)^\}/ms.exec(read('schema/schema.graphql')) ?? [];
  const mutations = [...body.matchAll(/^ {2}(\w+)[(:]/gm)].map(([, name]) => name!);

  test.each(mutations)('%s has tests of its action', (mutation) => {
    expect(testFilesOf(toKebabCase(mutation))).not.toEqual([]);
  });
});

describe('a promise is found', () => {
  test.each([
    `describe('paid', () => { test('x', f); });`,
    `describe('paid: a session', () => { test('x', f); });`,
    `describe.each(rows)('paid', () => { test('x', f); });`,
    `describe('other', () => { describe('paid', () => { test.each(rows)('x', f); }); });`,
    `test('paid, once', f);`,
  ])('in %s', (text) => {
    expect(promisesIn(text)).toContain('paid');
  });

  test.each([
    `// describe('paid', () => { test('x', f); });`,
    `describe('paid', () => {});`,
    `describe.skip('paid', () => { test('x', f); });`,
    `describe('paid', () => { test.skip('x', f); test.todo('y'); test.failing('z', f); });`,
    `describe('unpaid', () => { test('x', f); });`,
    `test('is paid', f);`,
  ])('not in %s', (text) => {
    expect(promisesIn(text)).not.toContain('paid');
  });
});

/** The names of the actions' files, without their ending. */
function actions(): string[] {
  return readdirSync(path.join(root, 'src/actions'))
    .map((file) => path.basename(file, '.ts'))
    .filter((name) => name !== 'refusal');
}

/** The promises that the tests of one action keep. */
function promisesOf(action: string): string[] {
  return testFilesOf(action).flatMap((file) => promisesIn(read(file)));
}

/** Those of the tests that go through all granting mutations. */
function sharedPromises(): string[] {
  return filesIn('tests/actions/granting').flatMap((file) => sharedPromisesIn(parse(read(file))));
}

function sharedPromisesIn(node: ts.Node): string[] {
  const isShared = ts.isCallExpression(node) && node.expression.getText() === 'describe.each(grantingMutations)';
  if (isShared) return promisesWithin(node);
  const inside: string[] = [];
  ts.forEachChild(node, (child) => void inside.push(...sharedPromisesIn(child)));
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

/** The first words of the names under which there are tests that run and must pass. */
function promisesWithin(node: ts.Node): string[] {
  if (isSwitchedOff(node)) return [];
  const title = titleOf(node);
  const promises = title !== null && runsTests(node) ? [title.split(/[^\w-]/)[0]!] : [];
  ts.forEachChild(node, (child) => void promises.push(...promisesWithin(child)));
  return promises;
}

/** The name of a `describe` or `test`; null where it is neither. */
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

/** The texts of which a union type consists. */
function membersOf(file: string, type: string): string[] {
  const members: string[] = [];
  ts.forEachChild(parse(read(file)), (node) => {
    if (ts.isTypeAliasDeclaration(node) && node.name.text === type) members.push(...textsIn(node));
  });
  return members;
}

/** The codes that an action names. */
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

/** submitAssignment is tested in submit-assignment. */
function toKebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
