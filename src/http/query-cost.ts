/**
 * Part of http/: computes the cost of an operation, in points. See docs/adr/0012-what-an-operation-may-cost.md. May
 * import graphql, and the costs and limits of fields in graphql/.
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
  valueFromAST,
} from 'graphql';
import { MAX_PAGE_LENGTH } from '../graphql/connection.js';
import { fieldCosts } from '../graphql/field-costs.js';
import type { Variables } from '../graphql/variables.js';

/** Bytes of an answer for each point. */
const BYTES_PER_POINT = 320;
/** Bytes of a field besides its value: an alias of 128 characters, quotes, colon, comma and braces. */
const FIELD_OVERHEAD_BYTES = 140;
/** Points of a database command: an operation of commands only can send a hundred. */
const POINTS_PER_COMMAND = 500;
/**
 * The most points that an operation may cost: about a fifth of a second of the server's time, or 16 MB of an answer.
 * Long texts have a limit of their own, in graphql/context.ts.
 */
export const MAX_COST = 50_000;

const MAX_DAYS = 366;
const DAY_MS = 86_400_000;

interface ExecutableOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Coerced, as the resolvers get them. */
  readonly variables: Variables;
}

/** In points. */
export interface OperationCost {
  /** At most MAX_COST; Infinity if the operation has too many fields to count them all. */
  readonly total: number;
  /** The part of the total for what is in memory while the operation runs. */
  readonly memory: number;
}

/**
 * The costs of operations that do not depend on variables. Apollo caches one document for all requests with its text.
 */
const cachedCosts = new WeakMap<OperationDefinitionNode, OperationCost>();

/**
 * @returns the cost of an operation. The length of a page comes from the query, a variable or the default. A limit that
 * looked at literals only could be bypassed.
 * @param executable a valid document and its operation
 * @throws GraphQLError if the variable of a directive is null
 */
export function costOf(executable: ExecutableOperation): OperationCost {
  const { operation } = executable;
  const cached = cachedCosts.get(operation);
  if (cached !== undefined) return cached;
  const counter = new CostCounter(executable);
  const cost = counter.ofOperation(operation);
  if (!counter.dependsOnVariables) cachedCosts.set(operation, cost);
  return cost;
}

/** The arguments that determine the size of an answer. */
const SIZE_ARGUMENTS = ['first', 'from', 'to', 'name', 'includeDeprecated'];

type AnyField = GraphQLField<unknown, unknown>;
type Arguments = Readonly<Record<string, unknown>>;
const NO_ARGUMENTS: Arguments = {};

/** Rows that one command finds by their ids: the largest batch of a loader. */
const ROWS_PER_COMMAND = 1_000;

/** What surrounds a selection. */
interface Parent {
  /** How many objects the selection is resolved for. */
  readonly count: number;
  /** Inside a connection: the length of its page. */
  readonly first?: unknown;
  /** In the result of a mutation on named students: how many it names. */
  readonly named?: number | undefined;
  /** Inside an introspection query: the value that the selection describes. */
  readonly introspected?: unknown;
}

class CostCounter {
  /** Whether other variables could change the cost. */
  dependsOnVariables = false;
  private commands = 0;
  private time = 0;
  private steps = 0;
  private readonly schema: GraphQLSchema;
  private readonly variables: Variables;
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor({ schema, document, variables }: ExecutableOperation) {
    this.schema = schema;
    this.variables = variables;
    this.fragments = new Map(
      document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
    );
  }

  ofOperation({ operation, selectionSet }: OperationDefinitionNode): OperationCost {
    const points = this.ofSelections(selectionSet, this.schema.getRootType(operation)!, { count: 1 });
    const memory = points + this.commands * POINTS_PER_COMMAND;
    return { total: memory + this.time, memory };
  }

  /** Counts the fields of all possible types of an object, so the cost is never too low. */
  private ofSelections({ selections }: SelectionSetNode, type: GraphQLCompositeType, parent: Parent): number {
    let points = 0;
    for (const selection of selections) {
      this.steps += 1;
      if (this.steps > MAX_COST) return Number.POSITIVE_INFINITY;
      if (this.isIncluded(selection)) points += this.ofSelection(selection, type, parent);
    }
    return points;
  }

  private ofSelection(selection: SelectionNode, type: GraphQLCompositeType, parent: Parent): number {
    if (selection.kind === Kind.FIELD) return this.ofField(selection, type, parent);
    const fragment: InlineFragmentNode | FragmentDefinitionNode =
      selection.kind === Kind.FRAGMENT_SPREAD ? this.fragments.get(selection.name.value)! : selection;
    const condition = fragment.typeCondition && typeFromAST(this.schema, fragment.typeCondition);
    return this.ofSelections(fragment.selectionSet, isCompositeType(condition) ? condition : type, parent);
  }

  private ofField(node: FieldNode, parentType: GraphQLCompositeType, parent: Parent): number {
    const field = fieldOf(parentType, node.name.value);
    const args = this.argumentsOf(field, node);
    this.noteVariables(node, SIZE_ARGUMENTS);
    if (parentType.name.startsWith('__') || INTROSPECTION_FIELDS.includes(field))
      return this.ofIntrospection(node, field, args, parent);
    const cost = fieldCosts[`${parentType.name}.${field.name}`] ?? {};
    this.commands += (cost.commands ?? 0) * Math.ceil(parent.count / ROWS_PER_COMMAND);
    this.time += cost.time ?? 0;
    const own = pointsOf(cost.bytes ?? 0) + (cost.work ?? 0);
    const type = getNamedType(field.type);
    if (!node.selectionSet || !isCompositeType(type)) return own;
    const items =
      cost.items === undefined ? itemsOf(field, args, parent) : Math.min(cost.items, parent.named ?? cost.items);
    const named = cost.namesStudents ? this.namedStudents(args) : undefined;
    const around = { count: items * parent.count, first: args.first, named };
    return own + items * this.ofSelections(node.selectionSet, type, around);
  }

  /**
   * A variable may be null that may only be absent. This does not throw then: the execution refuses the field. A cost
   * that is cached would not have thrown either, and clients shall get one answer.
   */
  private argumentsOf({ args }: AnyField, { arguments: sent = [] }: FieldNode): Arguments {
    if (args.length === 0) return NO_ARGUMENTS;
    return Object.fromEntries(
      args.map(({ name, type, defaultValue }) => {
        const argument = sent.find((each) => each.name.value === name);
        return [name, valueFromAST(argument?.value, type, this.variables) ?? defaultValue];
      }),
    );
  }

  /** @returns undefined for everybody */
  private namedStudents({ input }: Arguments): number | undefined {
    // They may be in a variable, or be one.
    this.dependsOnVariables = true;
    return (input as { readonly studentIds?: readonly string[] | null } | undefined)?.studentIds?.length;
  }

  /** The lists of introspection have no pages. Their values are in the schema, so each field is counted. */
  private ofIntrospection(node: FieldNode, field: AnyField, args: Arguments, { count, introspected }: Parent): number {
    const value = field.resolve?.(introspected, args, {}, { schema: this.schema } as never);
    const type = getNamedType(field.type);
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    let points = pointsOf(typeof value === 'string' ? 4 * value.length : 0);
    for (const each of values) {
      if (each == null || !node.selectionSet || !isCompositeType(type)) continue;
      points += this.ofSelections(node.selectionSet, type, { count, introspected: each });
    }
    return points;
  }

  private isIncluded(selection: SelectionNode): boolean {
    if (!selection.directives?.length) return true;
    for (const directive of selection.directives) this.noteVariables(directive, ['if']);
    return (
      getDirectiveValues(GraphQLSkipDirective, selection, this.variables)?.if !== true &&
      getDirectiveValues(GraphQLIncludeDirective, selection, this.variables)?.if !== false
    );
  }

  private noteVariables({ arguments: args = [] }: Pick<FieldNode, 'arguments'>, names: readonly string[]): void {
    if (args.some(({ name, value }) => value.kind === Kind.VARIABLE && names.includes(name.value))) {
      this.dependsOnVariables = true;
    }
  }
}

const INTROSPECTION_FIELDS: readonly AnyField[] = [SchemaMetaFieldDef, TypeMetaFieldDef];
const META_FIELDS = new Map([...INTROSPECTION_FIELDS, TypeNameMetaFieldDef].map((field) => [field.name, field]));

function fieldOf(type: GraphQLCompositeType, name: string): AnyField {
  const field = META_FIELDS.get(name) ?? (isUnionType(type) ? undefined : type.getFields()[name]);
  if (!field) throw new Error('the document is not valid: a field does not exist');
  return field;
}

const pointsOf = (bytes: number): number => Math.ceil((FIELD_OVERHEAD_BYTES + bytes) / BYTES_PER_POINT);

/** @returns how many objects the selections of a field are resolved for */
function itemsOf({ name }: AnyField, { from, to }: Arguments, { first }: Parent): number {
  if (name === 'edges') return typeof first === 'number' ? clamp(1, first, MAX_PAGE_LENGTH) : MAX_PAGE_LENGTH;
  if (typeof from !== 'string' || typeof to !== 'string') return 1;
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  return Number.isFinite(days) ? clamp(1, days, MAX_DAYS) : MAX_DAYS;
}

const clamp = (min: number, value: number, max: number): number => Math.min(Math.max(min, value), max);
