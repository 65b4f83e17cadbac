import path from 'node:path';
import ts from 'typescript';
import { isNamed, methodOf, parse, placeOf, readsClock, visit } from './code-rules.js';

/** Reads a file, given its path relative to the root of the project. */
export type ReadFile = (file: string) => string;

/** The code that runs inside a transaction. */
export interface Reach {
  /** The functions that the callback calls directly or indirectly, in the order of the calls. */
  readonly functions: string[];
  /** The forbidden nodes. */
  readonly violations: string[];
}

/**
 * Follows the callback of `withTransaction` in a file into every function of the project that it calls by name.
 * @throws Error if the file has no such callback
 */
export function reachOfTransaction(file: string, read: ReadFile): Reach {
  const callbacks: ts.Node[] = [];
  visit(parse(file, read(file)), (node) => {
    if (ts.isCallExpression(node) && methodOf(node) === 'withTransaction') callbacks.push(node.arguments[0]!);
  });
  if (callbacks.length === 0) throw new Error(`${file} starts no transaction`);
  const reach: Reach = { functions: [], violations: [] };
  for (const callback of callbacks) follow(callback, reach, read);
  return reach;
}

function follow(body: ts.Node, reach: Reach, read: ReadFile): void {
  visit(body, (node) => {
    if (isForbidden(node)) reach.violations.push(placeOf(node));
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return;
    const called = declarationOf(node.expression.text, node.getSourceFile(), read);
    if (called === null || reach.functions.includes(node.expression.text)) return;
    reach.functions.push(node.expression.text);
    follow(called, reach, read);
  });
}

/** @returns the function with this name, from the file itself or from the project file that it is imported from */
function declarationOf(name: string, source: ts.SourceFile, read: ReadFile): ts.Node | null {
  let found: ts.Node | null = null;
  for (const statement of source.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name?.text === name) found = statement;
    if (ts.isVariableStatement(statement)) {
      found ??= statement.declarationList.declarations.find((each) => isNamed(each.name, name)) ?? null;
    }
    if (ts.isImportDeclaration(statement)) found ??= importedFrom(statement, name, source, read);
  }
  return found;
}

function importedFrom(
  { importClause, moduleSpecifier }: ts.ImportDeclaration,
  name: string,
  source: ts.SourceFile,
  read: ReadFile,
): ts.Node | null {
  const bindings = importClause?.namedBindings;
  const specifier = (moduleSpecifier as ts.StringLiteral).text;
  if (!bindings || !ts.isNamedImports(bindings) || !specifier.startsWith('.')) return null;
  const imported = bindings.elements.find((each) => each.name.text === name);
  if (!imported) return null;
  const file = path.posix.join(path.posix.dirname(source.fileName), specifier.replace(/\.js$/, '.ts'));
  return declarationOf((imported.propertyName ?? imported.name).text, parse(file, read(file)), read);
}

const PROMISE_COMBINATORS = /^(all|allSettled|race|any)$/;

/**
 * Matches what must not happen inside a transaction: parallel commands, reading a clock or a random number, waiting,
 * catching an error without rethrowing it, an upsert, and a command without the session, which would run outside of the
 * transaction.
 */
function isForbidden(node: ts.Node): boolean {
  if (readsClock(node)) return true;
  if (ts.isTryStatement(node)) return !rethrows(node);
  if (ts.isPropertyAssignment(node)) return node.name.getText() === 'upsert';
  if (ts.isPropertyAccessExpression(node)) {
    const [object, property] = [node.expression, node.name.text];
    if (isNamed(object, 'Promise')) return PROMISE_COMBINATORS.test(property);
    return (isNamed(object, 'performance') && !isDeadline(node)) || (isNamed(object, 'Math') && property === 'random');
  }
  if (!ts.isCallExpression(node)) return false;
  if (ts.isIdentifier(node.expression)) return /^(setTimeout|setInterval|sleep|clock)$/.test(node.expression.text);
  return methodOf(node) === 'catch' || (isCommand(node) && !hasSession(node));
}

/** Whether a value of performance.now() is only compared. Then it cannot get into a document. */
function isDeadline({ parent: reading }: ts.Node): boolean {
  return ts.isBinaryExpression(reading.parent) && /^[<>]=?$/.test(reading.parent.operatorToken.getText());
}

/** Whether every caught error is rethrown: the last statement throws it, and no statement before leaves the block. */
function rethrows({ catchClause, finallyBlock }: ts.TryStatement): boolean {
  const caught = catchClause?.variableDeclaration?.name.getText();
  const last = catchClause?.block.statements.at(-1);
  if (caught === undefined || last === undefined || finallyBlock) return false;
  let leavesBefore = false;
  visit(catchClause!.block, (node) => {
    leavesBefore ||= ts.isReturnStatement(node) || ts.isBreakOrContinueStatement(node);
  });
  return ts.isThrowStatement(last) && isNamed(last.expression, caught) && !leavesBefore;
}

/** Matches a call on a model or on a collection of the driver, and a command that is sent as it is. */
function isCommand({ expression }: ts.CallExpression): boolean {
  if (!ts.isPropertyAccessExpression(expression)) return false;
  return expression.name.text === 'command' || /(Model|\bcollection)(\(.*\))?$/s.test(expression.expression.getText());
}

function hasSession(call: ts.CallExpression): boolean {
  return call.arguments.some((argument) => /\bsession\b/.test(argument.getText()));
}
