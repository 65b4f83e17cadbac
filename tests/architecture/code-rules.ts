import ts from 'typescript';

/** A rule about calls, which neither the compiler nor Biome nor dependency-cruiser can check. */
export interface CodeRule {
  readonly name: string;
  /** Whether the rule applies to this file, a path relative to the root of the project. */
  readonly appliesTo: (file: string) => boolean;
  readonly isViolation: (node: ts.Node) => boolean;
}

export const codeRules: readonly CodeRule[] = [
  {
    name: 'rewards use no clock, no randomness and no globals of the environment',
    appliesTo: (file) => file.startsWith('src/rewards/'),
    isViolation: (node) => readsClock(node) || usesEnvironment(node),
  },
  {
    name: 'the clock is read only where a request arrives',
    appliesTo: (file) => /^src\/(granting|actions|storage|audit|auth|graphql|http|live)\//.test(file),
    isViolation: readsClock,
  },
  {
    name: 'only the committer starts a transaction',
    appliesTo: (file) => file !== 'src/granting/committer.ts',
    isViolation: (node) =>
      (ts.isStringLiteralLike(node) || ts.isIdentifier(node)) && TRANSACTION.test(node.text) && !opensSnapshot(node),
  },
  {
    // If the timeout expires just after a command was written, mongodb 7.2 to 7.5 returns the connection to the pool
    // with a response still outstanding (sendWire). The next user of the connection reads that response as its own.
    name: 'no timeoutMS of the driver',
    appliesTo: () => true,
    isViolation: (node) => (ts.isStringLiteralLike(node) || ts.isIdentifier(node)) && /^timeoutMS\b/.test(node.text),
  },
  {
    name: 'only the committer changes a student',
    appliesTo: (file) => file !== 'src/storage/student-store.ts',
    isViolation: changesStudents,
  },
  {
    name: 'no hydrated documents',
    appliesTo: () => true,
    isViolation: hydrates,
  },
  {
    name: 'resolvers map values and decide nothing',
    appliesTo: (file) => file.endsWith('.resolver.ts'),
    isViolation: (node) =>
      ts.isIterationStatement(node, false) || ts.isSwitchStatement(node) || computesOrCompares(node),
  },
];

/** @returns the violations of a rule in the text of a file, each with its place and source text */
export function findViolations(rule: CodeRule, file: string, text: string): string[] {
  const source = parse(file, text);
  const found: string[] = [];
  visit(source, (node) => {
    if (rule.isViolation(node)) found.push(placeOf(node));
  });
  return found;
}

export function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
}

export function visit(node: ts.Node, take: (node: ts.Node) => void): void {
  take(node);
  ts.forEachChild(node, (child) => visit(child, take));
}

/** @returns the file and line of a node, and the first line of its text */
export function placeOf(node: ts.Node): string {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  return `${source.fileName}:${line + 1}: ${node.getText().split('\n')[0]}`;
}

/** Matches `new Date()`, `Date()`, `Date.now`, and an Intl formatter without a date, which formats the current time. */
export function readsClock(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return isNamed(node.expression, 'Date') && (node.arguments ?? []).length === 0;
  if (ts.isPropertyAccessExpression(node)) return isNamed(node.expression, 'Date') && node.name.text === 'now';
  if (!ts.isCallExpression(node)) return false;
  if (isNamed(node.expression, 'Date')) return true;
  const isFormat = /^format(ToParts)?$/.test(methodOf(node) ?? '');
  return isFormat && (node.arguments.length === 0 || node.arguments.some((each) => isNamed(each, 'undefined')));
}

const ENVIRONMENT_GLOBALS =
  /^(performance|crypto|process|globalThis|global|require|fetch|console|Temporal|setTimeout|setInterval|setImmediate)$/;

/** Matches one of these globals used as a value rather than as a property name, and `Math.random`. */
function usesEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return isNamed(node.expression, 'Math') && node.name.text === 'random';
  if (!ts.isIdentifier(node) || !ENVIRONMENT_GLOBALS.test(node.text)) return false;
  const { parent } = node;
  const isPropertyName =
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node);
  return !isPropertyName;
}

const TRANSACTION = /^(withTransaction|withSession|startSession|(start|commit|abort)Transaction|transaction)$/;

/** `withSession({ snapshot: true }, …)`: the driver lets no transaction start in such a session. */
function opensSnapshot(node: ts.Node): boolean {
  const call = node.parent.parent;
  return (
    ts.isCallExpression(call) &&
    /^\{ snapshot: true \}$/.test(call.arguments[0]?.getText() ?? '') &&
    methodOf(call) === 'withSession'
  );
}

/**
 * Matches updates through the model, the driver's collection or a command. Inserting or deleting a student is not an
 * update.
 */
function changesStudents(node: ts.Node): boolean {
  if (ts.isPropertyAssignment(node)) {
    return /^(update|findAndModify)$/.test(node.name.getText()) && OF_STUDENTS.test(node.initializer.getText());
  }
  if (!ts.isCallExpression(node)) return false;
  if (isNamed(node.expression, 'updateAll')) return OF_STUDENTS.test(node.arguments[0]?.getText() ?? '');
  if (!ts.isPropertyAccessExpression(node.expression)) return false;
  const { name, expression: receiver } = node.expression;
  const isOfStudents = /\bStudentModel\b|collection\(['"]students['"]\)/.test(receiver.getText());
  return isOfStudents && /^(update|replace|bulkWrite|find\w*And(Update|Replace))/.test(name.text);
}

const OF_STUDENTS = /\bStudentModel\b|^['"]students['"]$/;

/** Methods of a model that return hydrated documents unless the query is lean. */
const READS = /^find(One|ById|OneAndUpdate|OneAndReplace|OneAndDelete|ByIdAndUpdate|ByIdAndDelete)?$/;

/**
 * Matches calls that create mongoose documents or are made on them. The driver's own collections return plain objects.
 * A `find` with a function as its argument is the method of an array.
 */
function hydrates(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return /Model$/.test(node.expression.getText());
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { name, expression: receiver } = node.expression;
  if (/\.?collection(<\w+>)?(\(.*\))?$/s.test(receiver.getText())) return false;
  const [first] = node.arguments;
  if (READS.test(name.text)) return !(first && ts.isFunctionLike(first)) && !isLean(node);
  switch (name.text) {
    case 'save':
    case 'bulkSave':
    case 'hydrate':
    case 'populate':
      return true;
    case 'create':
      return !isNamed(receiver, 'Object');
    case 'insertMany':
      return !/\blean: true\b/.test(node.getText());
    case 'deleteOne':
      return !first;
    default:
      return false;
  }
}

/** Whether the call chain that begins with this call includes `.lean()`. */
function isLean(call: ts.Node): boolean {
  for (let node = call; ts.isCallExpression(node) || ts.isPropertyAccessExpression(node); node = node.parent) {
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'lean') return true;
  }
  return false;
}

/**
 * Matches arithmetic, order comparisons, and equality, except with null or a string literal such as a kind or a role.
 */
function computesOrCompares(node: ts.Node): boolean {
  if (!ts.isBinaryExpression(node)) return false;
  const operator = node.operatorToken.getText();
  if (/^([-+*/%]|[<>]=?)$/.test(operator)) return true;
  if (!/^[!=]==?$/.test(operator)) return false;
  return ![node.left, node.right].some((side) => ts.isStringLiteral(side) || side.kind === ts.SyntaxKind.NullKeyword);
}

export function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** @returns the name of the called method; undefined if the call is not a method call */
export function methodOf(call: ts.CallExpression): string | undefined {
  return ts.isPropertyAccessExpression(call.expression) ? call.expression.name.text : undefined;
}
