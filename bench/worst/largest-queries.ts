/** Generates random large operations within the query limits, from the schema alone. */
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  SchemaMetaFieldDef,
  specifiedRules,
  validate,
} from 'graphql';
import { assertExecutable, queryLimits } from '../../src/http/query-limits.js';

/** A field of an operation that returns an object, and the selection in it. */
interface Node {
  readonly alias: string;
  readonly field: GraphQLField<unknown, unknown>;
  /** The type condition of the selection, if the field has an abstract type. */
  readonly on: string | null;
  /** The value of `first`, or the number of days from `from` to `to`. */
  size: number;
  readonly leaves: readonly string[];
  readonly children: Node[];
}

type Random = () => number;

const MAX_PAGE_SIZE = 100;
const MAX_DAYS = 366;
/** Levels of objects in one operation: more than the depth limit allows. */
const MAX_LEVELS = 24;

/**
 * Generates one operation on a root field, as large as the limits allow: takes a random path through the schema, then
 * shortens pages until the limits allow the operation.
 * @param root.argument the arguments of the root field, for example `(id: "…")`
 * @param viewer the object type to select where a field returns a User
 * @returns the operation and its cost as the server computes it, in points; null if no operation on this path is allowed
 */
export function largestQuery(
  schema: GraphQLSchema,
  root: { readonly operation: 'query' | 'mutation'; readonly field: string; readonly argument: string },
  viewer: string,
  random: Random,
): { readonly text: string; readonly points: number } | null {
  const type = root.operation === 'query' ? schema.getQueryType()! : schema.getMutationType()!;
  const field = root.field === SchemaMetaFieldDef.name ? SchemaMetaFieldDef : type.getFields()[root.field]!;
  const copies = random() < 0.3 && root.operation === 'query' ? 1 + Math.floor(random() * 14) : 1;
  const tree = nodeOf(schema, field, null, viewer, random, MAX_LEVELS * random());
  for (let tries = 0; tries < 200; tries += 1) {
    const text = print(root, tree, copies);
    const points = pointsOf(schema, text);
    if (points !== null) return { text, points };
    if (!shrink(tree, random)) return null;
  }
  return null;
}

function nodeOf(
  schema: GraphQLSchema,
  field: GraphQLField<unknown, unknown>,
  on: string | null,
  viewer: string,
  random: Random,
  levels: number,
): Node {
  const { type, on: member } = memberOf(schema, field, viewer);
  const fields = Object.values(type?.getFields() ?? {}).filter(({ args }) => args.every((arg) => arg.name !== 'id'));
  const leaves = fields.filter(({ type }) => isLeafType(getNamedType(type))).map(({ name }) => name);
  const objects = fields.filter(({ type }) => !isLeafType(getNamedType(type)));
  const isPage = type?.name.endsWith('Connection') || type?.name.endsWith('Edge');
  const selected = levels <= 0 ? [] : objects.filter(() => isPage || random() < 1.4 / objects.length);
  const isDateRange = field.args.some(({ name }) => name === 'from');
  return {
    alias: field.name,
    field,
    on: member ?? on,
    size: isDateRange ? MAX_DAYS : MAX_PAGE_SIZE,
    leaves: selected.length === 0 || random() < 0.5 ? leaves : [],
    children: selected.map((child) => nodeOf(schema, child, null, viewer, random, levels - 1)),
  };
}

/** The object type that a field returns. For a union or an interface, the type of the viewer or the payload. */
function memberOf(schema: GraphQLSchema, field: GraphQLField<unknown, unknown>, viewer: string) {
  const named = getNamedType(field.type);
  if (!isAbstractType(named)) return { type: isObjectType(named) ? named : null, on: null };
  const members = schema.getPossibleTypes(named) as readonly GraphQLObjectType[];
  const type = members.find(({ name }) => name === viewer) ?? members.find(({ name }) => name !== 'Refusal')!;
  return { type, on: type.name };
}

function print(root: { operation: string; field: string; argument: string }, tree: Node, copies: number): string {
  const body = selectionOf(tree);
  const fields = Array.from({ length: copies }, (_, number) => {
    const { args } = tree.field;
    const argument = root.argument || argumentsOf(tree, args.length > 0);
    return `${copies === 1 ? '' : `a${number}: `}${root.field}${argument}${body}`;
  });
  const variables = root.argument.includes('$input') ? ` ($input: ${inputTypeOf(tree)})` : '';
  return `${root.operation}${variables} { ${fields.join(' ')} }`;
}

const inputTypeOf = ({ field }: Node): string => String(field.args.find(({ name }) => name === 'input')!.type);

function selectionOf({ leaves, children, on, field }: Node): string {
  if (isLeafType(getNamedType(field.type))) return '';
  const parts = [
    ...leaves,
    ...children.map((child) => `${child.alias}${argumentsOf(child, true)}${selectionOf(child)}`),
  ];
  const inner = parts.length === 0 ? '__typename' : parts.join(' ');
  return on === null ? ` { ${inner} }` : ` { ... on ${on} { ${inner} } }`;
}

function argumentsOf({ field, size }: Node, wanted: boolean): string {
  const names = field.args.map(({ name }) => name);
  if (!wanted || names.length === 0) return '';
  if (names.includes('from')) {
    const from = new Date(Date.UTC(2026, 0, 1) - (size - 1) * 86_400_000).toISOString().slice(0, 10);
    return `(from: "${from}", to: "2026-01-01")`;
  }
  return names.includes('first') ? `(first: ${size})` : '';
}

/** @returns the cost in points, or null if the limits refuse the operation */
function pointsOf(schema: GraphQLSchema, text: string): number | null {
  const document = parse(text);
  const operation = document.definitions.find(
    (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
  )!;
  try {
    const { total } = assertExecutable(
      { schema, document, operation, variables: {} },
      { overSubscriptionTransport: false },
    );
    return validate(schema, document, [...specifiedRules, ...queryLimits]).length === 0 ? total : null;
  } catch {
    return null;
  }
}

/** Halves one page of the operation or removes a part of it. @returns false if nothing is left to remove */
function shrink(tree: Node, random: Random): boolean {
  const nodes = [...allOf(tree)];
  const long = nodes.filter(({ field, size }) => size > 1 && argumentsOf({ field, size } as Node, true) !== '');
  if (long.length > 0 && random() < 0.8) {
    const node = long[Math.floor(random() * long.length)]!;
    node.size = Math.ceil(node.size / 2);
    return true;
  }
  const parents = nodes.filter(({ children }) => children.length > 0);
  if (parents.length === 0) return false;
  const parent = parents[Math.floor(random() * parents.length)]!;
  parent.children.splice(Math.floor(random() * parent.children.length), 1);
  return true;
}

function* allOf(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) yield* allOf(child);
}
