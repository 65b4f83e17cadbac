/**
 * Part of http/: what an operation costs, in points. See docs/adr/0012-what-an-operation-may-cost.md. May import
 * graphql, and from graphql/ what each field costs.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  type InlineFragmentNode,
  isCompositeType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  typeFromAST,
} from 'graphql';
import { fieldCosts } from '../graphql/field-costs.js';
import type { Variables } from '../graphql/variables.js';

/** Bytes of an answer that a point stands for. */
const POINT_BYTES = 320;
/** Bytes around a value: an alias of 128 characters, quotes, colon, comma and braces. */
const AROUND_BYTES = 140;
/** Points of a command to the database: an operation of nothing but commands sends a hundred. */
const COMMAND_POINTS = 500;
/**
 * Points that an operation may have: about a fifth of a second of the server's time, or 16 MB of an answer. Its long
 * texts are bounded besides, by MAX_TEXT_BYTES of graphql/context.ts.
 */
export const MAX_COST = 50_000;

const LONGEST_PAGE = 100;
const MOST_DAYS = 366;
const DAY_MS = 86_400_000;

interface Asked {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** As the resolvers get them. */
  readonly variables: Variables;
}

/** Of operations that cost the same whatever their variables say: Apollo keeps one document for all who send its text. */
const fixedCosts = new WeakMap<OperationDefinitionNode, number>();

/**
 * The points of an operation; more than MAX_COST where it has too many fields to be counted to the end. Pages are as
 * long as they are asked to be, in the query, by a variable or by default: a limit that knows literals only is none.
 * @param asked a document that is valid
 * @throws GraphQLError where a variable is null that may only be absent
 */
export function costOf(asked: Asked): number {
  const fixed = fixedCosts.get(asked.operation);
  if (fixed !== undefined) return fixed;
  const reckoning = new Reckoning(asked);
  const cost = reckoning.ofOperation(asked.operation);
  if (!reckoning.dependsOnVariables) fixedCosts.set(asked.operation, cost);
  return cost;
}

/** The arguments that tell how much is answered. */
const SIZES = ['first', 'from', 'to', 'name', 'includeDeprecated'];

type AnyField = GraphQLField<unknown, unknown>;
type Arguments = Readonly<Record<string, unknown>>;
const NO_ARGUMENTS: Arguments = {};

/** Rows that one command finds by their ids: the loaders ask for no more at once. */
const ROWS_PER_COMMAND = 1_000;

/** Where a selection stands. */
interface Around {
  /** Of how many objects it is asked. */
  readonly times: number;
  /** The length of the page, inside a connection. */
  readonly first?: unknown;
  /** What introspection describes here. */
  readonly described?: unknown;
}

class Reckoning {
  /** Whether other variables would make another cost. */
  dependsOnVariables = false;
  private commands = 0;
  private steps = 0;
  private readonly schema: GraphQLSchema;
  private readonly variables: Variables;
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor({ schema, document, variables }: Asked) {
    this.schema = schema;
    this.variables = variables;
    this.fragments = new Map(
      document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
    );
  }

  ofOperation({ operation, selectionSet }: OperationDefinitionNode): number {
    const points = this.ofSelections(selectionSet, this.schema.getRootType(operation)!, { times: 1 });
    return points + this.commands * COMMAND_POINTS;
  }

  /** Of an object of any of its types: fields of all of them are counted, which is never too little. */
  private ofSelections({ selections }: SelectionSetNode, type: GraphQLCompositeType, around: Around): number {
    let points = 0;
    for (const selection of selections) {
      this.steps += 1;
      if (this.steps > MAX_COST) return Number.POSITIVE_INFINITY;
      if (this.isWanted(selection)) points += this.ofSelection(selection, type, around);
    }
    return points;
  }

  private ofSelection(selection: SelectionNode, type: GraphQLCompositeType, around: Around): number {
    if (selection.kind === Kind.FIELD) return this.ofField(selection, type, around);
    const fragment: InlineFragmentNode | FragmentDefinitionNode =
      selection.kind === Kind.FRAGMENT_SPREAD ? this.fragments.get(selection.name.value)! : selection;
    const condition = fragment.typeCondition && typeFromAST(this.schema, fragment.typeCondition);
    return this.ofSelections(fragment.selectionSet, isCompositeType(condition) ? condition : type, around);
  }

  private ofField(node: FieldNode, parent: GraphQLCompositeType, around: Around): number {
    const field = fieldOf(parent, node.name.value);
    const args = field.args.length > 0 ? getArgumentValues(field, node, this.variables) : NO_ARGUMENTS;
    this.noteVariables(node, SIZES);
    if (parent.name.startsWith('__') || DESCRIBING.includes(field))
      return this.ofDescription(node, field, args, around);
    const cost = fieldCosts[`${parent.name}.${field.name}`] ?? {};
    this.commands += (cost.commands ?? 0) * Math.ceil(around.times / ROWS_PER_COMMAND);
    const own = pointsOf(cost.bytes ?? 0) + (cost.work ?? 0);
    const type = getNamedType(field.type);
    if (!node.selectionSet || !isCompositeType(type)) return own;
    const items = cost.items ?? itemsOf(field, args, around);
    return own + items * this.ofSelections(node.selectionSet, type, { times: items * around.times, first: args.first });
  }

  /** Introspection tells of lists that nobody pages. They are here, so their fields are counted one by one. */
  private ofDescription(node: FieldNode, field: AnyField, args: Arguments, { times, described }: Around): number {
    const value = field.resolve?.(described, args, {}, { schema: this.schema } as never);
    const type = getNamedType(field.type);
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    let points = pointsOf(typeof value === 'string' ? 4 * value.length : 0);
    for (const each of values) {
      if (each == null || !node.selectionSet || !isCompositeType(type)) continue;
      points += this.ofSelections(node.selectionSet, type, { times, described: each });
    }
    return points;
  }

  private isWanted(selection: SelectionNode): boolean {
    if (!selection.directives?.length) return true;
    for (const directive of selection.directives) this.noteVariables(directive, ['if']);
    return (
      getDirectiveValues(GraphQLSkipDirective, selection, this.variables)?.if !== true &&
      getDirectiveValues(GraphQLIncludeDirective, selection, this.variables)?.if !== false
    );
  }

  private noteVariables({ arguments: given = [] }: Pick<FieldNode, 'arguments'>, telling: readonly string[]): void {
    if (given.some(({ name, value }) => value.kind === Kind.VARIABLE && telling.includes(name.value))) {
      this.dependsOnVariables = true;
    }
  }
}

const DESCRIBING: readonly AnyField[] = [SchemaMetaFieldDef, TypeMetaFieldDef];
const META_FIELDS = new Map([...DESCRIBING, TypeNameMetaFieldDef].map((field) => [field.name, field]));

function fieldOf(parent: GraphQLCompositeType, name: string): AnyField {
  const field = META_FIELDS.get(name) ?? (isUnionType(parent) ? undefined : parent.getFields()[name]);
  if (!field) throw new Error('a document with a field that does not exist is not valid');
  return field;
}

const pointsOf = (bytes: number): number => Math.ceil((AROUND_BYTES + bytes) / POINT_BYTES);

/** How often what is selected inside a field is resolved. */
function itemsOf({ name }: AnyField, { from, to }: Arguments, { first }: Around): number {
  if (name === 'edges') return typeof first === 'number' ? between(1, first, LONGEST_PAGE) : LONGEST_PAGE;
  if (typeof from !== 'string' || typeof to !== 'string') return 1;
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  return Number.isFinite(days) ? between(1, days, MOST_DAYS) : MOST_DAYS;
}

const between = (least: number, value: number, most: number): number => Math.min(Math.max(least, value), most);
