import path from 'node:path';
import ts from 'typescript';
import { isNamed, methodOf, parse, placeOf, readsClock, visit } from './code-rules.js';

/** The text of a file, by its path from the root of the project. */
export type ReadFile = (file: string) => string;

/** What runs inside a transaction, and what must not and does. */
export interface Reach {
  /** The functions that the callback calls, and those that they call, in the order of the calls. */
  readonly functions: string[];
  readonly violations: string[];
}

/**
 * Follows the callback of `withTransaction` in a file through every function of the project that it calls by name.
 * @throws Error where the file has no such callback
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

/** The function of this name, in the file itself or in the file of the project that it is imported from. */
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

const COMBINATORS = /^(all|allSettled|race|any)$/;

/**
 * Inside a transaction: commands side by side, a clock or chance, waiting, an error that is caught and not thrown on, an
 * upsert, and a command without the session, which would be outside.
 */
function isForbidden(node: ts.Node): boolean {
  if (readsClock(node)) return true;
  if (ts.isTryStatement(node)) return !passesOn(node);
  if (ts.isPropertyAssignment(node)) return node.name.getText() === 'upsert';
  if (ts.isPropertyAccessExpression(node)) {
    const [object, property] = [node.expression, node.name.text];
    if (isNamed(object, 'Promise')) return COMBINATORS.test(property);
    return (isNamed(object, 'performance') && !isDeadline(node)) || (isNamed(object, 'Math') && property === 'random');
  }
  if (!ts.isCallExpression(node)) return false;
  if (ts.isIdentifier(node.expression)) return /^(setTimeout|setInterval|sleep|clock)$/.test(node.expression.text);
  return methodOf(node) === 'catch' || (isCommand(node) && !hasSession(node));
}

/** Whether a reading of the running time is only compared, which no document can tell. */
function isDeadline({ parent: reading }: ts.Node): boolean {
  return ts.isBinaryExpression(reading.parent) && /^[<>]=?$/.test(reading.parent.operatorToken.getText());
}

/** Whether what is caught is thrown on, whatever it is: the last statement does it, and nothing leaves before. */
function passesOn({ catchClause, finallyBlock }: ts.TryStatement): boolean {
  const caught = catchClause?.variableDeclaration?.name.getText();
  const last = catchClause?.block.statements.at(-1);
  if (caught === undefined || last === undefined || finallyBlock) return false;
  let leavesBefore = false;
  visit(catchClause!.block, (node) => {
    leavesBefore ||= ts.isReturnStatement(node) || ts.isBreakOrContinueStatement(node);
  });
  return ts.isThrowStatement(last) && isNamed(last.expression, caught) && !leavesBefore;
}

/** A call on a model or on a collection of the driver. */
function isCommand({ expression }: ts.CallExpression): boolean {
  return (
    ts.isPropertyAccessExpression(expression) && /(Model|\bcollection)(\(.*\))?$/s.test(expression.expression.getText())
  );
}

function hasSession(call: ts.CallExpression): boolean {
  return call.arguments.some((argument) => /\bsession\b/.test(argument.getText()));
}
