import ts from 'typescript';

/** What neither the compiler nor Biome nor dependency-cruiser can be told, because it is about calls. */
export interface CodeRule {
  readonly name: string;
  /** Whether the rule is for this file; a path from the root of the project. */
  readonly concerns: (file: string) => boolean;
  readonly isViolation: (node: ts.Node) => boolean;
}

export const codeRules: readonly CodeRule[] = [
  {
    name: 'rewards know no clock, no chance and no surroundings',
    concerns: (file) => file.startsWith('src/rewards/'),
    isViolation: (node) => readsClock(node) || isGlobal(node),
  },
  {
    name: 'the clock is read where a request arrives, and passed on',
    concerns: (file) =>
      /^src\/(actions|auth|graphql|http|storage)\//.test(file) && !file.startsWith('src/storage/mongod/'),
    isViolation: readsClock,
  },
  {
    name: 'a transaction starts in the committer only',
    concerns: (file) => file !== 'src/actions/grant-reward.ts',
    isViolation: (node) =>
      (ts.isStringLiteralLike(node) || ts.isIdentifier(node)) && TRANSACTION.test(node.text) && !opensSnapshot(node),
  },
  {
    // Where it runs out just after a command was written, mongodb 7.2 to 7.5 gives the connection back with an answer
    // still to come (sendWire), and whoever uses it next reads that answer for its own.
    name: 'no deadline of the driver',
    concerns: () => true,
    isViolation: (node) => (ts.isStringLiteralLike(node) || ts.isIdentifier(node)) && /^timeoutMS\b/.test(node.text),
  },
  {
    name: 'a student is changed through the committer only',
    concerns: (file) => file !== 'src/storage/student-store.ts',
    isViolation: changesStudents,
  },
  {
    name: 'no hydrated documents',
    concerns: () => true,
    isViolation: hydrates,
  },
  {
    name: 'resolvers map, and decide nothing',
    concerns: (file) => file.endsWith('.resolver.ts'),
    isViolation: (node) => ts.isIterationStatement(node, false) || ts.isSwitchStatement(node) || reckons(node),
  },
];

/** The violations of a rule in the text of a file, each as its line and what stands there. */
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

/** Where a node stands, and its beginning. */
export function placeOf(node: ts.Node): string {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  return `${source.fileName}:${line + 1}: ${node.getText().split('\n')[0]}`;
}

/** `new Date()`, `Date()`, `Date.now`, and a formatter of Intl that is given no date and so takes now. */
export function readsClock(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return isNamed(node.expression, 'Date') && (node.arguments ?? []).length === 0;
  if (ts.isPropertyAccessExpression(node)) return isNamed(node.expression, 'Date') && node.name.text === 'now';
  if (!ts.isCallExpression(node)) return false;
  if (isNamed(node.expression, 'Date')) return true;
  const isFormat = /^format(ToParts)?$/.test(methodOf(node) ?? '');
  return isFormat && (node.arguments.length === 0 || node.arguments.some((each) => isNamed(each, 'undefined')));
}

const SURROUNDINGS =
  /^(performance|crypto|process|globalThis|global|require|fetch|console|Temporal|setTimeout|setInterval|setImmediate)$/;

/** The name as a value that comes from nowhere in the file; `Math.random` is no name, but as bad. */
function isGlobal(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return isNamed(node.expression, 'Math') && node.name.text === 'random';
  if (!ts.isIdentifier(node) || !SURROUNDINGS.test(node.text)) return false;
  const { parent } = node;
  const isOnlyNamed =
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent)) && parent.name === node);
  return !isOnlyNamed;
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

/** Of a model or of the driver's collection; to insert a new student, or to take one back, is no change of one. */
function changesStudents(node: ts.Node): boolean {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { name, expression: receiver } = node.expression;
  const isOfStudents = /\bStudentModel\b|collection\(['"]students['"]\)/.test(receiver.getText());
  return isOfStudents && /^(update|replace|bulkWrite|find\w*And(Update|Replace))/.test(name.text);
}

/** Reads of a model that bring hydrated documents unless they are lean. */
const READS = /^find(One|ById|OneAndUpdate|OneAndReplace|OneAndDelete|ByIdAndUpdate|ByIdAndDelete)?$/;

/**
 * mongoose documents: what makes them, and what is done to them. The driver's own collections know none, and a `find`
 * that is given a function is that of an array.
 */
function hydrates(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return /Model$/.test(node.expression.getText());
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return false;
  const { name, expression: receiver } = node.expression;
  if (/\.?collection(\(.*\))?$/s.test(receiver.getText())) return false;
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

/** Whether `.lean()` is called further on in the chain that begins with this call. */
function isLean(call: ts.Node): boolean {
  for (let node = call; ts.isCallExpression(node) || ts.isPropertyAccessExpression(node); node = node.parent) {
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'lean') return true;
  }
  return false;
}

/** Arithmetic, comparisons of size, and any of equality but with a word (a kind, a role) or null. */
function reckons(node: ts.Node): boolean {
  if (!ts.isBinaryExpression(node)) return false;
  const operator = node.operatorToken.getText();
  if (/^([-+*/%]|[<>]=?)$/.test(operator)) return true;
  if (!/^[!=]==?$/.test(operator)) return false;
  return ![node.left, node.right].some((side) => ts.isStringLiteral(side) || side.kind === ts.SyntaxKind.NullKeyword);
}

export function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** The name of the method that is called; undefined where a function is. */
export function methodOf(call: ts.CallExpression): string | undefined {
  return ts.isPropertyAccessExpression(call.expression) ? call.expression.name.text : undefined;
}
